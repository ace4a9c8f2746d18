/* SPDX-License-Identifier: MIT
 *
 * IP lengths, extension headers and layer 4: complete, cut and contradictory. */
#include "decode.h"
#include "engine/packet/l4.c"

struct expected {
    const char *hex; /* an IP packet */
    int protocol, src_port, flags;
    unsigned ip_len, l4_off, payload_off, payload_len, captured;
};

enum { L4 = JJ_PKT_L4, CUT = JJ_PKT_L4_CUT, EXT = JJ_PKT_EXTENSIONS };

static void check(const struct expected *e)
{
    struct jj_packet p = decode(101, e->hex);
    int before = test_failures;
    CHECK_INT(p.protocol, e->protocol);
    CHECK_INT(p.src_port, e->src_port);
    CHECK_INT(p.flags, e->flags);
    CHECK_INT(p.ip_len, e->ip_len);
    CHECK_INT(p.l4_off, e->l4_off);
    CHECK_INT(p.payload_off, e->payload_off);
    CHECK_INT(p.payload_len, e->payload_len);
    CHECK_INT(p.captured_payload, e->captured);
    if (test_failures != before)
        fprintf(stderr, "   in %s\n", e->hex);
}

static const struct expected PACKETS[] = {
    /* IPv4: options, segmentation offload, longer than the frame */
    { "4610 002d 1234 0000 40 06 0000 0a000001 ac100002 01010101 " TCP20 "41", 6, 4660, L4, 45, 24,
      44, 1, 1 },
    { IP4("0000", "06") TCP20 "4142", 6, 4660, L4, 42, 20, 40, 2, 2 },
    { IP4("0100", "06") TCP20 "4142", 6, 4660, L4, 256, 20, 40, 216, 2 },
    { IP4("0100", "11") UDP("0080") "4142", 17, 4660, L4, 256, 20, 28, 120, 2 },

    /* TCP: options, header length 16, header beyond the IP length, 8 bytes, 3 bytes, nothing */
    { IP4("0030", "06") TCP_OFFSET("6") "01010101 41424344", 6, 4660, L4, 48, 20, 44, 4, 4 },
    { IP4("0030", "06") TCP_OFFSET("4") "4142434445464748", 6, 4660, CUT, 48, 20, 48, 0, 0 },
    { IP4("0030", "06") TCP_OFFSET("f") "4142434445464748", 6, 4660, CUT, 48, 20, 48, 0, 0 },
    { IP4("001c", "06") TCP20, 6, 4660, CUT, 28, 20, 28, 0, 0 },
    { IP4("0017", "06") TCP20, 6, 0, CUT, 23, 20, 23, 0, 0 },
    { IP4("0014", "06") TCP20, 6, 0, CUT, 20, 20, 20, 0, 0 },

    /* UDP: shorter than IP says, longer, impossible, header cut */
    { IP4("0020", "11") UDP("000a") "41424344", 17, 4660, L4, 32, 20, 28, 2, 2 },
    { IP4("0020", "11") UDP("0800") "41424344", 17, 4660, L4, 32, 20, 28, 4, 4 },
    { IP4("0020", "11") UDP("0007") "41424344", 17, 4660, CUT, 32, 20, 32, 0, 0 },
    { IP4("0020", "11") UDP("0000") "41424344", 17, 4660, CUT, 32, 20, 32, 0, 0 },
    { IP4("001a", "11") "1234 0035 000a", 17, 4660, CUT, 26, 20, 26, 0, 0 },
    { IP4("001c", "11") UDP("0008") "000000000000", 17, 4660, L4, 28, 20, 28, 0, 0 },

    /* UDP-Lite, SCTP, DCCP: ports */
    { IP4("001e", "88") "1234 0035 0008 0000 4142", 136, 4660, L4, 30, 20, 28, 2, 2 },
    { IP4("0024", "84") "1234 0035 00000000 00000000 0b000004", 132, 4660, L4, 36, 20, 32, 4, 4 },
    { IP4("0018", "84") "1234 0035", 132, 4660, CUT, 24, 20, 24, 0, 0 },
    { IP4("0026", "21") "1234 0035 04 00 0000 00000000 00000000 4142", 33, 4660, L4, 38, 20, 36, 2,
      2 },
    { IP4("0026", "21") "1234 0035 02 00 0000 00000000 00000000 4142", 33, 4660, CUT, 38, 20, 38, 0,
      0 },

    /* ICMP echo, timestamp, address mask, cut; ICMPv6; others: no ports */
    { IP4("001f", "01") "08 00 0000 00000001 414243", 1, 0, L4, 31, 20, 28, 3, 3 },
    { IP4("0028", "01") "0d 00 0000 00000001 000000000000000000000000", 1, 0, L4, 40, 20, 40, 0,
      0 },
    { IP4("0022", "01") "12 00 0000 00000001 00000000 4142", 1, 0, L4, 34, 20, 32, 2, 2 },
    { IP4("0016", "01") "0304", 1, 0, CUT, 22, 20, 22, 0, 0 },
    { IP6("000c", "3a") "87 00 0000 00000000 41424344", 58, 0, L4, 52, 40, 48, 4, 4 },
    { IP4("001c", "32") "1234 0035 00000001", 50, 0, 0, 28, 20, 20, 8, 8 },
    { IP4("001c", "33") "1234 0035 00000001", 51, 0, 0, 28, 20, 20, 8, 8 },
    { IP6("0004", "3b") "41424344", 59, 0, 0, 44, 40, 40, 4, 4 },

    /* IPv6: each extension header, chains, segmentation offload, jumbogram */
    { IP6("0012", "00") "11 00 0104 00000000 " UDP("000a") "4142", 17, 4660, L4 | EXT, 58, 48, 56,
      2, 2 },
    { IP6("0022", "2b") "11 02 0400 00000000 00000000000000000000000000000001 " UDP("000a") "4142",
      17, 4660, L4 | EXT, 74, 64, 72, 2, 2 },
    { IP6("0012", "3c") "11 00 0104 00000000 " UDP("000a") "4142", 17, 4660, L4 | EXT, 58, 48, 56,
      2, 2 },
    { IP6("0012", "2c") "11 00 0000 00000007 " UDP("000a") "4142", 17, 4660, L4 | EXT, 58, 48, 56,
      2, 2 },
    { IP6("0022", "33") "11 04 0000 00000001 00000002 000000000000000000000000 " UDP("000a") "4142",
      17, 4660, L4 | EXT, 74, 64, 72, 2, 2 },
    { IP6("0012", "87") "11 00 0000 00000000 " UDP("000a") "4142", 17, 4660, L4 | EXT, 58, 48, 56,
      2, 2 },
    { IP6("0012", "8b") "11 00 0000 00000000 " UDP("000a") "4142", 17, 4660, L4 | EXT, 58, 48, 56,
      2, 2 },
    { IP6("0012", "8c") "11 00 0000 00000000 " UDP("000a") "4142", 17, 4660, L4 | EXT, 58, 48, 56,
      2, 2 },
    { IP6("0008", "87") "3b 00 0000 00000000 ", 135, 0, 0, 48, 40, 40, 8, 8 },
    { IP6("0022",
          "00") "3c 00 0104 00000000 2b 00 0104 00000000 11 00 0400 00000000 " UDP("000a") "4142",
      17, 4660, L4 | EXT, 74, 64, 72, 2, 2 },
    { IP6("0008", "3c") "11 01 0104 00000000 " UDP("000a"), 60, 0, CUT, 48, 40, 40, 0, 0 },
    { IP6("0004", "00") "11 00 0104", 0, 0, CUT, 44, 40, 40, 0, 0 },
    { IP6("0000", "06") TCP20 "4142", 6, 4660, L4, 62, 40, 60, 2, 2 },
    { IP6("0000", "00") "11 00 c204 00011170 " UDP("0000") "4142", 17, 4660, L4 | EXT, 70040, 48,
      56, 69984, 2 },
    { IP6("0000", "00") "11 00 c204 00000170 " UDP("0000") "4142", 0, 0, CUT, 40, 40, 40, 0, 0 },
};

static void chain_depth(void)
{
    enum { HEADERS = 9 };
    char hex[1024] = IP6("0052", "3c");
    struct jj_packet p;
    for (int i = 1; i <= HEADERS; i++)
        strcat(hex, i == HEADERS ? "11 00 0104 00000000 " : "3c 00 0104 00000000 ");
    strcat(hex, UDP("000a") "4142");
    p = decode(101, hex);
    CHECK_INT(p.protocol, 60);
    CHECK_INT(p.flags, CUT | EXT);
    memcpy(strstr(hex, "0052"), "004a", 4);
    char *first = strstr(hex, "3c 00 01");
    memmove(first, first + 20, strlen(first + 20) + 1);
    p = decode(101, hex);
    CHECK_INT(p.protocol, 17);
    CHECK_INT(p.l4_off, 40 + 8 * 8);
}

/* Every snaplen that leaves the IP header: what is known stays known. */
static void snaplen(void)
{
    const char *hex = IP4("0030", "06") TCP_OFFSET("6") "01010101 41424344";
    for (uint32_t n = 20; n < 48; n++) {
        struct jj_packet p = decode_cut(101, hex, n);
        CHECK_INT(p.flags, JJ_PKT_TRUNCATED | (n < 44 ? CUT : L4));
        CHECK_INT(p.src_port, n < 24 ? 0 : 4660);
        CHECK_INT(p.seq, n < 28 ? 0 : 0x01020304);
        CHECK_INT(p.ack, n < 32 ? 0 : 0x05060708);
        CHECK_INT(p.tcp_flags, n < 34 ? 0 : 0x118);
        CHECK_INT(p.window, n < 36 ? 0 : 4096);
        CHECK_INT(p.payload_len, n < 33 ? 0 : 4);
        CHECK_INT(p.captured_payload, n < 44 ? 0 : n - 44);
        CHECK_INT(p.payload_off, n < 44 ? n : 44);
        CHECK_INT(p.ip_len, 48);
        CHECK_INT(p.wire_len, 48);
        CHECK_INT(p.cap_len, n);
    }
    struct jj_packet p = decode_cut(101, IP4("0020", "11") UDP("000c") "41424344", 25);
    CHECK_INT(p.flags, JJ_PKT_TRUNCATED | CUT);
    CHECK_INT(p.dst_port, 53);
    CHECK_INT(p.payload_len, 4);
}

static void icmp_fields(void)
{
    struct jj_packet p = decode(101, IP4("001c", "01") "03 04 0000 00000000");
    CHECK_INT(p.icmp_type, 3);
    CHECK_INT(p.icmp_code, 4);
    p = decode(101, IP4("0015", "01") "0b");
    CHECK_INT(p.icmp_type, 11);
    CHECK_INT(p.icmp_code, 0);
}

/* Padding is no payload; a zero total length means the rest of the frame. */
static void ethernet_padding(void)
{
    struct jj_packet p = decode(1, ETH4 IP4("0028", "06") TCP20 "000000000000");
    CHECK_INT(p.wire_len, 60);
    CHECK_INT(p.payload_len, 0);
    CHECK_INT(p.captured_payload, 0);
    p = decode(1, MACS "0032 aaaa03 000000 0800 " IP4("0000", "06") TCP20 "4142 ffffffff");
    CHECK_INT(p.ip_len, 42);
    CHECK_INT(p.payload_len, 2);
}

int main(void)
{
    for (size_t i = 0; i < sizeof PACKETS / sizeof *PACKETS; i++)
        check(&PACKETS[i]);
    chain_depth();
    snaplen();
    icmp_fields();
    ethernet_padding();
    return test_end();
}
