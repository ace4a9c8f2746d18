/* SPDX-License-Identifier: MIT
 *
 * The link types of tcpdump.org that a capture file may name: what to call them in a message, and
 * how decoding starts. Several numbers are the platform's own DLT_*, written by old programs. */
#include "engine/packet/decode.h"
#include "engine/packet/link.h"

struct linktype {
    uint16_t number;
    uint32_t start; /* 0: not decoded */
    const char *name;
};

static const struct linktype LINKTYPES[] = {
    { 0, JJ_LINK_LOOPBACK, "BSD loopback" },
    { 1, JJ_LINK_ETHERNET, "Ethernet" },
    { 6, 0, "Token Ring" },
    { 7, 0, "ARCNET" },
    { 8, 0, "SLIP" },
    { 9, JJ_LINK_HDLC, "PPP" },
    { 10, 0, "FDDI" },
    { 12, JJ_LINK_IP, "raw IP" },
    { 14, JJ_LINK_IP, "raw IP" },
    { 31, JJ_LINK_IPV6, "raw IPv6" },
    { 50, JJ_LINK_HDLC, "PPP with HDLC framing" },
    { 51, JJ_LINK_PPPOE, "PPP over Ethernet session" },
    { 99, 0, "Symantec firewall" },
    { 100, 0, "ATM with LLC" },
    { 101, JJ_LINK_IP, "raw IP" },
    { 104, JJ_LINK_HDLC, "Cisco HDLC" },
    { 105, 0, "802.11" },
    { 107, 0, "Frame Relay" },
    { 108, JJ_LINK_LOOPBACK, "OpenBSD loopback" },
    { 113, JJ_LINK_SLL, "Linux cooked" },
    { 114, 0, "LocalTalk" },
    { 117, 0, "OpenBSD pflog" },
    { 119, 0, "802.11 with Prism header" },
    { 122, 0, "IP over Fibre Channel" },
    { 123, 0, "SunATM" },
    { 127, 0, "802.11 with radiotap" },
    { 138, 0, "IP over IEEE 1394" },
    { 143, 0, "DOCSIS" },
    { 144, 0, "Linux IrDA" },
    { 147, 0, "private use 0" },
    { 163, 0, "802.11 with AVS header" },
    { 166, 0, "PPP with direction (pppd)" },
    { 177, 0, "Linux LAPD" },
    { 187, 0, "Bluetooth HCI UART" },
    { 189, 0, "Linux USB" },
    { 192, 0, "per-packet information (PPI)" },
    { 195, 0, "802.15.4" },
    { 201, 0, "Bluetooth HCI UART with direction" },
    { 220, 0, "Linux USB, padded" },
    { 224, 0, "Fibre Channel" },
    { 226, 0, "Solaris IPNET" },
    { 227, 0, "SocketCAN" },
    { 228, JJ_LINK_IPV4, "raw IPv4" },
    { 229, JJ_LINK_IPV6, "raw IPv6" },
    { 230, 0, "802.15.4 without FCS" },
    { 239, 0, "Linux netfilter log" },
    { 240, 0, "Hilscher netANALYZER" },
    { 242, 0, "IP over InfiniBand" },
    { 243, 0, "MPEG-2 transport stream" },
    { 247, 0, "InfiniBand" },
    { 248, 0, "SCTP" },
    { 249, 0, "USBPcap" },
    { 251, 0, "Bluetooth Low Energy" },
    { 252, 0, "Wireshark upper PDU" },
    { 253, 0, "Linux netlink" },
    { 254, 0, "Bluetooth Linux monitor" },
    { 256, 0, "Bluetooth Low Energy with header" },
    { 276, JJ_LINK_SLL2, "Linux cooked v2" },
};

static const struct linktype *find(uint16_t number)
{
    for (size_t i = 0; i < sizeof LINKTYPES / sizeof *LINKTYPES; i++)
        if (LINKTYPES[i].number == number)
            return &LINKTYPES[i];
    return NULL;
}

bool jj_linktype_supported(uint16_t linktype)
{
    return jj_link_start(linktype) != JJ_LINK_NOTHING;
}

const char *jj_linktype_name(uint16_t linktype)
{
    const struct linktype *type = find(linktype);
    return type ? type->name : "unknown";
}

uint32_t jj_link_start(uint16_t linktype)
{
    if (linktype == 1) /* first: this is called per packet */
        return JJ_LINK_ETHERNET;
    const struct linktype *type = find(linktype);
    return type && type->start ? type->start : JJ_LINK_NOTHING;
}
