/* SPDX-License-Identifier: MIT
 *
 * The smallest programs that call a filter; what they return says what it said. */
/* clang-format off */
#include "bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>
/* clang-format on */

#define MATCHED   1
#define UNMATCHED 2

#define STUB(name, value)                                            \
    static __attribute__((noinline)) int name(void *context)         \
    {                                                                \
        int verdict;                                                 \
        asm volatile("%0 = " #value : "=r"(verdict) : "r"(context)); \
        return verdict;                                              \
    }
STUB(filter_xdp, 0x6a6a0000)
STUB(filter_tc, 0x6a6a0002)
STUB(filter_socket, 0x6a6a0005)

static __attribute__((noinline)) int other(void *context)
{
    int one;
    asm volatile("%0 = 1" : "=r"(one) : "r"(context));
    return one;
}

SEC("xdp.frags")
int on_xdp(struct xdp_md *xdp)
{
    return other(xdp) && filter_xdp(xdp) ? MATCHED : UNMATCHED;
}

SEC("tc")
int on_tc(struct __sk_buff *skb)
{
    return filter_tc(skb) ? MATCHED : UNMATCHED;
}

SEC("socket")
int on_socket(struct __sk_buff *skb)
{
    return filter_socket(skb) ? MATCHED : UNMATCHED;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
