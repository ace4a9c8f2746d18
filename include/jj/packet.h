/* SPDX-License-Identifier: MIT
 *
 * A frame is what a source captured; a packet is a frame decoded once. Bytes are always borrowed:
 * they are valid until the source is asked for its next batch.
 *
 * Four lengths, never mixed (all in bytes):
 *   wire_len     the frame as it was on the wire, link header included
 *   cap_len      what of it was captured (<= wire_len with a snaplen)
 *   ip_len       the IP datagram: header, extension headers, payload, from the IP header
 *   payload_len  what the layer-4 header carries, from the headers: link padding never counts */
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum jj_direction { JJ_DIR_UNKNOWN, JJ_DIR_IN, JJ_DIR_OUT };

enum jj_frame_flag {
    JJ_FRAME_NO_TIME = 1, /* the file has no time for it (pcapng SPB); time repeats the last one */
};

struct jj_frame {
    int64_t time; /* nanoseconds since 1970-01-01 UTC */
    const uint8_t *data;
    uint32_t cap_len;
    uint32_t wire_len;
    uint32_t interface; /* index into the source's interfaces */
    uint16_t linktype;  /* LINKTYPE_* of tcpdump.org */
    uint8_t direction;  /* enum jj_direction */
    uint8_t flags;      /* enum jj_frame_flag */
};

enum jj_tunnel_type {
    JJ_TUNNEL_NONE,
    JJ_TUNNEL_IPIP,   /* RFC 2003, and IPv6 in IPv6, RFC 2473 */
    JJ_TUNNEL_SIT,    /* IPv6 in IPv4, RFC 4213 */
    JJ_TUNNEL_GRE,    /* RFC 2784, 2890; id = key */
    JJ_TUNNEL_VXLAN,  /* RFC 7348; id = VNI */
    JJ_TUNNEL_GENEVE, /* RFC 8926; id = VNI */
    JJ_TUNNEL_GTPU,   /* 3GPP TS 29.281; id = TEID */
};

/* Addresses are 16 bytes; IPv4 stands in the first four and the rest is zero. */
struct jj_tunnel {
    uint8_t type;       /* enum jj_tunnel_type of the outermost tunnel */
    uint8_t depth;      /* how many tunnels were entered */
    uint8_t ip_version; /* of the outer addresses: 4 or 6 */
    uint8_t reserved;
    uint32_t id;
    uint8_t src[16];
    uint8_t dst[16];
};

enum jj_packet_flag {
    JJ_PKT_MAC =
        1 << 0, /* Ethernet II: destination and source MAC address are data[0] and data[6] */
    JJ_PKT_FRAGMENT = 1 << 1,       /* any IP fragment */
    JJ_PKT_LATER_FRAGMENT = 1 << 2, /* offset > 0: the layer-4 header is not in it */
    JJ_PKT_PORTS_CACHED = 1 << 3,   /* later fragment whose ports come from its first fragment */
    JJ_PKT_L4_CUT = 1 << 4,         /* layer-4 header incomplete: cut by the snaplen or too short */
    JJ_PKT_L4 = 1 << 5,             /* the layer-4 header was decoded in full */
    JJ_PKT_TUNNELLED = 1 << 6,      /* decoded inside a tunnel; `tunnel` is valid */
    JJ_PKT_EXTENSIONS = 1 << 7,     /* IPv6 extension headers were walked */
    JJ_PKT_802_3 = 1 << 8,          /* length-form Ethernet with LLC/SNAP */
    JJ_PKT_TRUNCATED = 1 << 9,      /* cap_len < wire_len */
    JJ_PKT_REWRAPPED = 1 << 10,     /* MPLS, PPPoE or PPP was taken off */
};

/* TCP flags as on the wire, and NS (RFC 3540) as bit 8. */
enum jj_tcp_flag {
    JJ_TCP_FIN = 0x01,
    JJ_TCP_SYN = 0x02,
    JJ_TCP_RST = 0x04,
    JJ_TCP_PSH = 0x08,
    JJ_TCP_ACK = 0x10,
    JJ_TCP_URG = 0x20,
    JJ_TCP_ECE = 0x40,
    JJ_TCP_CWR = 0x80,
    JJ_TCP_NS = 0x100,
};

#define JJ_NO_VLAN 0xffff

struct jj_packet {
    /* line 0: the flow key, and when */
    uint8_t src[16];
    uint8_t dst[16];
    uint16_t src_port; /* host order; 0 where the protocol has none */
    uint16_t dst_port;
    uint8_t protocol;   /* the real upper protocol, behind extension headers */
    uint8_t ip_version; /* 4 or 6 */
    uint16_t flags;     /* enum jj_packet_flag */
    int64_t time;
    uint64_t ordinal; /* number of the frame in its source, from 1 */
    uint64_t hash;    /* of the canonical key; set by the flow layer */

    /* line 1: what it says */
    uint32_t wire_len;
    uint32_t cap_len;
    uint32_t ip_len;
    uint32_t payload_len;
    uint32_t seq;
    uint32_t ack;
    uint16_t window;
    uint16_t tcp_flags; /* enum jj_tcp_flag */
    uint16_t ip_id;
    uint8_t ttl;
    uint8_t tos;
    const uint8_t *data;     /* the frame's bytes, borrowed */
    uint32_t ip_off;         /* offsets into data; the IP header that gave the addresses */
    uint32_t ip_payload_off; /* behind the fixed IP header (IPv4: with options) */
    uint32_t l4_off;         /* TCP, UDP ... header */
    uint32_t payload_off;    /* <= cap_len; captured payload is data[payload_off ...] */

    /* line 2: cold */
    uint32_t captured_payload; /* bytes of payload present: <= payload_len */
    uint32_t interface;
    uint16_t vlan[2]; /* outer and inner VLAN id, JJ_NO_VLAN when absent */
    uint16_t ip_frag; /* IPv4 flags and offset as on the wire, host order */
    uint8_t direction;
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint8_t reserved[3];
    struct jj_tunnel tunnel;
};

#ifdef __cplusplus
}
#endif
