/* SPDX-License-Identifier: MIT
 *
 * Layer 4. A header that is cut, or that contradicts the IP length, keeps what can be known: the
 * ports, and the payload length when its length field is there. Such packets count the payload
 * that tshark counts: none when the TCP header length or the UDP length is impossible. */
#include "engine/packet/l4.h"

enum { ICMP = 1, TCP = 6, UDP = 17, DCCP = 33, ICMPV6 = 58, SCTP = 132, UDP_LITE = 136 };

/* The header is complete: `header` bytes of it, behind them `payload` bytes by the headers. */
static inline void complete(struct jj_packet *out, const struct jj_view *v, uint32_t header,
                            uint32_t payload)
{
    uint32_t captured = jj_captured(v) - header;
    out->flags |= JJ_PKT_L4;
    out->payload_off = out->l4_off + header;
    out->payload_len = payload;
    out->captured_payload = captured < payload ? captured : payload;
}

static void cut(struct jj_packet *out, const struct jj_view *v, uint32_t payload)
{
    out->flags |= JJ_PKT_L4_CUT;
    out->payload_off = out->l4_off + jj_captured(v);
    out->payload_len = payload;
    out->captured_payload = 0;
}

static void ports(struct jj_packet *out, const struct jj_view *v)
{
    const uint8_t *p = jj_peek(v, 4);
    if (!p)
        return;
    out->src_port = jj_load16(p);
    out->dst_port = jj_load16(p + 2);
}

/* The snaplen left less than 20 bytes: a field is there or it is zero. */
static void cut_tcp(struct jj_packet *out, const struct jj_view *v)
{
    struct jj_cursor c = v->bytes;
    jj_skip(&c, 4);
    out->seq = jj_be32(&c);
    out->ack = jj_be32(&c);
    uint8_t offset = jj_u8(&c);
    uint32_t header = (offset >> 4) * 4u;
    cut(out, v, header >= 20 && header <= v->wire ? v->wire - header : 0);
    uint8_t flags = jj_u8(&c);
    out->tcp_flags = c.failed ? 0 : (uint16_t)((offset & 1) << 8 | flags);
    out->window = jj_be16(&c);
}

static void tcp(struct jj_packet *out, const struct jj_view *v)
{
    const uint8_t *p = jj_peek(v, 20);
    ports(out, v);
    if (!p) {
        cut_tcp(out, v);
        return;
    }
    out->seq = jj_load32(p + 4);
    out->ack = jj_load32(p + 8);
    out->tcp_flags = jj_load16(p + 12) & 0x1ff;
    out->window = jj_load16(p + 14);
    uint32_t header = (p[12] >> 4) * 4u;
    if (header < 20 || header > v->wire)
        cut(out, v, 0);
    else if (header > jj_captured(v))
        cut(out, v, v->wire - header);
    else
        complete(out, v, header, v->wire - header);
}

/* A length of 0 stands for more than the field holds (RFC 2675, segmentation offload), and is
 * nonsense in a packet that would have had room for it. */
static void udp(struct jj_packet *out, const struct jj_view *v)
{
    const uint8_t *p = jj_peek(v, 8);
    ports(out, v);
    const uint8_t *field = jj_peek(v, 6);
    uint32_t length = field ? jj_load16(field + 4) : v->wire;
    if (length == 0 && v->wire > UINT16_MAX)
        length = v->wire;
    if (length > v->wire)
        length = v->wire;
    if (length < 8 || !p)
        cut(out, v, length < 8 ? 0 : length - 8);
    else
        complete(out, v, 8, length - 8);
}

/* Headers of a known size with nothing in them that we keep. */
static void fixed(struct jj_packet *out, const struct jj_view *v, uint32_t header)
{
    if (header <= jj_captured(v))
        complete(out, v, header, v->wire - header);
    else
        cut(out, v, v->wire > header ? v->wire - header : 0);
}

static void dccp(struct jj_packet *out, const struct jj_view *v)
{
    const uint8_t *p = jj_peek(v, 12);
    uint32_t header = p ? p[4] * 4u : 0;
    ports(out, v);
    if (header < 12 || header > v->wire)
        cut(out, v, 0);
    else
        fixed(out, v, header);
}

/* Timestamp and address mask messages have longer headers, RFC 792 and 950. */
static void icmp(struct jj_packet *out, const struct jj_view *v)
{
    const uint8_t *p = jj_peek(v, 1);
    uint32_t header = 8;
    out->icmp_type = p ? p[0] : 0;
    if ((p = jj_peek(v, 2)))
        out->icmp_code = p[1];
    if (out->protocol == ICMP && (out->icmp_type == 13 || out->icmp_type == 14))
        header = 20;
    else if (out->protocol == ICMP && (out->icmp_type == 17 || out->icmp_type == 18))
        header = 12;
    fixed(out, v, header);
}

static void opaque(struct jj_packet *out, const struct jj_view *v)
{
    out->payload_off = out->l4_off;
    out->payload_len = v->wire;
    out->captured_payload = jj_captured(v);
}

static void clear(struct jj_packet *out)
{
    out->src_port = out->dst_port = 0;
    out->seq = out->ack = 0;
    out->window = out->tcp_flags = 0;
    out->icmp_type = out->icmp_code = 0;
}

void jj_l4_decode(struct jj_packet *out, const struct jj_ip *ip)
{
    const struct jj_view *v = &ip->payload;
    out->l4_off = (uint32_t)(v->bytes.at - out->data);
    clear(out);
    if (ip->flags & (JJ_PKT_LATER_FRAGMENT | JJ_PKT_L4_CUT)) {
        opaque(out, v);
        return;
    }
    switch (ip->protocol) {
    case TCP:
        tcp(out, v);
        break;
    case UDP:
        udp(out, v);
        break;
    case UDP_LITE:
        ports(out, v);
        fixed(out, v, 8);
        break;
    case SCTP:
        ports(out, v);
        fixed(out, v, 12);
        break;
    case DCCP:
        dccp(out, v);
        break;
    case ICMP:
    case ICMPV6:
        icmp(out, v);
        break;
    default:
        opaque(out, v);
    }
}
