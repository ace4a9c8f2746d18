/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 *
 * The kernel side of the source "tap": the filter of a packet socket. It copies the frame into the
 * rings itself and keeps nothing for the socket, so no socket queue and no second copy exist.
 * Packet sockets are served with bottom halves off: the counters of a CPU need no atomics. Compiled
 * twice, see record.bpf.h. */
#include "record.bpf.h"

#define PACKET_OUTGOING 4
#define KEEP_NOTHING    0

FILTER_STUB(filter, 0x6a6a0005)

SEC("socket")
int jj_tap(struct __sk_buff *skb)
{
    __u32 zero = 0;
    struct jj_ring_counters *count = bpf_map_lookup_elem(&counters, &zero);
    if (!count)
        return KEEP_NOTHING;
    count->seen++;
    if (!filter(skb)) {
        count->filtered++;
        return KEEP_NOTHING;
    }
    record_skb(count, skb, skb->pkt_type == PACKET_OUTGOING ? JJ_ABI_OUT : JJ_ABI_IN);
    return KEEP_NOTHING;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
