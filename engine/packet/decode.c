/* SPDX-License-Identifier: MIT
 *
 * The order of decoding: link, outer IP, then tunnels as long as they hold well-formed IP packets,
 * then everything that *out needs is read from the IP header that was chosen. Nothing of *out is
 * written before that, but the tunnel, so no layer has to be undone. */
#include "engine/packet/decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet/frag.h"
#include "engine/packet/ip.h"
#include "engine/packet/l4.h"
#include "engine/packet/link.h"
#include "engine/packet/tunnel.h"

enum { MAX_TUNNELS = 4 };

struct jj_decoder {
    struct jj_frag_cache *fragments;
    uint32_t start; /* of `linktype`: looked up when it changes */
    uint16_t linktype;
    bool outer;
};

int jj_decoder_create(struct jj_decoder **out, bool outer)
{
    struct jj_decoder *d = calloc(1, sizeof *d);
    *out = NULL;
    if (!d)
        return -ENOMEM;
    d->outer = outer;
    d->start = jj_link_start(d->linktype);
    d->fragments = jj_frag_create();
    if (!d->fragments) {
        free(d);
        return -ENOMEM;
    }
    *out = d;
    return 0;
}

void jj_decoder_destroy(struct jj_decoder *decoder)
{
    if (!decoder)
        return;
    jj_frag_destroy(decoder->fragments);
    free(decoder);
}

static uint32_t start_of(struct jj_decoder *d, uint16_t linktype)
{
    if (d->linktype != linktype) {
        d->linktype = linktype;
        d->start = jj_link_start(linktype);
    }
    return d->start;
}

/* IPv4 stands in the first four bytes of a field of 16. */
static void copy_addresses(uint8_t *src, uint8_t *dst, const struct jj_ip *ip)
{
    if (ip->version == 6) {
        memcpy(src, ip->header + 8, 16);
        memcpy(dst, ip->header + 24, 16);
        return;
    }
    memset(src, 0, 16);
    memset(dst, 0, 16);
    memcpy(src, ip->header + 12, 4);
    memcpy(dst, ip->header + 16, 4);
}

/* A handful of compares for the packet that is no tunnel, which is nearly every one. */
static bool may_tunnel(const struct jj_ip *ip)
{
    return ip->protocol == 17 || ip->protocol == 4 || ip->protocol == 41 || ip->protocol == 47;
}

/* Replaces *ip by the innermost packet; the outermost tunnel is the one that is told. */
static void enter_tunnels(struct jj_ip *ip, struct jj_tunnel *tunnel)
{
    struct jj_ip inner;
    uint32_t id;
    while (tunnel->depth < MAX_TUNNELS && may_tunnel(ip)) {
        int type = jj_tunnel_enter(ip, &inner, &id);
        if (type == JJ_TUNNEL_NONE)
            return;
        if (tunnel->depth++ == 0) {
            tunnel->type = (uint8_t)type;
            tunnel->id = id;
            tunnel->ip_version = ip->version;
            tunnel->reserved = 0;
            copy_addresses(tunnel->src, tunnel->dst, ip);
        }
        *ip = inner;
    }
}

static void fill_frame(struct jj_packet *out, const struct jj_frame *frame,
                       const struct jj_link *link)
{
    out->time = frame->time;
    out->data = frame->data;
    out->wire_len = frame->wire_len;
    out->cap_len = frame->cap_len;
    out->interface = frame->interface;
    out->direction = frame->direction;
    out->vlan[0] = link->vlan[0];
    out->vlan[1] = link->vlan[1];
    out->flags = link->flags;
    memset(out->reserved, 0, sizeof out->reserved);
    if (frame->cap_len < frame->wire_len)
        out->flags |= JJ_PKT_TRUNCATED;
    if (frame->linktype == 1 && jj_load16(frame->data + 12) > 1500)
        out->flags |= JJ_PKT_MAC;
    if (out->tunnel.depth)
        out->flags |= JJ_PKT_TUNNELLED;
}

static void fill_ip(struct jj_packet *out, const struct jj_ip *ip)
{
    const uint8_t *p = ip->header;
    copy_addresses(out->src, out->dst, ip);
    out->ip_off = (uint32_t)(p - out->data);
    out->ip_payload_off = out->ip_off + ip->fixed_len;
    out->ip_len = ip->len;
    out->ip_version = ip->version;
    out->protocol = ip->protocol;
    out->flags |= ip->flags;
    bool v4 = ip->version == 4;
    out->ttl = v4 ? p[8] : p[7];
    out->tos = v4 ? p[1] : (uint8_t)(jj_load16(p) >> 4);
    out->ip_id = v4 ? jj_load16(p + 4) : 0;
    out->ip_frag = v4 ? jj_load16(p + 6) : 0;
}

enum jj_decode_result jj_decode(struct jj_decoder *decoder, const struct jj_frame *frame,
                                struct jj_packet *out)
{
    struct jj_view view = {
        .bytes = jj_cursor(frame->data, frame->cap_len),
        .wire = frame->wire_len > frame->cap_len ? frame->wire_len : frame->cap_len,
    };
    struct jj_link link;
    struct jj_ip ip;
    int version = jj_link_walk(&link, &view, start_of(decoder, frame->linktype));
    if (!version)
        return JJ_DECODE_NOT_IP;
    if (!jj_ip_parse(&ip, view, version))
        return JJ_DECODE_MALFORMED;
    out->tunnel.type = JJ_TUNNEL_NONE;
    out->tunnel.depth = 0;
    if (!decoder->outer)
        enter_tunnels(&ip, &out->tunnel);
    fill_frame(out, frame, &link);
    fill_ip(out, &ip);
    jj_l4_decode(out, &ip);
    if (ip.flags & JJ_PKT_FRAGMENT)
        jj_frag_apply(decoder->fragments, out, ip.frag_id);
    return JJ_DECODE_OK;
}
