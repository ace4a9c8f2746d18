/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 *
 * bench/gen_live: sends each test frame out of a device, with the next of `flows` source ports. */
/* clang-format off */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "abi.h"
/* clang-format on */

#define SOURCE_PORT (14 + 20) /* behind Ethernet and an IPv4 header without options */
#define FIRST_PORT  1024

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} sent SEC(".maps");

const volatile struct jj_gen_settings gen SEC(".rodata.settings") = { .flows = 1 };

SEC("xdp")
int jj_gen(struct xdp_md *xdp)
{
    __u32 zero = 0;
    __u64 *number = bpf_map_lookup_elem(&sent, &zero);
    __u8 *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
    if (!number || data + SOURCE_PORT + 2 > end || !gen.flows)
        return XDP_ABORTED;
    *(__be16 *)(data + SOURCE_PORT) = bpf_htons(FIRST_PORT + (*number)++ % gen.flows);
    return bpf_redirect(gen.ifindex, 0);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
