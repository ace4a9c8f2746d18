/* SPDX-License-Identifier: MIT
 *
 * Fuzzes jj_decode. Input: link type (2 bytes), options (bit 0: outer, bit 1: wire_len above
 * cap_len), frame. Aborts when what packet.h and decode.h promise does not hold. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_offsets(const struct jj_packet *p)
{
    require(p->ip_off <= p->ip_payload_off && p->ip_payload_off <= p->l4_off);
    require(p->l4_off <= p->payload_off && p->payload_off <= p->cap_len);
    require(p->captured_payload <= p->payload_len);
    require(p->captured_payload <= p->cap_len - p->payload_off);
    require(p->ip_payload_off - p->ip_off >= (p->ip_version == 4 ? 20 : 40));
    require(p->ip_len >= p->ip_payload_off - p->ip_off);
    require(p->payload_len <= p->ip_len - (p->ip_payload_off - p->ip_off));
    require(p->data[p->ip_off] >> 4 == p->ip_version);
}

static void check_flags(const struct jj_packet *p, bool outer)
{
    bool tunnelled = p->flags & JJ_PKT_TUNNELLED, later = p->flags & JJ_PKT_LATER_FRAGMENT;
    bool complete = p->flags & JJ_PKT_L4, cut = p->flags & JJ_PKT_L4_CUT;
    require(p->ip_version == 4 || p->ip_version == 6);
    require(!(complete && cut));
    require(!later || ((p->flags & JJ_PKT_FRAGMENT) && !complete));
    require(later || !(p->flags & JJ_PKT_PORTS_CACHED));
    require(tunnelled == (p->tunnel.type != JJ_TUNNEL_NONE));
    require(tunnelled == (p->tunnel.depth != 0) && p->tunnel.depth <= 4);
    require(!tunnelled || !outer);
    require(p->protocol == 6 || complete || !(p->seq || p->ack || p->window || p->tcp_flags));
}

/* The decoder never leaves a field as it found it. */
static void check_no_stale_data(const struct jj_packet *a, const struct jj_packet *b)
{
    require(memcmp(a, b, offsetof(struct jj_packet, ordinal)) == 0);
    require(memcmp(&a->wire_len, &b->wire_len,
                   offsetof(struct jj_packet, tunnel) - offsetof(struct jj_packet, wire_len)) == 0);
    require(a->tunnel.type == b->tunnel.type && a->tunnel.depth == b->tunnel.depth);
    require(!a->tunnel.depth || memcmp(&a->tunnel, &b->tunnel, sizeof a->tunnel) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    bool outer = data[2] & 1;
    struct jj_decoder *decoder;
    struct jj_packet first, second;
    struct jj_frame frame = { .data = data + 3, .cap_len = (uint32_t)(size - 3) };
    frame.linktype = (uint16_t)(data[0] << 8 | data[1]);
    frame.wire_len = frame.cap_len + (data[2] & 2 ? 1000 : 0);
    if (jj_decoder_create(&decoder, outer) != 0)
        return 0;
    memset(&first, 0x00, sizeof first);
    memset(&second, 0xff, sizeof second);
    if (jj_decode(decoder, &frame, &first) == JJ_DECODE_OK) {
        require(jj_linktype_supported(frame.linktype));
        check_offsets(&first);
        check_flags(&first, outer);
        require(jj_decode(decoder, &frame, &second) == JJ_DECODE_OK);
        check_no_stale_data(&first, &second);
    }
    jj_decoder_destroy(decoder);
    return 0;
}
