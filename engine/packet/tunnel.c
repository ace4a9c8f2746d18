/* SPDX-License-Identifier: MIT
 *
 * Tunnels by IP protocol (IPIP, 6in4, GRE) and by UDP port (VXLAN, Geneve, GTP-U). A port proves
 * nothing, so those headers must be right to the last reserved bit and the inner packet must fit:
 * an ordinary packet on such a port stays what it is. */
#include "engine/packet/tunnel.h"

#include "jj/packet.h"

#include "engine/packet/link.h"

enum { GRE_CHECKSUM = 0x8000, GRE_ROUTING = 0x4000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000 };
enum { GRE_ACK = 0x0080, GRE_VERSION = 7 };
enum { GTP_V1 = 0x30, GTP_FIXED = 0xf8, GTP_EXTENSION = 4, GTP_OPTIONAL = 7, GTP_TPDU = 255 };
enum { MAX_GTP_EXTENSIONS = 8 };

/* What a tunnel header says of its inside. */
struct inside {
    struct jj_view view;
    uint32_t kind; /* enum jj_link_kind or an ethertype */
    uint32_t id;
};

/* 0 when it is cut: what is left then is too short for an IP header, so nobody has to ask. */
static uint32_t read32(struct jj_view *v)
{
    const uint8_t *p = jj_take(v, 4);
    return p ? jj_load32(p) : 0;
}

/* Enhanced GRE of PPTP, RFC 2637: the key is payload length and call id. */
static int pptp(struct inside *in, uint16_t flags)
{
    if (!(flags & GRE_KEY))
        return JJ_TUNNEL_NONE;
    in->id = read32(&in->view) & 0xffff;
    if (flags & GRE_SEQUENCE)
        read32(&in->view);
    if (flags & GRE_ACK)
        read32(&in->view);
    return JJ_TUNNEL_GRE;
}

/* Type I has no header and no GRE sequence number, type II has 8 bytes. */
static uint32_t erspan2(struct inside *in, uint16_t flags)
{
    if (!(flags & GRE_SEQUENCE))
        return JJ_LINK_ETHERNET;
    const uint8_t *p = jj_take(&in->view, 8);
    return p && p[0] >> 4 == 1 ? JJ_LINK_ETHERNET : JJ_LINK_NOTHING;
}

/* Type III: 12 bytes that say what was mirrored, and 8 more when the last bit is set. */
static uint32_t erspan3(struct inside *in)
{
    enum { FRAME_ETHERNET = 0, FRAME_IP = 2 };
    const uint8_t *p = jj_take(&in->view, 12);
    if (!p || p[0] >> 4 != 2 || ((p[11] & 1) && !jj_take(&in->view, 8)))
        return JJ_LINK_NOTHING;
    unsigned frame = (p[10] >> 2) & 31;
    if (frame == FRAME_IP)
        return JJ_LINK_IP;
    return frame == FRAME_ETHERNET ? JJ_LINK_ETHERNET : JJ_LINK_NOTHING;
}

static int gre(struct inside *in)
{
    const uint8_t *p = jj_take(&in->view, 4);
    if (!p)
        return JJ_TUNNEL_NONE;
    uint16_t flags = jj_load16(p);
    in->kind = jj_load16(p + 2);
    if ((flags & GRE_VERSION) == 1 && in->kind == 0x880b)
        return pptp(in, flags);
    if (flags & (GRE_ROUTING | GRE_VERSION))
        return JJ_TUNNEL_NONE;
    if (flags & GRE_CHECKSUM)
        read32(&in->view);
    if (flags & GRE_KEY)
        in->id = read32(&in->view);
    if (flags & GRE_SEQUENCE)
        read32(&in->view);
    if (in->kind == 0x88be)
        in->kind = erspan2(in, flags);
    else if (in->kind == 0x22eb)
        in->kind = erspan3(in);
    return JJ_TUNNEL_GRE;
}

static int vxlan(struct inside *in)
{
    const uint8_t *p = jj_take(&in->view, 8);
    if (!p || jj_load32(p) != 0x08000000 || p[7] != 0)
        return JJ_TUNNEL_NONE;
    in->id = jj_load32(p + 4) >> 8;
    in->kind = JJ_LINK_ETHERNET;
    return JJ_TUNNEL_VXLAN;
}

static int geneve(struct inside *in)
{
    const uint8_t *p = jj_take(&in->view, 8);
    if (!p || p[0] >> 6 != 0 || (p[1] & 0x3f) || p[7] != 0)
        return JJ_TUNNEL_NONE;
    in->kind = jj_load16(p + 2);
    if (in->kind != 0x6558 && in->kind != JJ_LINK_IPV4 && in->kind != JJ_LINK_IPV6)
        return JJ_TUNNEL_NONE;
    in->id = jj_load32(p + 4) >> 8;
    return jj_take(&in->view, (p[0] & 0x3fu) * 4) ? JJ_TUNNEL_GENEVE : JJ_TUNNEL_NONE;
}

/* Extension headers count their length in words, and their last byte names the next one. */
static bool skip_gtp_extensions(struct jj_view *v, uint8_t next)
{
    for (int i = 0; next && i < MAX_GTP_EXTENSIONS; i++) {
        const uint8_t *p = jj_peek(v, 1);
        uint32_t size = p ? *p * 4u : 0;
        if (!size || !(p = jj_take(v, size)))
            return false;
        next = p[size - 1];
    }
    return next == 0;
}

static int gtpu(struct inside *in, bool fragment)
{
    uint32_t behind = in->view.wire - 8; /* used only when the header is there */
    const uint8_t *p = jj_take(&in->view, 8);
    if (!p || (p[0] & GTP_FIXED) != GTP_V1 || p[1] != GTP_TPDU)
        return JJ_TUNNEL_NONE;
    uint32_t length = jj_load16(p + 2);
    if (length != behind && !(fragment && length > behind))
        return JJ_TUNNEL_NONE;
    in->id = jj_load32(p + 4);
    in->kind = JJ_LINK_IP;
    if (p[0] & GTP_OPTIONAL) {
        const uint8_t *optional = jj_take(&in->view, 4);
        if (!optional)
            return JJ_TUNNEL_NONE;
        if ((p[0] & GTP_EXTENSION) && !skip_gtp_extensions(&in->view, optional[3]))
            return JJ_TUNNEL_NONE;
    }
    return JJ_TUNNEL_GTPU;
}

static int by_port(struct inside *in, bool fragment)
{
    const uint8_t *udp = jj_peek(&in->view, 8);
    if (!udp)
        return JJ_TUNNEL_NONE;
    uint16_t port = jj_load16(udp + 2), length = jj_load16(udp + 4);
    if (port != 4789 && port != 8472 && port != 6081 && port != 2152)
        return JJ_TUNNEL_NONE;
    jj_take(&in->view, 8);
    if (length < 8)
        return JJ_TUNNEL_NONE;
    if (length - 8u < in->view.wire)
        jj_limit(&in->view, length - 8u);
    if (port == 6081)
        return geneve(in);
    return port == 2152 ? gtpu(in, fragment) : vxlan(in);
}

static int inside_of(const struct jj_ip *outer, struct inside *in)
{
    switch (outer->protocol) {
    case 4:
        in->kind = JJ_LINK_IPV4;
        return JJ_TUNNEL_IPIP;
    case 41:
        in->kind = JJ_LINK_IPV6;
        return outer->version == 4 ? JJ_TUNNEL_SIT : JJ_TUNNEL_IPIP;
    case 47:
        return gre(in);
    case 17:
        return by_port(in, outer->flags & JJ_PKT_FRAGMENT);
    default:
        return JJ_TUNNEL_NONE;
    }
}

int jj_tunnel_enter(const struct jj_ip *outer, struct jj_ip *inner, uint32_t *id)
{
    struct inside in = { .view = outer->payload, .kind = JJ_LINK_NOTHING };
    struct jj_link link;
    if (outer->flags & (JJ_PKT_LATER_FRAGMENT | JJ_PKT_L4_CUT))
        return JJ_TUNNEL_NONE;
    int type = inside_of(outer, &in);
    if (type == JJ_TUNNEL_NONE)
        return JJ_TUNNEL_NONE;
    int version = jj_link_walk(&link, &in.view, in.kind);
    if (!version || !jj_ip_parse(inner, in.view, version))
        return JJ_TUNNEL_NONE;
    if (inner->len > in.view.wire && !(outer->flags & JJ_PKT_FRAGMENT))
        return JJ_TUNNEL_NONE;
    *id = in.id;
    return type;
}
