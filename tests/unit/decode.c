/* SPDX-License-Identifier: MIT
 *
 * Every field of one packet, then the link layers. */
#include "engine/packet/decode.c"

#include "decode.h"

#define TCP_OVER_IP  IP4("002b", "06") TCP20 "414243"
#define TCP_OVER_IP6 IP6("0017", "06") TCP20 "414243"

static void every_field(void)
{
    struct jj_packet p = decode(1, ETH4 TCP_OVER_IP "000000");
    CHECK(memcmp(p.src, (uint8_t[16]){ 10, 0, 0, 1 }, 16) == 0);
    CHECK(memcmp(p.dst, (uint8_t[16]){ 172, 16, 0, 2 }, 16) == 0);
    CHECK_INT(p.src_port, 4660);
    CHECK_INT(p.dst_port, 443);
    CHECK_INT(p.protocol, 6);
    CHECK_INT(p.ip_version, 4);
    CHECK_INT(p.flags, JJ_PKT_MAC | JJ_PKT_L4);
    CHECK_INT(p.time, 1000000000);
    CHECK_INT(p.wire_len, 60);
    CHECK_INT(p.cap_len, 60);
    CHECK_INT(p.ip_len, 43);
    CHECK_INT(p.payload_len, 3);
    CHECK_INT(p.captured_payload, 3);
    CHECK_INT(p.seq, 0x01020304);
    CHECK_INT(p.ack, 0x05060708);
    CHECK_INT(p.window, 4096);
    CHECK_INT(p.tcp_flags, JJ_TCP_NS | JJ_TCP_PSH | JJ_TCP_ACK);
    CHECK_INT(p.ip_id, 0x1234);
    CHECK_INT(p.ttl, 64);
    CHECK_INT(p.tos, 0x10);
    CHECK_INT(p.ip_off, 14);
    CHECK_INT(p.ip_payload_off, 34);
    CHECK_INT(p.l4_off, 34);
    CHECK_INT(p.payload_off, 54);
    CHECK_INT(p.interface, 3);
    CHECK_INT(p.direction, JJ_DIR_OUT);
    CHECK_INT(p.vlan[0], JJ_NO_VLAN);
    CHECK_INT(p.vlan[1], JJ_NO_VLAN);
    CHECK_INT(p.ip_frag, 0);
    CHECK_INT(p.icmp_type, 0);
    CHECK_INT(p.icmp_code, 0);
    CHECK_INT(p.tunnel.type, JJ_TUNNEL_NONE);
    CHECK_INT(p.tunnel.depth, 0);
}

static void every_field_of_ipv6(void)
{
    struct jj_packet p = decode(1, ETH6 TCP_OVER_IP6);
    CHECK(memcmp(p.src, (uint8_t[16]){ 0x20, 1, 0xd, 0xb8, [15] = 1 }, 16) == 0);
    CHECK(memcmp(p.dst, (uint8_t[16]){ 0x20, 1, 0xd, 0xb8, [15] = 2 }, 16) == 0);
    CHECK_INT(p.ip_version, 6);
    CHECK_INT(p.ip_len, 63);
    CHECK_INT(p.payload_len, 3);
    CHECK_INT(p.ttl, 63);
    CHECK_INT(p.tos, 0x20);
    CHECK_INT(p.ip_id, 0);
    CHECK_INT(p.ip_frag, 0);
    CHECK_INT(p.ip_payload_off, 54);
    CHECK_INT(p.l4_off, 54);
    CHECK_INT(p.payload_off, 74);
}

/* The same IP packet behind every link layer: it must start at `off`, with `flags`. */
static void behind(uint16_t linktype, const char *header, int version, unsigned off, int flags)
{
    char hex[512];
    struct jj_packet p;
    snprintf(hex, sizeof hex, "%s%s", header, version == 4 ? TCP_OVER_IP : TCP_OVER_IP6);
    int result = decode_hex(&p, false, linktype, hex);
    if (result != JJ_DECODE_OK)
        fprintf(stderr, "link type %u, %s\n", linktype, header);
    CHECK_INT(result, JJ_DECODE_OK);
    if (result != JJ_DECODE_OK)
        return;
    CHECK_INT(p.ip_version, version);
    CHECK_INT(p.ip_off, off);
    CHECK_INT(p.dst_port, 443);
    CHECK_INT(p.payload_len, 3);
    CHECK_INT(p.flags, flags | JJ_PKT_L4);
}

static void link_layers(void)
{
    static const char *const FAMILIES6[] = { "0a", "17", "18", "1c", "1e" };
    char header[16];
    for (size_t i = 0; i < 5; i++) {
        snprintf(header, sizeof header, "%s000000 ", FAMILIES6[i]);
        behind(0, header, 6, 4, 0);
        snprintf(header, sizeof header, "000000%s ", FAMILIES6[i]);
        behind(0, header, 6, 4, 0);
        behind(108, header, 6, 4, 0);
    }
    behind(0, "02000000", 4, 4, 0);
    behind(0, "00000002", 4, 4, 0);
    behind(108, "00000002", 4, 4, 0);
    behind(12, "", 4, 0, 0);
    behind(14, "", 6, 0, 0);
    behind(101, "", 4, 0, 0);
    behind(101, "", 6, 0, 0);
    behind(228, "", 4, 0, 0);
    behind(229, "", 6, 0, 0);
    behind(31, "", 6, 0, 0);
    behind(113, "0000 0001 0006 020304050607 0000 0800 ", 4, 16, 0);
    behind(113, "0004 0001 0006 020304050607 0000 86dd ", 6, 16, 0);
    behind(276, "0800 0000 00000002 0001 00 06 020304050607 0000 ", 4, 20, 0);
    behind(276, "86dd 0000 00000002 0001 04 06 020304050607 0000 ", 6, 20, 0);
    behind(9, "ff03 0021 ", 4, 4, JJ_PKT_REWRAPPED);
    behind(9, "0057 ", 6, 2, JJ_PKT_REWRAPPED);
    behind(9, "21 ", 4, 1, JJ_PKT_REWRAPPED);
    behind(9, "0f00 0800 ", 4, 4, 0);
    behind(50, "ff03 0057 ", 6, 4, JJ_PKT_REWRAPPED);
    behind(50, "8f00 86dd ", 6, 4, 0);
    behind(51, "1100 0007 002d 0021 ", 4, 8, JJ_PKT_REWRAPPED);
    behind(104, "0f00 0800 ", 4, 4, 0);
}

static void below_ethernet(void)
{
    enum { MAC = JJ_PKT_MAC, WRAP = JJ_PKT_MAC | JJ_PKT_REWRAPPED };
    behind(1, MACS "0033 aaaa03 000000 0800 ", 4, 22, JJ_PKT_802_3);
    behind(1, MACS "0047 aaaa03 0000f8 86dd ", 6, 22, JJ_PKT_802_3);
    behind(1, MACS "002e 060603 ", 4, 17, JJ_PKT_802_3);
    behind(1, MACS "8100 0064 86dd ", 6, 18, MAC);
    behind(1, MACS "8100 0064 0033 aaaa03 000000 0800 ", 4, 26, MAC | JJ_PKT_802_3);
    behind(1, MACS "8847 00010140 ", 4, 18, WRAP);
    behind(1, MACS "8848 00010040 00020140 ", 6, 22, WRAP);
    behind(1, MACS "8847 00010140 00000000 " MACS "0800 ", 4, 36, WRAP);
    behind(1, MACS "8847 00010140 000b0c0d0e0f 020304050607 0800 ", 4, 32, WRAP);
    behind(1, MACS "8864 1100 0007 002d 0021 ", 4, 22, WRAP);
    behind(1, MACS "8864 1100 0007 0041 0057 ", 6, 22, WRAP);
    behind(1, MACS "8100 0001 8864 1100 0007 002d 0021 ", 4, 26, WRAP);
}

static void vlan_tags(void)
{
    struct jj_packet p = decode(1, MACS "8100 e064 0800 " TCP_OVER_IP);
    CHECK_INT(p.vlan[0], 100);
    CHECK_INT(p.vlan[1], JJ_NO_VLAN);
    p = decode(1, MACS "88a8 0001 8100 0002 0800 " TCP_OVER_IP);
    CHECK_INT(p.vlan[0], 1);
    CHECK_INT(p.vlan[1], 2);
    p = decode(1, MACS "9100 0fff 9100 0002 8100 0003 8100 0004 0800 " TCP_OVER_IP);
    CHECK_INT(p.vlan[0], 4095);
    CHECK_INT(p.vlan[1], 2);
    CHECK_INT(p.ip_off, 30);
    CHECK_INT(decode_hex(&p, false, 1,
                         MACS
                         "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 0800 " TCP_OVER_IP),
              JJ_DECODE_NOT_IP);
}

static void not_ip(void)
{
    static const struct {
        uint16_t linktype;
        const char *hex;
    } FRAMES[] = {
        { 1, MACS "0806 0001 0800 0604 0001 " }, /* ARP */
        { 1, MACS "0026 424203 0000000000 " },   /* STP */
        { 1, MACS "0033 aaaa03 00000c 0800 " TCP_OVER_IP },
        { 1, MACS "8863 1109 0000 0000 " },
        { 1, MACS "8864 1100 0007 002d c021 " TCP_OVER_IP }, /* LCP */
        { 1, MACS "8847 00010140 10000000 " TCP_OVER_IP },   /* ACH */
        { 1, MACS "8847 00010040 00010040 " },
        { 1, MACS "05ff " TCP_OVER_IP },
        { 1, MACS "08" },
        { 1, "" },
        { 0, "07000000 " TCP_OVER_IP },
        { 113, "0000 0338 0000 0000000000000000 0010 " },
        { 105, TCP_OVER_IP },
        { 9, "ff03 002d " TCP_OVER_IP },
    };
    struct jj_packet p;
    for (size_t i = 0; i < sizeof FRAMES / sizeof *FRAMES; i++)
        CHECK_INT(decode_hex(&p, false, FRAMES[i].linktype, FRAMES[i].hex), JJ_DECODE_NOT_IP);
}

static void malformed(void)
{
    static const char *const FRAMES[] = {
        ETH4 "65"
             "10 002b 1234 0000 40 06 0000 0a000001 ac100002 " TCP20, /* version 6 */
        ETH4 "44"
             "10 002b 1234 0000 40 06 0000 0a000001 ac100002 " TCP20, /* header 16 */
        ETH4 "4f"
             "10 003c 1234 0000 40 06 0000 0a000001 ac100002 " TCP20, /* options missing */
        ETH4 IP4("0013", "06") TCP20,                                 /* length 19 */
        ETH4 "4510 002b 1234 0000 40 06 0000 0a000001 ac1000",
        ETH4,
        ETH6 "42000001 0017 06 3f " IP6_ADDRESSES TCP20,
        ETH6 "62000001 0017 06 3f 20010db8",
    };
    struct jj_packet p;
    for (size_t i = 0; i < sizeof FRAMES / sizeof *FRAMES; i++)
        CHECK_INT(decode_hex(&p, false, 1, FRAMES[i]), JJ_DECODE_MALFORMED);
    CHECK_INT(decode_hex(&p, false, 101, "0000"), JJ_DECODE_MALFORMED);
    CHECK_INT(decode_hex(&p, false, 228, TCP_OVER_IP6), JJ_DECODE_MALFORMED);
}

static void link_types(void)
{
    static const uint16_t SUPPORTED[] = { 0,   1,   9,   12,  14,  31,  50, 51,
                                          101, 104, 108, 113, 228, 229, 276 };
    for (size_t i = 0; i < sizeof SUPPORTED / sizeof *SUPPORTED; i++)
        CHECK(jj_linktype_supported(SUPPORTED[i]));
    CHECK(!jj_linktype_supported(105));
    CHECK(!jj_linktype_supported(127));
    CHECK(!jj_linktype_supported(65535));
    CHECK_STR(jj_linktype_name(1), "Ethernet");
    CHECK_STR(jj_linktype_name(127), "802.11 with radiotap");
    CHECK_STR(jj_linktype_name(65535), "unknown");
}

/* One decoder, frames of several interfaces in turn. */
static void link_type_changes(void)
{
    struct jj_decoder *d;
    struct jj_packet p;
    struct jj_frame ethernet = test_frame(1, ETH4 TCP_OVER_IP), raw = test_frame(101, TCP_OVER_IP);
    CHECK_INT(jj_decoder_create(&d, false), 0);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(jj_decode(d, &ethernet, &p), JJ_DECODE_OK);
        CHECK_INT(p.ip_off, 14);
        CHECK_INT(jj_decode(d, &raw, &p), JJ_DECODE_OK);
        CHECK_INT(p.ip_off, 0);
        CHECK_INT(p.flags & JJ_PKT_MAC, 0);
    }
    jj_decoder_destroy(d);
    jj_decoder_destroy(NULL);
    test_free(&ethernet);
    test_free(&raw);
}

int main(void)
{
    every_field();
    every_field_of_ipv6();
    link_layers();
    below_ethernet();
    vlan_tags();
    not_ip();
    malformed();
    link_types();
    link_type_changes();
    return test_end();
}
