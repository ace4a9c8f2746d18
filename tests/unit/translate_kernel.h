/* SPDX-License-Identifier: MIT
 *
 * Runs a translated filter in the kernel through BPF_PROG_TEST_RUN. At tc, code before it puts a
 * VLAN tag beside the packet where the test asks for one, as a network card does that takes tags
 * off. That filters work as functions, which is how they are used, the test of splice.c shows. */
#pragma once
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/filter/translate.h"

#ifndef BPF_F_XDP_HAS_FRAGS
#    define BPF_F_XDP_HAS_FRAGS (1u << 5)
#endif
#define ROOM 65000

static char verifier_log[1 << 20];

static const enum bpf_prog_type program_types[JJ_HOOKS] = {
    [JJ_HOOK_XDP] = BPF_PROG_TYPE_XDP,
    [JJ_HOOK_TC_INGRESS] = BPF_PROG_TYPE_SCHED_CLS,
    [JJ_HOOK_TC_EGRESS] = BPF_PROG_TYPE_SCHED_CLS,
    [JJ_HOOK_CGROUP_INGRESS] = BPF_PROG_TYPE_CGROUP_SKB,
    [JJ_HOOK_CGROUP_EGRESS] = BPF_PROG_TYPE_CGROUP_SKB,
    [JJ_HOOK_SOCKET] = BPF_PROG_TYPE_SOCKET_FILTER,
};

/* The tag comes as mark (tci) and priority (tpid, as in the packet). */
static const struct bpf_insn push_tag[] = {
    { BPF_LDX | BPF_MEM | BPF_W, 2, 1, offsetof(struct __sk_buff, priority), 0 },
    { BPF_LDX | BPF_MEM | BPF_W, 3, 1, offsetof(struct __sk_buff, mark), 0 },
    { BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0 },
    { BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 1, 0 },
    { BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_skb_vlan_push },
    { BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0 },
};

/* cgroup programs may return 0 and 1 only. */
static const struct bpf_insn call_filter[] = {
    { BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 3 },
    { BPF_JMP32 | BPF_JEQ | BPF_K, 0, 0, 1, 0 },
    { BPF_ALU | BPF_MOV | BPF_K, 0, 0, 0, 1 },
    { BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
};

static unsigned append(struct bpf_insn *to, unsigned at, const void *insns, size_t bytes)
{
    memcpy(to + at, insns, bytes);
    return at + (unsigned)(bytes / sizeof *to);
}

/* A filter for one hook may run in a program of another type with the same context. Returns the
 * program or what bpf() says; `length` is that of the filter. */
static int load_as(enum bpf_prog_type type, const struct jj_classic *filter, enum jj_hook hook,
                   unsigned *length)
{
    static struct bpf_insn insns[ROOM];
    unsigned count = 0;
    if (type == BPF_PROG_TYPE_SCHED_CLS)
        count = append(insns, count, push_tag, sizeof push_tag);
    if (type == BPF_PROG_TYPE_CGROUP_SKB)
        count = append(insns, count, call_filter, sizeof call_filter);
    struct jj_error err = { 0 };
    int added = jj_translate(filter, hook, insns + count, ROOM - count, &err);
    if (added < 0) {
        fprintf(stderr, "%s\n", err.text);
        return added;
    }
    *length = (unsigned)added;
    LIBBPF_OPTS(bpf_prog_load_opts, options, .log_buf = verifier_log,
                .log_size = sizeof verifier_log,
                .prog_flags = type == BPF_PROG_TYPE_XDP ? BPF_F_XDP_HAS_FRAGS : 0,
                .expected_attach_type = type == BPF_PROG_TYPE_XDP ? BPF_XDP : 0);
    int fd =
        bpf_prog_load(type, "jj_filter", "Dual MIT/GPL", insns, count + (unsigned)added, &options);
    if (fd < 0) {
        options.log_level = 1;
        bpf_prog_load(type, "jj_filter", "Dual MIT/GPL", insns, count + (unsigned)added, &options);
        size_t size = strlen(verifier_log);
        fprintf(stderr, "the verifier refused:\n%s\n",
                verifier_log + (size > 900 ? size - 900 : 0));
    }
    return fd;
}

static unsigned verified_insns(int fd)
{
    struct bpf_prog_info info = { 0 };
    uint32_t size = sizeof info;
    return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.verified_insns;
}

struct tag {
    uint16_t tpid, tci; /* as numbers; tpid 0 = no tag */
};

/* False when the kernel cannot test with this packet. */
static bool run_tagged(int fd, enum bpf_prog_type type, const void *bytes, uint32_t size,
                       struct tag tag, uint32_t *verdict)
{
    struct __sk_buff context = { .mark = tag.tci,
                                 .priority = (uint16_t)(tag.tpid << 8 | tag.tpid >> 8) };
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = bytes, .data_size_in = size, .repeat = 1);
    if (type == BPF_PROG_TYPE_SCHED_CLS) {
        options.ctx_in = &context;
        options.ctx_size_in = sizeof context;
    }
    if (bpf_prog_test_run_opts(fd, &options))
        return false;
    *verdict = options.retval;
    return true;
}

/* In a program of the hook's own type. Those behind the link layer see the packet without its first
 * 14 bytes, which must not say IP, or the kernel checks the rest. */
static bool run(int fd, enum jj_hook hook, const void *bytes, uint32_t size, uint32_t *verdict)
{
    static uint8_t behind[70000] = { [12] = 0x88, [13] = 0xb5 };
    enum bpf_prog_type type = program_types[hook];
    if (type == BPF_PROG_TYPE_XDP || type == BPF_PROG_TYPE_SCHED_CLS)
        return run_tagged(fd, type, bytes, size, (struct tag){ 0, 0 }, verdict);
    memcpy(behind + 14, bytes, size);
    return run_tagged(fd, type, behind, size + 14, (struct tag){ 0, 0 }, verdict);
}

static unsigned nanoseconds(int fd, enum jj_hook hook, const void *bytes, uint32_t size)
{
    uint8_t behind[2048] = { [12] = 0x88, [13] = 0xb5 };
    bool l2 =
        program_types[hook] == BPF_PROG_TYPE_XDP || program_types[hook] == BPF_PROG_TYPE_SCHED_CLS;
    memcpy(behind + (l2 ? 0 : 14), bytes, size);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = behind, .data_size_in = size + (l2 ? 0 : 14),
                .repeat = 200000);
    return bpf_prog_test_run_opts(fd, &options) ? 0 : options.duration;
}
