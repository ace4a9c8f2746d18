/* SPDX-License-Identifier: MIT */
#include "engine/flow/tcp.h"

/* A window is announced before scaling; 8 is a scale that few exceed, and the bound is only there
 * to keep blind resets out. */
#define ASSUMED_SCALE 8
#define LEAST_WINDOW  0x10000

static int32_t distance(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

bool jj_tcp_opens_anew(const struct jj_flow *flow, const struct jj_packet *packet, unsigned side)
{
    const struct jj_tcp_side *own = &flow->tcp[side], *other = &flow->tcp[side ^ 1];
    if (!(packet->tcp_flags & JJ_TCP_SYN))
        return false;
    if (own->seen & JJ_SEEN_SYN) {
        bool answers = packet->tcp_flags & JJ_TCP_ACK;
        return packet->seq != own->isn && (!answers || flow->end_reason != JJ_END_NONE);
    }
    if (packet->tcp_flags & JJ_TCP_ACK)
        return flow->end_reason != JJ_END_NONE;
    /* A first SYN of this side belongs only to a simultaneous open. */
    return (own->seen & JJ_SEEN_ANY) || !(other->seen & JJ_SEEN_SYN);
}

static void see_sequence(struct jj_tcp_side *own, const struct jj_packet *packet)
{
    uint32_t length = packet->payload_len;
    length += (packet->tcp_flags & JJ_TCP_SYN) != 0;
    length += (packet->tcp_flags & JJ_TCP_FIN) != 0;
    uint32_t next = packet->seq + length;
    if (!(own->seen & JJ_SEEN_ANY) || distance(next, own->next) > 0)
        own->next = next;
    own->seen |= JJ_SEEN_ANY;
    own->window = packet->window;
    if (packet->tcp_flags & JJ_TCP_SYN) {
        own->isn = packet->seq;
        own->seen |= JJ_SEEN_SYN;
    }
    if (packet->tcp_flags & JJ_TCP_FIN) {
        own->fin = next;
        own->seen |= JJ_SEEN_FIN;
    }
}

static void see_acknowledgement(struct jj_tcp_side *other, const struct jj_packet *packet)
{
    /* An answer to a SYN that was not seen, or is seen later, tells that SYN's number. */
    if (packet->tcp_flags & JJ_TCP_SYN && !(other->seen & JJ_SEEN_ANY)) {
        other->isn = packet->ack - 1;
        other->next = packet->ack;
        other->seen |= JJ_SEEN_ANY | JJ_SEEN_SYN;
    }
    if (other->seen & JJ_SEEN_FIN && distance(packet->ack, other->fin) >= 0)
        other->seen |= JJ_SEEN_FIN_ACKED;
}

/* A reset counts when its number is one that the receiver could accept; the answer to a bare SYN
 * has none of its own and is known by what it acknowledges. */
static bool reset_fits(const struct jj_tcp_side *own, const struct jj_tcp_side *other,
                       const struct jj_packet *packet)
{
    if (!(own->seen & JJ_SEEN_ANY))
        return !(packet->tcp_flags & JJ_TCP_ACK) || !(other->seen & JJ_SEEN_ANY) ||
               distance(packet->ack, other->next) <= 0;
    int64_t window = (int64_t)other->window << ASSUMED_SCALE;
    if (window < LEAST_WINDOW)
        window = LEAST_WINDOW;
    int64_t off = distance(packet->seq, own->next);
    return off >= -window && off <= window;
}

enum jj_end_reason jj_tcp_follow(struct jj_flow *flow, const struct jj_packet *packet,
                                 unsigned side)
{
    struct jj_tcp_side *own = &flow->tcp[side], *other = &flow->tcp[side ^ 1];
    if (packet->tcp_flags & JJ_TCP_RST)
        return reset_fits(own, other, packet) ? JJ_END_RST : JJ_END_NONE;
    see_sequence(own, packet);
    if (packet->tcp_flags & JJ_TCP_ACK)
        see_acknowledgement(other, packet);
    bool both = (own->seen & JJ_SEEN_FIN_ACKED) && (other->seen & JJ_SEEN_FIN_ACKED);
    return both ? JJ_END_FIN : JJ_END_NONE;
}
