/* SPDX-License-Identifier: MIT
 *
 * libbpf calls us for every program of the sections below, between relocation and load: the only
 * moment at which instructions may be replaced. It knows no owner of an object, so the filter being
 * loaded hangs at the thread. */
#include "engine/filter/splice.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/filter/translate.h"

#ifndef BPF_F_XDP_HAS_FRAGS
#    define BPF_F_XDP_HAS_FRAGS (1u << 5)
#endif
#define LARGEST_FILTER 65536

static _Thread_local struct {
    const struct jj_classic *filter; /* NULL: the stub stays */
    struct jj_error *err;
} current;

struct stub {
    size_t start, value; /* of the function; of the instruction with its constant */
    enum jj_hook hook;
};

static bool may_add_offsets(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[2] = { 0 };
    syscall(SYS_capget, &header, sets);
    return sets[0].effective >> CAP_SYS_ADMIN & 1 ||
           sets[CAP_PERFMON / 32].effective >> CAP_PERFMON % 32 & 1;
}

static bool is_stub_value(const struct bpf_insn *insn)
{
    unsigned class = BPF_CLASS(insn->code);
    return (class == BPF_ALU || class == BPF_ALU64) && insn->code == (class | BPF_MOV | BPF_K) &&
           insn->imm >= JJ_FILTER_STUB && insn->imm < JJ_FILTER_STUB + JJ_HOOKS;
}

/* libbpf puts functions behind the program in the order of the calls. Only the last one can change
 * its size, because the debug information of those behind would be wrong. */
static int find_stub(const struct bpf_insn *insns, size_t count, struct stub *out)
{
    *out = (struct stub){ 0 };
    for (size_t i = 0; i < count; i++)
        if (is_stub_value(&insns[i]))
            *out =
                (struct stub){ .value = i, .hook = (enum jj_hook)(insns[i].imm - JJ_FILTER_STUB) };
    if (out->value == 0)
        return -ENOENT;
    for (size_t i = 0; i < count; i++) {
        if (insns[i].code != (BPF_JMP | BPF_CALL) || insns[i].src_reg != BPF_PSEUDO_CALL)
            continue;
        size_t target = (size_t)((long)i + 1 + insns[i].imm);
        if (target > out->start)
            out->start = target;
    }
    return out->start && out->start <= out->value ? 0 : -EINVAL;
}

static int replace(struct bpf_program *program, const struct stub *stub, struct bpf_insn *insns)
{
    size_t before = stub->start, old = bpf_program__insn_cnt(program) - before;
    enum jj_hook hook = may_add_offsets() ? stub->hook : stub->hook | JJ_HOOK_NO_PERFMON;
    memcpy(insns, bpf_program__insns(program), before * sizeof *insns);
    int added = jj_translate(current.filter, hook, insns + before, LARGEST_FILTER, current.err);
    if (added < 0)
        return added;
    if ((size_t)added < old) /* line information would point behind the end */
        return jj_fail(current.err, -EINVAL, "the filter's stub is longer than the filter");
    return bpf_program__set_insns(program, insns, before + (size_t)added);
}

static int prepare(struct bpf_program *program, struct bpf_prog_load_opts *options, long flags)
{
    struct stub stub;
    options->prog_flags |= (uint32_t)flags;
    if (!current.filter)
        return 0;
    int rc = find_stub(bpf_program__insns(program), bpf_program__insn_cnt(program), &stub);
    if (rc)
        return rc == -ENOENT ? 0
                             : jj_fail(current.err, rc, "jj_filter is not the last function of %s",
                                       bpf_program__name(program));
    struct bpf_insn *insns = malloc((stub.start + LARGEST_FILTER) * sizeof *insns);
    if (!insns)
        return jj_fail(current.err, -ENOMEM, "no memory for the filter");
    rc = replace(program, &stub, insns);
    free(insns);
    return rc < 0 ? rc : 0;
}

static const struct {
    const char *section;
    enum bpf_prog_type type;
    enum bpf_attach_type attach;
    long flags;
} sections[] = {
    { "xdp.frags", BPF_PROG_TYPE_XDP, BPF_XDP, BPF_F_XDP_HAS_FRAGS },
    { "tc", BPF_PROG_TYPE_SCHED_CLS, 0, 0 },
    { "cgroup_skb/ingress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, 0 },
    { "cgroup_skb/egress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 0 },
    { "socket", BPF_PROG_TYPE_SOCKET_FILTER, 0, 0 },
};

static int registered;

static void register_sections(void)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0] && registered >= 0; i++) {
        LIBBPF_OPTS(libbpf_prog_handler_opts, options, .cookie = sections[i].flags,
                    .prog_prepare_load_fn = prepare);
        registered = libbpf_register_prog_handler(sections[i].section, sections[i].type,
                                                  sections[i].attach, &options);
    }
}

int jj_splice_register(struct jj_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_sections);
    return registered < 0 ? jj_fail(err, registered, "libbpf does not take our programs: %s",
                                    jj_strerror(registered))
                          : 0;
}

int jj_splice_load(struct bpf_object *object, const char *expression, uint16_t linktype,
                   struct jj_error *err)
{
    struct jj_classic filter;
    struct jj_error why = { 0 };
    int rc = jj_classic_compile(&filter, expression, linktype, true, err);
    if (rc)
        return rc;
    current.filter = &filter;
    current.err = &why;
    rc = bpf_object__load(object);
    current.filter = NULL;
    jj_classic_done(&filter);
    if (why.code)
        return jj_fail(err, why.code, "%s", why.text);
    return rc ? jj_fail(err, rc, "the kernel does not take the filter: %s", jj_strerror(rc)) : 0;
}
