/* SPDX-License-Identifier: MIT
 *
 * Fragments: later ones find the ports of the first, and only those of their own datagram. */
#include "engine/packet/frag.c"

#include "decode.h"

/* UDP of 1480 + 8 bytes in two: the first is cut to 8 bytes of payload to keep it readable. */
#define FIRST4 IP4_FRAG("0024", "2000", "11") UDP("0018") "4142434445464748"
#define LATER4 IP4_FRAG("001c", "0002", "11") "5152535455565758"
#define FIRST6 IP6("0018", "2c") "11 00 0001 0000abcd " UDP("0018") "4142434445464748"
#define LATER6 IP6("0010", "2c") "11 00 0010 0000abcd 5152535455565758"

static struct jj_decoder *decoder;

static struct jj_packet at(int64_t time, const char *hex)
{
    struct jj_packet p;
    struct jj_frame frame = test_frame(101, hex);
    frame.time = time;
    memset(&p, 0xa5, sizeof p);
    CHECK_INT(jj_decode(decoder, &frame, &p), JJ_DECODE_OK);
    test_free(&frame);
    return p;
}

static void renew(void)
{
    jj_decoder_destroy(decoder);
    CHECK_INT(jj_decoder_create(&decoder, false), 0);
}

static void ipv4(void)
{
    renew();
    struct jj_packet p = at(0, LATER4);
    CHECK_INT(p.flags, JJ_PKT_FRAGMENT | JJ_PKT_LATER_FRAGMENT);
    CHECK_INT(p.src_port, 0);
    p = at(1, FIRST4);
    CHECK_INT(p.flags, JJ_PKT_FRAGMENT | JJ_PKT_L4);
    CHECK_INT(p.src_port, 4660);
    CHECK_INT(p.payload_len, 8); /* what this fragment carries */
    CHECK_INT(p.ip_frag, 0x2000);
    p = at(2, LATER4);
    CHECK_INT(p.flags, JJ_PKT_FRAGMENT | JJ_PKT_LATER_FRAGMENT | JJ_PKT_PORTS_CACHED);
    CHECK_INT(p.src_port, 4660);
    CHECK_INT(p.dst_port, 53);
    CHECK_INT(p.protocol, 17);
    CHECK_INT(p.ip_frag, 2);
    CHECK_INT(p.payload_len, 8);
    CHECK_INT(p.captured_payload, 8);
    CHECK_INT(p.l4_off, 20);
    CHECK_INT(p.payload_off, 20);
}

static void ipv6(void)
{
    renew();
    enum { LATER = JJ_PKT_FRAGMENT | JJ_PKT_LATER_FRAGMENT | JJ_PKT_EXTENSIONS };
    CHECK_INT(at(0, FIRST6).flags, JJ_PKT_FRAGMENT | JJ_PKT_EXTENSIONS | JJ_PKT_L4);
    struct jj_packet p = at(1, LATER6);
    CHECK_INT(p.flags, LATER | JJ_PKT_PORTS_CACHED);
    CHECK_INT(p.dst_port, 53);
    CHECK_INT(p.payload_off, 48);
    CHECK_INT(p.payload_len, 8);
    CHECK_INT(at(1, IP6("0010", "2c") "11 00 0010 0000abce 5152535455565758").flags, LATER);
    /* the upper protocol behind more headers is known to the first fragment alone */
    at(2,
       IP6("0020", "2c") "3c 00 0001 00000001 11 00 0104 00000000 " UDP("0018") "4142434445464748");
    p = at(3, IP6("0010", "2c") "3c 00 0018 00000001 5152535455565758");
    CHECK_INT(p.protocol, 17);
    CHECK_INT(p.dst_port, 53);
}

static void other_datagrams(void)
{
    enum { LATER = JJ_PKT_FRAGMENT | JJ_PKT_LATER_FRAGMENT };
    renew();
    at(0, FIRST4);
    CHECK_INT(at(1, IP4_FRAG("001c", "0002", "06") "5152535455565758").flags, LATER);
    CHECK_INT(at(1, "4510 001c 1235 0002 40 11 0000 0a000001 ac100002 5152535455565758").flags,
              LATER);
    CHECK_INT(at(1, "4510 001c 1234 0002 40 11 0000 0a000009 ac100002 5152535455565758").flags,
              LATER);
    CHECK_INT(at(1, "4510 001c 1234 0002 40 11 0000 ac100002 0a000001 5152535455565758").flags,
              LATER);
    CHECK_INT(at(1, IP4("0030", "04") LATER4).flags, LATER | JJ_PKT_TUNNELLED);
    CHECK_INT(at(1, LATER4).flags, LATER | JJ_PKT_PORTS_CACHED);
}

static void age(void)
{
    renew();
    at(LIFETIME, FIRST4);
    CHECK_INT(at(2 * LIFETIME, LATER4).src_port, 4660);
    CHECK_INT(at(2 * LIFETIME + 1, LATER4).src_port, 0);
    CHECK_INT(at(LIFETIME - 1000, LATER4).src_port, 4660);
    CHECK_INT(at(INT64_MIN, LATER4).src_port, 0);
    /* the identification comes round: the newest first fragment counts */
    at(3 * LIFETIME, IP4_FRAG("0024", "2000", "11") "9999 0035 0018 0000 4142434445464748");
    CHECK_INT(at(3 * LIFETIME, LATER4).src_port, 0x9999);
}

/* More datagrams than there is room for: old ones are forgotten, the newest is there. */
static void bounded(void)
{
    enum { MANY = 4 * SETS * WAYS };
    struct jj_frag_cache *cache = jj_frag_create();
    int found = 0;
    for (uint32_t id = 0; id < MANY; id++) {
        struct jj_packet first = { .src_port = 7, .flags = JJ_PKT_FRAGMENT, .time = id };
        struct jj_packet later = { .flags = JJ_PKT_FRAGMENT | JJ_PKT_LATER_FRAGMENT, .time = id };
        jj_frag_apply(cache, &first, id);
        jj_frag_apply(cache, &later, id);
        CHECK_INT(later.src_port, 7);
    }
    for (uint32_t id = 0; id < MANY; id++) {
        struct jj_packet later = { .flags = JJ_PKT_FRAGMENT | JJ_PKT_LATER_FRAGMENT, .time = id };
        jj_frag_apply(cache, &later, id);
        found += later.src_port == 7;
    }
    CHECK(found > SETS * WAYS * 9 / 10);
    CHECK(found <= SETS * WAYS);
    jj_frag_destroy(cache);
}

int main(void)
{
    ipv4();
    ipv6();
    other_datagrams();
    age();
    bounded();
    jj_decoder_destroy(decoder);
    return test_end();
}
