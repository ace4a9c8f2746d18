/* SPDX-License-Identifier: MIT
 *
 * IPv4 (RFC 791), IPv6 (RFC 8200) with an allow-list of extension headers, jumbograms (RFC 2675)
 * and the zero lengths that segmentation offload leaves in frames above 64 KiB. */
#include "engine/packet/ip.h"

#include "jj/packet.h"

enum { MAX_EXTENSIONS = 8 };
enum { IPV4_MORE = 0x2000, IPV4_OFFSET = 0x1fff, IPV6_OFFSET = 0xfff8, IPV6_MORE = 1 };
enum { JUMBO = 0xc2 };

enum extension {
    HOP_BY_HOP = 0,
    TCP = 6,
    UDP = 17,
    ROUTING = 43,
    FRAGMENT = 44,
    AUTHENTICATION = 51,
    NO_NEXT = 59,
    DESTINATION = 60,
    MOBILITY = 135,
    HIP = 139,
    SHIM6 = 140,
};

static bool parse_ipv4(struct jj_ip *ip, struct jj_view *v)
{
    const uint8_t *p = jj_peek(v, 20);
    if (!p || *p >> 4 != 4)
        return false;
    uint32_t header_len = (*p & 15u) * 4, len = jj_load16(p + 2);
    if (len == 0)
        len = v->wire; /* segmentation offload: too long for the field */
    if (header_len < 20 || len < header_len || !jj_take(v, header_len))
        return false;
    jj_limit(v, len - header_len);
    ip->len = len;
    ip->fixed_len = header_len;
    ip->protocol = p[9];
    ip->frag_id = jj_load16(p + 4);
    uint16_t frag = jj_load16(p + 6);
    if (frag & (IPV4_MORE | IPV4_OFFSET))
        ip->flags = JJ_PKT_FRAGMENT | (frag & IPV4_OFFSET ? JJ_PKT_LATER_FRAGMENT : 0);
    return true;
}

/* The jumbo payload length in a hop-by-hop header that starts the view, or 0. */
static uint32_t jumbo_len(const struct jj_view *v)
{
    const uint8_t *p = jj_peek(v, 8);
    uint32_t size = p ? (p[1] + 1u) * 8 : 0;
    if (!size || !(p = jj_peek(v, size)))
        return 0;
    struct jj_cursor c = jj_cursor(p + 2, size - 2);
    while (jj_left(&c)) {
        uint8_t type = jj_u8(&c);
        if (type == 0)
            continue;
        uint8_t len = jj_u8(&c);
        if (type == JUMBO && len == 4)
            return jj_be32(&c);
        if (!jj_skip(&c, len))
            return 0;
    }
    return 0;
}

static uint32_t ipv6_payload_len(const uint8_t *header, const struct jj_view *v)
{
    uint32_t len = jj_load16(header + 4);
    if (len)
        return len;
    if (header[6] == TCP || header[6] == UDP)
        return v->wire; /* segmentation offload */
    uint32_t jumbo = header[6] == HOP_BY_HOP ? jumbo_len(v) : 0;
    return jumbo > 65535 && jumbo <= UINT32_MAX - 40 ? jumbo : 0;
}

static bool is_extension(uint8_t protocol)
{
    switch (protocol) {
    case HOP_BY_HOP:
    case ROUTING:
    case FRAGMENT:
    case AUTHENTICATION:
    case DESTINATION:
    case MOBILITY:
    case HIP:
    case SHIM6:
        return true;
    default:
        return false;
    }
}

static uint32_t extension_len(uint8_t protocol, const uint8_t *p)
{
    if (protocol == FRAGMENT)
        return 8;
    return protocol == AUTHENTICATION ? (p[1] + 2u) * 4 : (p[1] + 1u) * 8;
}

/* Mobility, HIP and Shim6 messages usually end the chain: then they are the upper protocol. */
static bool ends_chain(uint8_t protocol, const uint8_t *p)
{
    return p[0] == NO_NEXT && (protocol == MOBILITY || protocol == HIP || protocol == SHIM6);
}

/* An atomic fragment (offset 0 and no more, RFC 6946) is a whole datagram. */
static void fragment_header(struct jj_ip *ip, const uint8_t *p)
{
    uint16_t frag = jj_load16(p + 2);
    ip->frag_id = jj_load32(p + 4);
    if (frag & (IPV6_OFFSET | IPV6_MORE))
        ip->flags |= JJ_PKT_FRAGMENT | (frag & IPV6_OFFSET ? JJ_PKT_LATER_FRAGMENT : 0);
}

static void walk_extensions(struct jj_ip *ip, struct jj_view *v)
{
    for (int depth = 0; is_extension(ip->protocol); depth++) {
        const uint8_t *p = jj_peek(v, 8);
        if (p && ends_chain(ip->protocol, p))
            return;
        if (!p || depth == MAX_EXTENSIONS || !jj_take(v, extension_len(ip->protocol, p))) {
            ip->flags |= JJ_PKT_L4_CUT;
            jj_limit(v, 0);
            return;
        }
        ip->flags |= JJ_PKT_EXTENSIONS;
        if (ip->protocol == FRAGMENT)
            fragment_header(ip, p);
        ip->protocol = p[0];
        if (ip->flags & JJ_PKT_LATER_FRAGMENT)
            return; /* what follows is the middle of something */
    }
}

static bool parse_ipv6(struct jj_ip *ip, struct jj_view *v)
{
    const uint8_t *p = jj_take(v, 40);
    if (!p || *p >> 4 != 6)
        return false;
    uint32_t len = ipv6_payload_len(p, v);
    jj_limit(v, len);
    ip->len = 40 + len;
    ip->fixed_len = 40;
    ip->protocol = p[6];
    walk_extensions(ip, v);
    return true;
}

bool jj_ip_parse(struct jj_ip *ip, struct jj_view view, int version)
{
    ip->header = view.bytes.at;
    ip->version = (uint8_t)version;
    ip->flags = 0;
    ip->frag_id = 0;
    ip->payload = view;
    return version == 4 ? parse_ipv4(ip, &ip->payload) : parse_ipv6(ip, &ip->payload);
}
