/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 *
 * How a hook gets a frame to user space: into the ring of the CPU it runs on. Ordinary frames take
 * a record of the next larger size class. Jumbo frames and GSO packets would waste too much of the
 * ring so: compiled with JJ_EXACT their records have the exact length, which costs 70 ns more and
 * asks for Linux 6.16; without it there are classes for them too. */
#pragma once
/* clang-format off */
#include "vmlinux.h" /* the types stand before those who use them */
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "abi.h"
/* clang-format on */

#define MAC_PAIR   12 /* both addresses: a VLAN tag stands behind them */
#define TAG        4
#define ETH_HEADER 14
#define LARGEST    (65536 + 256) /* a GSO packet of the usual limit, and headers */

struct ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 16); /* a pattern for the verifier; the loader makes the real ones */
};

/* By CPU. A CPU without a ring came online after the start: its frames count as failed. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, JJ_ABI_MAX_CPUS);
    __uint(key_size, 4);
    __array(values, struct ring);
} rings SEC(".maps");

/* A word a CPU: not 0 when the reader sleeps and wants to be woken by the next record. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, JJ_ABI_MAX_CPUS *JJ_WANT_STRIDE);
    __type(key, __u32);
    __type(value, __u64);
} want SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct jj_ring_counters);
} counters SEC(".maps");

const volatile struct jj_ring_settings settings SEC(".rodata.settings") = { .snaplen = 262144 };

/* The user's filter: accepts everything, unless the loader puts a compiled expression in its place,
 * which it finds by `value` (engine/filter/splice.h). A program must call it as its only function
 * that is not inlined. */
#define FILTER_STUB(name, value)                                     \
    static __attribute__((noinline)) int name(void *context)         \
    {                                                                \
        int verdict;                                                 \
        asm volatile("%0 = " #value : "=r"(verdict) : "r"(context)); \
        return verdict;                                              \
    }

enum outcome { SENT, FULL, FAILED };

/* Without branches: clang would join them into an add of a variable offset to the pointer, which
 * the verifier allows only to CAP_PERFMON. */
static __always_inline void tally(struct jj_ring_counters *count, enum outcome outcome)
{
    count->sent += outcome == SENT;
    count->full += outcome == FULL;
    count->failed += outcome == FAILED;
}

/* The record must be committed with these flags: waking costs microseconds, so it is done only
 * for a reader that asked. */
static __always_inline __u64 submit_flags(struct jj_ring_counters *count)
{
    __u32 slot = bpf_get_smp_processor_id() * JJ_WANT_STRIDE;
    volatile __u64 *word = bpf_map_lookup_elem(&want, &slot);
    if (!word || !*word)
        return BPF_RB_NO_WAKEUP;
    *word = 0;
    count->woke++;
    return BPF_RB_FORCE_WAKEUP;
}

enum hook { HOOK_XDP, HOOK_SKB };

/* `size` is at most `room`, a constant; testing it again is for the verifier. */
static __always_inline long load(void *context, enum hook hook, __u32 offset, __u8 *to, __u32 size,
                                 __u32 room)
{
    barrier_var(size); /* else clang forgets the bound tested below */
    if (size - 1 >= room)
        return -1;
    return hook == HOOK_XDP ? bpf_xdp_load_bytes(context, offset, to, size)
                            : bpf_skb_load_bytes(context, offset, to, size);
}

static __always_inline long load_tagged(void *context, const struct jj_ring_record *head, __u8 *to,
                                        __u32 room)
{
    __be16 tag[2] = { bpf_htons(head->vlan_tpid), bpf_htons(head->vlan_tci) };
    __u32 size = head->cap_len < ETH_HEADER + TAG ? ETH_HEADER + TAG : head->cap_len;
    if (bpf_skb_load_bytes(context, 0, to, MAC_PAIR))
        return -1;
    __builtin_memcpy(to + MAC_PAIR, tag, TAG);
    return load(context, HOOK_SKB, MAC_PAIR, to + MAC_PAIR + TAG, size - MAC_PAIR - TAG,
                room - MAC_PAIR - TAG);
}

static __always_inline enum outcome record_class(struct jj_ring_counters *count, void *ring,
                                                 void *context, enum hook hook,
                                                 const struct jj_ring_record *head, __u32 room)
{
    struct jj_ring_record *record = bpf_ringbuf_reserve(ring, sizeof *record + room, 0);
    if (!record)
        return FULL;
    *record = *head;
    __u8 *bytes = (__u8 *)(record + 1);
    long failed = hook == HOOK_SKB && head->vlan_tpid
                      ? load_tagged(context, head, bytes, room)
                      : load(context, hook, 0, bytes, head->cap_len, room);
    if (failed) {
        bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
        return FAILED;
    }
    bpf_ringbuf_submit(record, submit_flags(count));
    return SENT;
}

#ifdef JJ_EXACT

extern int bpf_dynptr_from_xdp(struct xdp_md *xdp, __u64 flags, struct bpf_dynptr *out) __ksym;
extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *out) __ksym;
extern int bpf_dynptr_copy(struct bpf_dynptr *to, __u32 to_offset, struct bpf_dynptr *from,
                           __u32 from_offset, __u32 size) __ksym;

/* Bytes of the frame behind the record's header, with the tag put back where it was. */
static __always_inline int copy_exact(struct bpf_dynptr *to, struct bpf_dynptr *from,
                                      const struct jj_ring_record *head, __u32 room)
{
    __u32 at = sizeof *head;
    if (!head->vlan_tpid)
        return bpf_dynptr_copy(to, at, from, 0, room);
    __be16 tag[2] = { bpf_htons(head->vlan_tpid), bpf_htons(head->vlan_tci) };
    return bpf_dynptr_copy(to, at, from, 0, MAC_PAIR) ||
           bpf_dynptr_write(to, at + MAC_PAIR, tag, TAG, 0) ||
           bpf_dynptr_copy(to, at + MAC_PAIR + TAG, from, MAC_PAIR, room - MAC_PAIR - TAG);
}

static __always_inline enum outcome record_exact(struct jj_ring_counters *count, void *ring,
                                                 void *context, enum hook hook,
                                                 const struct jj_ring_record *head)
{
    __u32 room = head->cap_len;
    struct bpf_dynptr from, to;
    if (hook == HOOK_XDP)
        bpf_dynptr_from_xdp(context, 0, &from);
    else
        bpf_dynptr_from_skb(context, 0, &from);
    if (bpf_ringbuf_reserve_dynptr(ring, sizeof *head + room, 0, &to)) {
        bpf_ringbuf_discard_dynptr(&to, BPF_RB_NO_WAKEUP);
        return FULL;
    }
    struct jj_ring_record *record = bpf_dynptr_data(&to, 0, sizeof *record);
    if (record)
        *record = *head;
    if (!record || copy_exact(&to, &from, head, room)) {
        bpf_ringbuf_discard_dynptr(&to, BPF_RB_NO_WAKEUP);
        return FAILED;
    }
    bpf_ringbuf_submit_dynptr(&to, submit_flags(count));
    return SENT;
}

#endif

/* Gets the frame of `context` into the ring, with `head` before it. */
static __always_inline enum outcome deliver(struct jj_ring_counters *count, void *ring,
                                            void *context, enum hook hook,
                                            struct jj_ring_record *head)
{
#define CLASS(room)              \
    if (head->cap_len <= (room)) \
        return record_class(count, ring, context, hook, head, room);
    CLASS(64)
    CLASS(128)
    CLASS(192)
    CLASS(256)
    CLASS(384)
    CLASS(512)
    CLASS(768)
    CLASS(1024)
    CLASS(1280)
    CLASS(1536)
#ifdef JJ_EXACT
    return record_exact(count, ring, context, hook, head);
#else
    CLASS(2048)
    CLASS(4096)
    CLASS(9216)
    if (head->cap_len > LARGEST)
        head->cap_len = LARGEST;
    return record_class(count, ring, context, hook, head, LARGEST);
#endif
#undef CLASS
}

static __always_inline __u32 min(__u32 a, __u32 b)
{
    return a < b ? a : b;
}

/* The ring of this CPU; without one the frame counts as failed. */
static __always_inline void *own_ring(struct jj_ring_counters *count)
{
    __u32 cpu = bpf_get_smp_processor_id();
    void *ring = bpf_map_lookup_elem(&rings, &cpu);
    if (!ring)
        count->failed++;
    return ring;
}

/* A frame that passed the filter, at the hooks that have an skb. */
static __always_inline void record_skb(struct jj_ring_counters *count, struct __sk_buff *skb,
                                       __u8 direction)
{
    void *ring = own_ring(count);
    if (!ring)
        return;
    __u32 tagged = skb->vlan_present;
    __u32 length = skb->len + (tagged ? TAG : 0);
    struct jj_ring_record head = {
        .time = bpf_ktime_get_tai_ns(),
        .cap_len = min(length, settings.snaplen),
        .wire_len = length,
        .ifindex = skb->ifindex,
        .queue = skb->queue_mapping,
        .direction = direction,
        .vlan_tci = tagged ? skb->vlan_tci : 0,
        .vlan_tpid = tagged ? bpf_ntohs(skb->vlan_proto) : 0,
    };
    tally(count, deliver(count, ring, skb, HOOK_SKB, &head));
}
