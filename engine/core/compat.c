/* SPDX-License-Identifier: MIT */
#include "engine/core/compat.h"

#define TIMEOUT_INTERVAL 10000
#define MOST_BYTES       65535u /* of a frame that scapy reads */

static uint32_t captured(const struct jj_packet *packet)
{
    return packet->cap_len < MOST_BYTES ? packet->cap_len : MOST_BYTES;
}

/* TSO leaves the length field 0, and JoyfulJay leaves it at that. */
static bool has_no_length(const struct jj_packet *packet)
{
    const uint8_t *ip = packet->data + packet->ip_off;
    return packet->ip_version == 4 && ip[2] == 0 && ip[3] == 0;
}

void jj_compat_packet(struct jj_packet *packet)
{
    bool ports = packet->protocol == 6 || packet->protocol == 17;
    bool later = packet->flags & JJ_PKT_LATER_FRAGMENT;
    if (!ports || later)
        packet->src_port = packet->dst_port = 0;
    bool header = !later && (ports || (packet->protocol == 1 && packet->ip_version == 4));
    uint32_t from = header ? packet->payload_off : packet->ip_payload_off;
    packet->payload_len = captured(packet) > from ? captured(packet) - from : 0;
    if (has_no_length(packet))
        packet->ip_len = 0;
}

void jj_compat_add(struct jj_flows *flows, const struct jj_packet *packets, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        jj_flows_add(flows, &packets[i], 1);
        if (flows->counters.in_flows % TIMEOUT_INTERVAL == 0)
            jj_flows_end_older(flows, packets[i].time - flows->options.idle_timeout, JJ_END_IDLE);
    }
}
