/* SPDX-License-Identifier: MIT
 *
 * Puts the kernel programs of the source "xdp" into the kernel, and says why when that fails. The
 * exact-length programs are tried first; a kernel without their functions gets the others. A memory
 * limit that cannot be raised is no failure: libbpf raises it where kernels need it and can. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "bpf/objects.h"
#include "engine/capture/ring_set.h"
#include "engine/capture/xdp.h"

static _Thread_local char warning[160]; /* the last of libbpf, which prints nothing itself */

static int keep_warning(enum libbpf_print_level level, const char *format, va_list arguments)
{
    if (level == LIBBPF_WARN) {
        vsnprintf(warning, sizeof warning, format, arguments);
        warning[strcspn(warning, "\n")] = 0;
    }
    return 0;
}

static bool has_capability(unsigned number)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[2] = { 0 };
    syscall(SYS_capget, &header, sets);
    return sets[number / 32].effective >> (number % 32) & 1;
}

/* The sentence for a failed step of getting the programs into the kernel. */
int jj_xdp_refused(int code, const char *what, struct jj_error *err)
{
    if (code != -EPERM && code != -EACCES)
        return jj_fail(err, code, "cannot %s: %s%s%s", what, jj_strerror(code),
                       *warning ? "; " : "", warning);
    bool all = has_capability(CAP_SYS_ADMIN);
    if (!all && !(has_capability(CAP_BPF) && has_capability(CAP_NET_ADMIN)))
        return jj_fail(err, code,
                       "XDP needs CAP_BPF and CAP_NET_ADMIN, promiscuous mode CAP_NET_RAW: run as "
                       "root or `setcap cap_bpf,cap_net_admin,cap_net_raw+ep` the program");
    if (!all && !has_capability(CAP_PERFMON) && code == -EACCES)
        return jj_fail(err, code,
                       "this kernel's verifier wants CAP_PERFMON too: run as root or "
                       "`setcap cap_bpf,cap_net_admin,cap_net_raw,cap_perfmon+ep` the program");
    return jj_fail(err, code,
                   "the kernel refuses to %s although the capabilities are there: "
                   "a container's seccomp profile or kernel lockdown forbids it",
                   what);
}

static int map_fd(const struct jj_xdp *xdp, const char *name)
{
    return bpf_object__find_map_fd_by_name(xdp->object, name);
}

static int program_fd(const struct jj_xdp *xdp, const char *name)
{
    return bpf_program__fd(bpf_object__find_program_by_name(xdp->object, name));
}

static int size_maps(struct jj_xdp *xdp)
{
    struct bpf_map *rings = bpf_object__find_map_by_name(xdp->object, "rings");
    struct bpf_map *want = bpf_object__find_map_by_name(xdp->object, "want");
    int code = bpf_map__set_max_entries(rings, xdp->cpus);
    return code ? code : bpf_map__set_max_entries(want, xdp->cpus * JJ_WANT_STRIDE);
}

static int load_object(struct jj_xdp *xdp, const struct jj_bpf_object *from, uint32_t snaplen)
{
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "jj_xdp");
    struct jj_ring_settings settings = { .snaplen = snaplen };
    xdp->object = bpf_object__open_mem(from->bytes, from->size, &options);
    if (!xdp->object)
        return -errno;
    int code = size_maps(xdp);
    if (!code)
        code = bpf_map__set_initial_value(
            bpf_object__find_map_by_name(xdp->object, ".rodata.settings"), &settings,
            sizeof settings);
    if (!code)
        code = bpf_object__load(xdp->object);
    if (code)
        jj_xdp_unload(xdp);
    return code;
}

int jj_xdp_load(struct jj_xdp *xdp, uint32_t snaplen, struct jj_error *err)
{
    libbpf_set_print(keep_warning);
    *warning = 0;
    int cpus = libbpf_num_possible_cpus();
    if (cpus < 0)
        return jj_fail(err, cpus, "cannot count the CPUs: %s", jj_strerror(cpus));
    xdp->cpus = (unsigned)cpus;
    int code = load_object(xdp, &jj_bpf_xdp_exact, snaplen);
    xdp->exact = code == 0;
    if (code && code != -EPERM)
        code = load_object(xdp, &jj_bpf_xdp_classes, snaplen);
    if (code)
        return jj_xdp_refused(code, "load the XDP programs", err);
    xdp->ingress_program = program_fd(xdp, "jj_ingress");
    xdp->egress_program = program_fd(xdp, "jj_egress");
    xdp->rings_map = map_fd(xdp, "rings");
    xdp->want_map = map_fd(xdp, "want");
    xdp->counters_map = map_fd(xdp, "counters");
    return 0;
}

static int make_ring(struct jj_xdp *xdp, struct jj_ring_set *set, unsigned cpu, size_t bytes)
{
    int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "jj_ring", 0, 0, (uint32_t)bytes, NULL);
    if (fd < 0)
        return fd;
    int code = jj_ring_set_add(set, cpu, fd, bytes);
    return code ? code : bpf_map_update_elem(xdp->rings_map, &cpu, &fd, BPF_ANY);
}

static int make_all_rings(struct jj_xdp *xdp, struct jj_ring_set *set, size_t bytes)
{
    int code = jj_ring_set_open(set, xdp->want_map, xdp->cpus);
    FILE *list = fopen("/sys/devices/system/cpu/online", "re"); /* "0-3,8" */
    if (!list)
        return code ? code : -errno;
    unsigned first, last;
    int separator = ',';
    while (!code && separator == ',' && fscanf(list, "%u", &first) == 1) {
        last = first;
        separator = getc(list);
        if (separator == '-' && fscanf(list, "%u", &last) == 1)
            separator = getc(list);
        for (unsigned cpu = first; !code && cpu <= last && cpu < xdp->cpus; cpu++)
            code = make_ring(xdp, set, cpu, bytes);
    }
    fclose(list);
    return code;
}

int jj_xdp_make_rings(struct jj_xdp *xdp, struct jj_ring_set *set, size_t bytes,
                      struct jj_error *err)
{
    int code = make_all_rings(xdp, set, bytes);
    if (code)
        return jj_fail(err, code, "cannot make a kernel ring of %zu KiB for each CPU: %s",
                       bytes / 1024, jj_strerror(code));
    return 0;
}

void jj_xdp_unload(struct jj_xdp *xdp)
{
    bpf_object__close(xdp->object);
    xdp->object = NULL;
}

static int try_program(uint32_t flags)
{
    static const struct bpf_insn pass[] = {
        { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 2 },
        { .code = BPF_JMP | BPF_EXIT },
    };
    LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = flags, .expected_attach_type = BPF_XDP);
    int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "jj_probe", "Dual MIT/GPL", pass, 2, &options);
    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

static int try_ring(void)
{
    int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "jj_probe", 0, 0, 1 << 16, NULL);
    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

int jj_xdp_probe(struct jj_error *err)
{
    libbpf_set_print(keep_warning);
    *warning = 0;
    int code = try_ring();
    if (code == -ENOSYS)
        return jj_fail(err, code, "this kernel is built without bpf(): XDP cannot be used on it");
    if (code == -EINVAL)
        return jj_fail(err, JJ_EUNSUPPORTED,
                       "this kernel has no BPF rings: XDP capture needs "
                       "Linux 5.18");
    if (code)
        return jj_xdp_refused(code, "make a BPF ring", err);
    code = try_program(BPF_F_XDP_HAS_FRAGS);
    if (code == -EINVAL && try_program(0) == 0)
        return jj_fail(err, JJ_EUNSUPPORTED,
                       "this kernel's XDP cannot see jumbo frames: XDP "
                       "capture needs Linux 5.18");
    return code ? jj_xdp_refused(code, "load an XDP program", err) : 0;
}
