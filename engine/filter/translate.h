/* SPDX-License-Identifier: MIT
 *
 * Classic BPF to eBPF: the kernel runs the language of tcpdump at any hook. The result is the body
 * of a function `int filter(context)` that returns what the classic program returns, and 0 where
 * that reads behind the end of the packet or divides by zero, as in libpcap. Any thread. */
#pragma once
#include "jj/error.h"

#include "engine/filter/classic.h"

struct bpf_insn; /* of <linux/bpf.h> */

/* What the context is, and where its bytes begin: the cgroup hooks see packets from the network
 * header on and want programs compiled for LINKTYPE_RAW. */
enum jj_hook {
    JJ_HOOK_XDP,
    JJ_HOOK_TC_INGRESS,
    JJ_HOOK_TC_EGRESS,
    JJ_HOOK_CGROUP_INGRESS,
    JJ_HOOK_CGROUP_EGRESS,
    JJ_HOOK_SOCKET,
    JJ_HOOKS,
    /* Added to a hook when who loads has no CAP_PERFMON: nothing that the verifier then refuses. */
    JJ_HOOK_NO_PERFMON = 16
};

/* Returns the number of instructions in out[], or a negative number: JJ_EFORMAT for a program that
 * is none, JJ_EUNSUPPORTED for one that the kernel cannot run, -E2BIG when it does not fit. */
int jj_translate(const struct jj_classic *program, enum jj_hook hook, struct bpf_insn *out,
                 unsigned room, struct jj_error *err);
