/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 *
 * The kernel side of the source "xdp": jj_ingress sees frames before the stack does, jj_egress
 * after it. Both only look: every frame goes on its way, whatever happens here. They run with
 * bottom halves off, so the counters of a CPU need no atomics. Compiled twice, see record.bpf.h. */
#include "record.bpf.h"

#define TCX_NEXT (-1) /* for a classic filter the same number means: the next one decides */

FILTER_STUB(filter_ingress, 0x6a6a0000)
FILTER_STUB(filter_egress, 0x6a6a0002)

SEC("xdp.frags")
int jj_ingress(struct xdp_md *xdp)
{
    __u32 zero = 0;
    struct jj_ring_counters *count = bpf_map_lookup_elem(&counters, &zero);
    if (!count)
        return XDP_PASS;
    count->seen++;
    if (!filter_ingress(xdp)) {
        count->filtered++;
        return XDP_PASS;
    }
    void *ring = own_ring(count);
    if (!ring)
        return XDP_PASS;
    __u32 length = bpf_xdp_get_buff_len(xdp);
    struct jj_ring_record head = {
        .time = bpf_ktime_get_tai_ns(),
        .cap_len = min(length, settings.snaplen),
        .wire_len = length,
        .ifindex = xdp->ingress_ifindex,
        .queue = xdp->rx_queue_index,
        .direction = JJ_ABI_IN,
    };
    tally(count, deliver(count, ring, xdp, HOOK_XDP, &head));
    return XDP_PASS;
}

SEC("tc")
int jj_egress(struct __sk_buff *skb)
{
    __u32 zero = 0;
    struct jj_ring_counters *count = bpf_map_lookup_elem(&counters, &zero);
    if (!count)
        return TCX_NEXT;
    count->seen++;
    if (!filter_egress(skb)) {
        count->filtered++;
        return TCX_NEXT;
    }
    record_skb(count, skb, JJ_ABI_OUT);
    return TCX_NEXT;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
