/* SPDX-License-Identifier: MIT
 *
 * Tunnels that are entered, and packets that look like one and are not. */
#include "decode.h"
#include "engine/packet/tunnel.c"

/* 192.168.0.1 > 192.168.0.2 with 1 byte of UDP payload: 29 bytes. */
#define INNER4 "4500 001d 0001 0000 20 11 0000 c0a80001 c0a80002 2222 0035 0009 0000 41 "
/* The same in IPv6: 49 bytes. */
#define INNER6                                                                               \
    "60000000 0009 11 20 fd000000000000000000000000000001 fd000000000000000000000000000002 " \
    "2222 0035 0009 0000 41 "
#define INNER_ETH4 MACS "0800 " INNER4
#define INNER_ETH6 MACS "86dd " INNER6

struct expected {
    const char *hex; /* an IP packet */
    int type, depth;
    unsigned id, inner_version, ip_off;
};

static const struct expected ENTERED[] = {
    { IP4("0031", "04") INNER4, JJ_TUNNEL_IPIP, 1, 0, 4, 20 },
    { IP4("0045", "29") INNER6, JJ_TUNNEL_SIT, 1, 0, 6, 20 },
    { IP6("001d", "04") INNER4, JJ_TUNNEL_IPIP, 1, 0, 4, 40 },
    { IP6("0031", "29") INNER6, JJ_TUNNEL_IPIP, 1, 0, 6, 40 },
    { IP6("0025", "3c") "04 00 0104 00000000 " INNER4, JJ_TUNNEL_IPIP, 1, 0, 4, 48 },
    { IP4("0035", "2f") "0000 0800 " INNER4, JJ_TUNNEL_GRE, 1, 0, 4, 24 },
    { IP4("0049", "2f") "0000 86dd " INNER6, JJ_TUNNEL_GRE, 1, 0, 6, 24 },
    { IP4("0041", "2f") "b000 0800 ffff0000 00abcdef 00000001 " INNER4, JJ_TUNNEL_GRE, 1, 0xabcdef,
      4, 36 },
    { IP4("0043", "2f") "0000 6558 " INNER_ETH4, JJ_TUNNEL_GRE, 1, 0, 4, 38 },
    { IP4("0043", "2f") "0000 88be " INNER_ETH4, JJ_TUNNEL_GRE, 1, 0, 4, 38 },
    { IP4("004f", "2f") "1000 88be 00000001 1064000100000000 " INNER_ETH4, JJ_TUNNEL_GRE, 1, 0, 4,
      50 },
    { IP4("0053", "2f") "1000 22eb 00000001 206400010000000000000000 " INNER_ETH4, JJ_TUNNEL_GRE, 1,
      0, 4, 54 },
    { IP4("005b", "2f") "1000 22eb 00000001 206400010000000000000001 0000000000000000 " INNER_ETH4,
      JJ_TUNNEL_GRE, 1, 0, 4, 62 },
    { IP4("0045", "2f") "3081 880b 0021 0007 00000001 00000002 ff03 0021 " INNER4, JJ_TUNNEL_GRE, 1,
      7, 4, 40 },
    { IP4("0039", "2f") "0000 8847 00010140 " INNER4, JJ_TUNNEL_GRE, 1, 0, 4, 28 },
    { IP4("004f", "11") UDP_TO("12b5", "003b") "08000000 0012d600 " INNER_ETH4, JJ_TUNNEL_VXLAN, 1,
      0x12d6, 4, 50 },
    { IP4("0063", "11") UDP_TO("2118", "004f") "08000000 ffffff00 " INNER_ETH6, JJ_TUNNEL_VXLAN, 1,
      0xffffff, 6, 50 },
    { IP6("003f", "11") UDP_TO("12b5", "003f") "08000000 00000100 " MACS "8100 0005 0800 " INNER4,
      JJ_TUNNEL_VXLAN, 1, 1, 4, 74 },
    { IP4("004f", "11") UDP_TO("17c1", "003b") "0000 6558 00000200 " INNER_ETH4, JJ_TUNNEL_GENEVE,
      1, 2, 4, 50 },
    { IP4("0049", "11") UDP_TO("17c1", "0035") "0240 0800 00000300 0102800100000000 " INNER4,
      JJ_TUNNEL_GENEVE, 1, 3, 4, 44 },
    { IP4("0041", "11") UDP_TO("0868", "002d") "30ff 001d 00000009 " INNER4, JJ_TUNNEL_GTPU, 1, 9,
      4, 36 },
    { IP4("0045", "11") UDP_TO("0868", "0031") "32ff 0021 0000000a 00010000 " INNER4,
      JJ_TUNNEL_GTPU, 1, 10, 4, 40 },
    { IP4("005d", "11") UDP_TO("0868", "0049") "34ff 0039 0000000b 00000085 01000900 " INNER6,
      JJ_TUNNEL_GTPU, 1, 11, 6, 44 },
    /* the outermost is told, the innermost decoded: 4 are entered, a fifth is not */
    { IP4("0045", "04") IP4("0031", "04") INNER4, JJ_TUNNEL_IPIP, 2, 0, 4, 40 },
    { IP4("004d", "2f") "2000 0800 00000007 " IP4("0031", "04") INNER4, JJ_TUNNEL_GRE, 2, 7, 4,
      48 },
    { IP4("0081", "04") IP4("006d", "04") IP4("0059", "04") IP4("0045", "04") IP4("0031", "04")
          INNER4,
      JJ_TUNNEL_IPIP, 4, 0, 4, 80 },
    /* the inner packet is broken inside: stay on the last good one */
    { IP4("0045", "04") IP4("0031", "04") "55", JJ_TUNNEL_IPIP, 1, 0, 4, 20 },
};

static void entered(const struct expected *e)
{
    struct jj_packet p = decode(101, e->hex);
    int before = test_failures;
    CHECK(p.flags & JJ_PKT_TUNNELLED);
    CHECK_INT(p.tunnel.type, e->type);
    CHECK_INT(p.tunnel.depth, e->depth);
    CHECK_INT(p.tunnel.id, e->id);
    CHECK_INT(p.ip_version, e->inner_version);
    CHECK_INT(p.ip_off, e->ip_off);
    CHECK_INT(p.tunnel.ip_version, e->hex[0] - '0');
    CHECK_INT(p.tunnel.src[0], e->hex[0] == '4' ? 10 : 0x20);
    CHECK_INT(p.tunnel.dst[e->hex[0] == '4' ? 3 : 15], 2);
    if (p.ip_off != 80 && p.protocol == 17) {
        CHECK_INT(p.src[0], p.ip_version == 4 ? 192 : 0xfd);
        CHECK_INT(p.src_port, 0x2222);
        CHECK_INT(p.payload_len, 1);
        CHECK_INT(p.captured_payload, 1);
    }
    struct jj_packet outer;
    CHECK_INT(decode_hex(&outer, true, 101, e->hex), JJ_DECODE_OK);
    CHECK_INT(outer.ip_off, 0);
    CHECK_INT(outer.tunnel.type, JJ_TUNNEL_NONE);
    CHECK_INT(outer.tunnel.depth, 0);
    CHECK_INT(outer.flags & JJ_PKT_TUNNELLED, 0);
    if (test_failures != before)
        fprintf(stderr, "   in %s\n", e->hex);
}

static const char *const STAY[] = {
    /* inner version, inner length, inner header cut */
    IP4("0031", "04") INNER6,
    IP4("0030", "04") INNER4,
    IP4("001c", "04") "4500 001d 0001 0000",
    /* GRE: routing, version, unknown type, cut key */
    IP4("0035", "2f") "4000 0800 " INNER4,
    IP4("0035", "2f") "0001 0800 " INNER4,
    IP4("0035", "2f") "0000 0806 " INNER4,
    IP4("0018", "2f") "2000 0800 ",
    IP4("0016", "2f") "0000",
    /* VXLAN: no I flag, reserved bits, other port, ARP inside, inner too long */
    IP4("004f", "11") UDP_TO("12b5", "003b") "00000000 0012d600 " INNER_ETH4,
    IP4("004f", "11") UDP_TO("12b5", "003b") "0c000000 0012d600 " INNER_ETH4,
    IP4("004f", "11") UDP_TO("12b5", "003b") "08000001 0012d600 " INNER_ETH4,
    IP4("004f", "11") UDP_TO("12b5", "003b") "08000000 0012d601 " INNER_ETH4,
    IP4("004f", "11") UDP_TO("12b6", "003b") "08000000 0012d600 " INNER_ETH4,
    IP4("004f", "11") UDP_TO("12b5", "003b") "08000000 0012d600 " MACS "0806 " INNER4,
    IP4("004f", "11") UDP_TO("12b5", "003a") "08000000 0012d600 " INNER_ETH4,
    /* Geneve: version, type, options longer than the packet */
    IP4("0041", "11") UDP_TO("17c1", "002d") "4000 0800 00000300 " INNER4,
    IP4("0041", "11") UDP_TO("17c1", "002d") "0000 0806 00000300 " INNER4,
    IP4("0041", "11") UDP_TO("17c1", "002d") "3f00 0800 00000300 " INNER4,
    /* GTP: version, PT, message type, length, extension of length 0 */
    IP4("0041", "11") UDP_TO("0868", "002d") "50ff 001d 00000009 " INNER4,
    IP4("0041", "11") UDP_TO("0868", "002d") "20ff 001d 00000009 " INNER4,
    IP4("0041", "11") UDP_TO("0868", "002d") "3001 001d 00000009 " INNER4,
    IP4("0041", "11") UDP_TO("0868", "002d") "30ff 001c 00000009 " INNER4,
    IP4("0049", "11") UDP_TO("0868", "0035") "34ff 0025 0000000b 00000085 00000900 " INNER4,
    /* ports of a tunnel, ordinary content */
    IP4("0020", "11") UDP_TO("12b5", "000c") "41424344",
    IP4("001c", "11") UDP_TO("0868", "0008"),
    IP4("001a", "11") "c000 12b5 0008",
};

static void stays(const char *hex)
{
    struct jj_packet p = decode(101, hex), outer;
    int before = test_failures;
    CHECK_INT(p.flags & JJ_PKT_TUNNELLED, 0);
    CHECK_INT(p.tunnel.type, JJ_TUNNEL_NONE);
    CHECK_INT(p.ip_off, 0);
    CHECK_INT(p.src[0], 10);
    CHECK_INT(decode_hex(&outer, true, 101, hex), JJ_DECODE_OK);
    CHECK_INT(p.payload_len, outer.payload_len);
    CHECK_INT(p.payload_off, outer.payload_off);
    CHECK_INT(p.src_port, outer.src_port);
    CHECK_INT(p.flags, outer.flags);
    if (test_failures != before)
        fprintf(stderr, "   in %s\n", hex);
}

/* Tags are those of the frame, not of what a tunnel carries. */
static void tags_stay_outside(void)
{
    struct jj_packet p =
        decode(1, MACS "8100 0007 0800 " IP4("0053", "11")
                      UDP_TO("12b5", "003f") "08000000 00000100 " MACS "8100 0005 0800 " INNER4);
    CHECK_INT(p.tunnel.type, JJ_TUNNEL_VXLAN);
    CHECK_INT(p.vlan[0], 7);
    CHECK_INT(p.vlan[1], JJ_NO_VLAN);
}

int main(void)
{
    for (size_t i = 0; i < sizeof ENTERED / sizeof *ENTERED; i++)
        entered(&ENTERED[i]);
    for (size_t i = 0; i < sizeof STAY / sizeof *STAY; i++)
        stays(STAY[i]);
    tags_stay_outside();
    return test_end();
}
