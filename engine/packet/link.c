/* SPDX-License-Identifier: MIT
 *
 * One function per link header: it takes its header off the view and says what comes next. The
 * walk is a bounded loop, so nested headers cost neither stack nor unbounded time. */
#include "engine/packet/link.h"

#include "jj/packet.h"

enum { MAX_STEPS = 16, MAX_TAGS = 4, MAX_LABELS = 16 };
enum { MAX_802_3_LENGTH = 1500 }; /* above it the field is an ethertype */

static uint32_t length_form(struct jj_link *link, struct jj_view *v, uint16_t length)
{
    link->flags |= JJ_PKT_802_3;
    if (length < v->wire)
        jj_limit(v, length);
    return JJ_LINK_LLC;
}

static uint32_t ethernet(struct jj_link *link, struct jj_view *v)
{
    const uint8_t *p = jj_take(v, 14);
    if (!p)
        return JJ_LINK_NOTHING;
    uint16_t type = jj_load16(p + 12);
    return type > MAX_802_3_LENGTH ? type : length_form(link, v, type);
}

static uint32_t vlan(struct jj_link *link, struct jj_view *v)
{
    const uint8_t *p = jj_take(v, 4);
    if (!p || link->tags == MAX_TAGS)
        return JJ_LINK_NOTHING;
    if (link->tags < 2)
        link->vlan[link->tags] = jj_load16(p) & 0xfff;
    link->tags++;
    uint16_t type = jj_load16(p + 2);
    return type > MAX_802_3_LENGTH ? type : length_form(link, v, type);
}

/* SNAP with an ethertype (OUI 0, or 00-00-f8 of IEEE 802.1H bridges), or IP's own LSAP 6. */
static uint32_t llc(struct jj_view *v)
{
    const uint8_t *p = jj_take(v, 3);
    if (!p || p[2] != 3)
        return JJ_LINK_NOTHING;
    if (p[0] == 0x06 && p[1] == 0x06)
        return JJ_LINK_IPV4;
    if (p[0] != 0xaa || p[1] != 0xaa)
        return JJ_LINK_NOTHING;
    p = jj_take(v, 5);
    if (!p || p[0] || p[1] || (p[2] != 0 && p[2] != 0xf8))
        return JJ_LINK_NOTHING;
    return jj_load16(p + 3);
}

static bool frame_follows(const struct jj_view *v, uint32_t skip)
{
    const uint8_t *p = jj_peek(v, skip + 14);
    if (!p)
        return false;
    uint16_t type = jj_load16(p + skip + 12);
    return type == JJ_LINK_IPV4 || type == JJ_LINK_IPV6 || type == 0x8100 || type == 0x88a8;
}

/* A label stack does not say what it carries; the first nibble does for IP, and 0 is a pseudowire
 * control word (RFC 4385), which may also be left out. */
static uint32_t mpls_payload(struct jj_view *v)
{
    const uint8_t *p = jj_peek(v, 1);
    if (!p)
        return JJ_LINK_NOTHING;
    if (*p >> 4 == 4)
        return JJ_LINK_IPV4;
    if (*p >> 4 == 6)
        return JJ_LINK_IPV6;
    if (*p >> 4 == 0 && frame_follows(v, 4)) {
        jj_take(v, 4);
        return JJ_LINK_ETHERNET;
    }
    return frame_follows(v, 0) ? JJ_LINK_ETHERNET : JJ_LINK_NOTHING;
}

static uint32_t mpls(struct jj_link *link, struct jj_view *v)
{
    link->flags |= JJ_PKT_REWRAPPED;
    for (int i = 0; i < MAX_LABELS; i++) {
        const uint8_t *label = jj_take(v, 4);
        if (!label)
            return JJ_LINK_NOTHING;
        if (label[2] & 1)
            return mpls_payload(v);
    }
    return JJ_LINK_NOTHING;
}

static uint32_t pppoe(struct jj_link *link, struct jj_view *v)
{
    const uint8_t *p = jj_take(v, 6);
    if (!p || p[0] != 0x11 || p[1] != 0)
        return JJ_LINK_NOTHING;
    link->flags |= JJ_PKT_REWRAPPED;
    uint16_t length = jj_load16(p + 4);
    if (length < v->wire)
        jj_limit(v, length);
    return JJ_LINK_PPP;
}

/* Address and control (ff 03) and the protocol's first byte may be compressed away, RFC 1661. */
static uint32_t ppp(struct jj_link *link, struct jj_view *v)
{
    const uint8_t *p = jj_peek(v, 2);
    link->flags |= JJ_PKT_REWRAPPED;
    if (p && p[0] == 0xff && p[1] == 0x03)
        jj_take(v, 2);
    p = jj_take(v, 1);
    if (!p)
        return JJ_LINK_NOTHING;
    uint16_t protocol = *p;
    if (!(protocol & 1)) {
        p = jj_take(v, 1);
        protocol = p ? (uint16_t)(protocol << 8 | *p) : 0;
    }
    switch (protocol) {
    case 0x0021:
        return JJ_LINK_IPV4;
    case 0x0057:
        return JJ_LINK_IPV6;
    case 0x0281:
        return 0x8847;
    default:
        return JJ_LINK_NOTHING;
    }
}

/* Cisco HDLC (0f or 8f) and PPP, with or without framing (ff 03), share their link types: routers
 * export both as either. */
static uint32_t hdlc(struct jj_view *v)
{
    const uint8_t *p = jj_peek(v, 4);
    if (!p)
        return JJ_LINK_NOTHING;
    if (p[0] != 0x0f && p[0] != 0x8f)
        return JJ_LINK_PPP;
    jj_take(v, 4);
    return jj_load16(p + 2);
}

/* Address family of the capturing system, in its byte order: 2 is IPv4 everywhere, IPv6 is 10 on
 * Linux, 23 on Windows, 24 on NetBSD, OpenBSD and BSD/OS, 28 on FreeBSD, 30 on macOS. */
static uint32_t loopback(struct jj_view *v)
{
    const uint8_t *p = jj_take(v, 4);
    if (!p)
        return JJ_LINK_NOTHING;
    uint32_t family = jj_load32(p);
    switch (family & 0xffff ? family : __builtin_bswap32(family)) {
    case 2:
        return JJ_LINK_IPV4;
    case 10:
    case 23:
    case 24:
    case 28:
    case 30:
        return JJ_LINK_IPV6;
    default:
        return JJ_LINK_NOTHING;
    }
}

/* Linux cooked: an ethertype, or below 1536 a kernel number of which only 802.2 (4) carries IP. */
static uint32_t cooked(struct jj_view *v, uint32_t size, uint32_t type_off)
{
    const uint8_t *p = jj_take(v, size);
    if (!p)
        return JJ_LINK_NOTHING;
    uint16_t type = jj_load16(p + type_off);
    return type == 4 ? JJ_LINK_LLC : type;
}

static uint32_t by_nibble(const struct jj_view *v)
{
    const uint8_t *p = jj_peek(v, 1);
    return p && *p >> 4 == 6 ? JJ_LINK_IPV6 : JJ_LINK_IPV4;
}

int jj_link_walk(struct jj_link *link, struct jj_view *view, uint32_t kind)
{
    *link = (struct jj_link){ .vlan = { JJ_NO_VLAN, JJ_NO_VLAN } };
    for (int step = 0; step < MAX_STEPS; step++) {
        switch (kind) {
        case JJ_LINK_IPV4:
            return 4;
        case JJ_LINK_IPV6:
            return 6;
        case JJ_LINK_ETHERNET:
        case 0x6558: /* Transparent Ethernet Bridging */
            kind = ethernet(link, view);
            break;
        case 0x8100:
        case 0x88a8:
        case 0x9100:
            kind = vlan(link, view);
            break;
        case JJ_LINK_LLC:
        case 0x8870: /* LLC in a jumbo frame */
            kind = llc(view);
            break;
        case 0x8847:
        case 0x8848:
            kind = mpls(link, view);
            break;
        case JJ_LINK_PPPOE:
        case 0x8864:
            kind = pppoe(link, view);
            break;
        case JJ_LINK_PPP:
        case 0x880b:
            kind = ppp(link, view);
            break;
        case JJ_LINK_HDLC:
            kind = hdlc(view);
            break;
        case JJ_LINK_LOOPBACK:
            kind = loopback(view);
            break;
        case JJ_LINK_SLL:
            kind = cooked(view, 16, 14);
            break;
        case JJ_LINK_SLL2:
            kind = cooked(view, 20, 0);
            break;
        case JJ_LINK_IP:
            kind = by_nibble(view);
            break;
        default:
            return 0;
        }
    }
    return 0;
}
