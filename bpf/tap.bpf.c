/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 *
 * The kernel side of the source "tap": the filter of a packet socket. It copies the frame into the
 * rings itself and keeps nothing for the socket, so no socket queue and no second copy exist.
 * Packet sockets are served with bottom halves off: the counters of a CPU need no atomics. Compiled
 * twice, see record.bpf.h. */
#include "record.bpf.h"

#define PACKET_OUTGOING 4
#define KEEP_NOTHING    0

static __always_inline __u32 min(__u32 a, __u32 b)
{
    return a < b ? a : b;
}

FILTER_STUB(filter, 0x6a6a0005)

SEC("socket")
int jj_tap(struct __sk_buff *skb)
{
    __u32 cpu = bpf_get_smp_processor_id(), zero = 0;
    struct jj_ring_counters *count = bpf_map_lookup_elem(&counters, &zero);
    if (!count)
        return KEEP_NOTHING;
    count->seen++;
    if (!filter(skb)) {
        count->filtered++;
        return KEEP_NOTHING;
    }
    void *ring = bpf_map_lookup_elem(&rings, &cpu);
    if (!ring) {
        count->failed++;
        return KEEP_NOTHING;
    }
    __u32 tagged = skb->vlan_present;
    __u32 length = skb->len + (tagged ? TAG : 0);
    struct jj_ring_record head = {
        .time = bpf_ktime_get_tai_ns(),
        .cap_len = min(length, settings.snaplen),
        .wire_len = length,
        .ifindex = skb->ifindex,
        .queue = skb->queue_mapping,
        .direction = skb->pkt_type == PACKET_OUTGOING ? JJ_ABI_OUT : JJ_ABI_IN,
        .vlan_tci = tagged ? skb->vlan_tci : 0,
        .vlan_tpid = tagged ? bpf_ntohs(skb->vlan_proto) : 0,
    };
    tally(count, deliver(count, ring, skb, HOOK_SKB, &head));
    return KEEP_NOTHING;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
