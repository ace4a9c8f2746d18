/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 *
 * What kernel side and user side share: the record in the rings, the counters and the settings. */
#pragma once

#ifndef __VMLINUX_H__
#    include <linux/types.h>
#endif

#define JJ_ABI_MAX_CPUS 256
#define JJ_WANT_STRIDE  8 /* __u64 words between two rings' want words: a cache line each */

enum { JJ_ABI_IN = 1, JJ_ABI_OUT = 2 };

/* Stands before the frame's bytes. */
struct jj_ring_record {
    __u64 time;    /* CLOCK_TAI, ns */
    __u32 cap_len; /* bytes that follow */
    __u32 wire_len;
    __u32 ifindex;
    __u16 queue;
    __u8 direction; /* JJ_ABI_IN, JJ_ABI_OUT */
    __u8 flags;
    __u16 vlan_tci;  /* of a tag that the kernel had taken off, when vlan_tpid is not 0; the tag */
    __u16 vlan_tpid; /* is back in the frame's bytes */
    __u32 reserved;
    __u64 cookie_dst; /* socket cookies of receiver and sender; 0 = unknown */
    __u64 cookie_src;
};
_Static_assert(sizeof(struct jj_ring_record) == 48, "both sides agree on the record");

/* seen = filtered + sent + full + failed */
struct jj_ring_counters {
    __u64 seen;
    __u64 filtered;
    __u64 sent;
    __u64 full;
    __u64 failed;
    __u64 woke;
};

/* Written before the programs are loaded, constant afterwards: the map ".rodata.settings". */
struct jj_ring_settings {
    __u32 snaplen;
};

/* Likewise, of the frame generator. */
struct jj_gen_settings {
    __u32 ifindex;
    __u32 flows;
};
