/* SPDX-License-Identifier: MIT
 *
 * Loading, rings and counters, see kernel_side.h. The exact-length programs are tried first; a
 * kernel without their functions gets the others. A memory limit that cannot be raised is no
 * failure: libbpf raises it where kernels need it and can. */
#include "engine/capture/kernel_side.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/objects.h"
#include "engine/capture/ring_set.h"

#define DEFAULT_RING_BYTES (16u << 20)
#define SMALLEST_RING      (64u << 10) /* a page on every machine */

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

int jj_kernel_side_refused(int code, const char *what, const struct jj_kernel_needs *needs,
                           struct jj_error *err)
{
    if (code != -EPERM && code != -EACCES)
        return jj_fail(err, code, "cannot %s: %s%s%s", what, jj_strerror(code),
                       *warning ? "; " : "", warning);
    bool all = has_capability(CAP_SYS_ADMIN);
    if (!all && !(has_capability(CAP_BPF) && has_capability(needs->second)))
        return jj_fail(err, code, "%s: run as root or `setcap %s+ep` the program", needs->sentence,
                       needs->setcap);
    if (!all && !has_capability(CAP_PERFMON) && code == -EACCES)
        return jj_fail(err, code,
                       "this kernel's verifier wants CAP_PERFMON too: run as root or "
                       "`setcap %s,cap_perfmon+ep` the program",
                       needs->setcap);
    return jj_fail(err, code,
                   "the kernel refuses to %s although the capabilities are there: "
                   "a container's seccomp profile or kernel lockdown forbids it",
                   what);
}

static int map_fd(const struct jj_kernel_side *kernel, const char *name)
{
    return bpf_object__find_map_fd_by_name(kernel->object, name);
}

int jj_kernel_side_program(const struct jj_kernel_side *kernel, const char *name)
{
    return bpf_program__fd(bpf_object__find_program_by_name(kernel->object, name));
}

static int size_maps(struct jj_kernel_side *kernel)
{
    struct bpf_map *rings = bpf_object__find_map_by_name(kernel->object, "rings");
    struct bpf_map *want = bpf_object__find_map_by_name(kernel->object, "want");
    int code = bpf_map__set_max_entries(rings, kernel->cpus);
    return code ? code : bpf_map__set_max_entries(want, kernel->cpus * JJ_WANT_STRIDE);
}

struct loading {
    const struct jj_kernel_images *images;
    const struct jj_source_options *options;
    uint16_t linktype;
};

static int set_up(struct jj_kernel_side *kernel, const struct loading *loading)
{
    uint32_t snaplen = loading->options->snaplen;
    struct jj_ring_settings settings = { .snaplen = snaplen ? snaplen : JJ_DEFAULT_SNAPLEN };
    struct bpf_map *map = bpf_object__find_map_by_name(kernel->object, ".rodata.settings");
    int code = size_maps(kernel);
    return code ? code : bpf_map__set_initial_value(map, &settings, sizeof settings);
}

static int load_object(struct jj_kernel_side *kernel, const struct loading *loading)
{
    const struct jj_source_options *o = loading->options;
    const struct jj_bpf_object *from =
        kernel->exact ? loading->images->exact : loading->images->classes;
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = loading->images->name);
    kernel->object = bpf_object__open_mem(from->bytes, from->size, &options);
    if (!kernel->object)
        return -errno;
    int code = set_up(kernel, loading);
    if (!code && kernel->filters)
        code = o->load_filtered(kernel->object, o->filter, loading->linktype, NULL);
    else if (!code)
        code = bpf_object__load(kernel->object);
    if (code)
        jj_kernel_side_unload(kernel);
    return code;
}

/* With the filter first: a kernel that does not take it may well take the rest. */
static int load_best(struct jj_kernel_side *kernel, const struct loading *loading)
{
    int code = -EINVAL;
    bool wanted = loading->options->filter && loading->options->load_filtered;
    for (int filters = wanted; filters >= 0; filters--) {
        for (int exact = 1; exact >= 0; exact--) {
            kernel->filters = filters;
            kernel->exact = exact;
            code = load_object(kernel, loading);
            if (code == 0 || (code == -EPERM && !filters))
                return code;
        }
    }
    return code;
}

int jj_kernel_side_load(struct jj_kernel_side *kernel, const struct jj_kernel_images *images,
                        const struct jj_kernel_needs *needs,
                        const struct jj_source_options *options, uint16_t linktype,
                        struct jj_error *err)
{
    const struct loading loading = { images, options, linktype };
    libbpf_set_print(keep_warning);
    *warning = 0;
    int cpus = libbpf_num_possible_cpus();
    if (cpus < 0)
        return jj_fail(err, cpus, "cannot count the CPUs: %s", jj_strerror(cpus));
    kernel->cpus = (unsigned)cpus;
    int code = load_best(kernel, &loading);
    if (code == -EINVAL || code == -ENOSYS)
        return jj_fail(err, JJ_EUNSUPPORTED,
                       "this kernel cannot run our eBPF programs, they need %s%s%s", needs->kernel,
                       *warning ? "; " : "", warning);
    if (code)
        return jj_kernel_side_refused(code, "load the eBPF programs", needs, err);
    kernel->rings_map = map_fd(kernel, "rings");
    kernel->want_map = map_fd(kernel, "want");
    kernel->counters_map = map_fd(kernel, "counters");
    return 0;
}

static int make_ring(struct jj_kernel_side *kernel, struct jj_ring_set *set, unsigned cpu,
                     size_t bytes)
{
    int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "jj_ring", 0, 0, (uint32_t)bytes, NULL);
    if (fd < 0)
        return fd;
    int code = jj_ring_set_add(set, cpu, fd, bytes);
    return code ? code : bpf_map_update_elem(kernel->rings_map, &cpu, &fd, BPF_ANY);
}

static int make_all_rings(struct jj_kernel_side *kernel, struct jj_ring_set *set, size_t bytes)
{
    int code = jj_ring_set_open(set, kernel->want_map, kernel->cpus);
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
        for (unsigned cpu = first; !code && cpu <= last && cpu < kernel->cpus; cpu++)
            code = make_ring(kernel, set, cpu, bytes);
    }
    fclose(list);
    return code;
}

int jj_kernel_side_make_rings(struct jj_kernel_side *kernel, struct jj_ring_set *set,
                              uint32_t bytes, struct jj_error *err)
{
    if (!bytes)
        bytes = DEFAULT_RING_BYTES;
    if (bytes < SMALLEST_RING || bytes & (bytes - 1) || bytes > 1u << 30)
        return jj_fail(err, JJ_EUSAGE,
                       "a ring of %u bytes cannot be: a power of two from 64 KiB to 1 GiB", bytes);
    int code = make_all_rings(kernel, set, bytes);
    if (code)
        return jj_fail(err, code, "cannot make a kernel ring of %u KiB for each CPU: %s",
                       bytes / 1024, jj_strerror(code));
    return 0;
}

/* Removing a ring makes the kernel wait: the map of maps promises that a removed map is unused on
 * return. */
void jj_kernel_side_stop(const struct jj_kernel_side *kernel)
{
    for (uint32_t cpu = 0; cpu < kernel->cpus; cpu++) {
        if (bpf_map_delete_elem(kernel->rings_map, &cpu) == 0)
            return;
    }
}

struct jj_ring_counters jj_kernel_side_counters(const struct jj_kernel_side *kernel)
{
    struct jj_ring_counters total = { 0 };
    struct jj_ring_counters *per_cpu = calloc(kernel->cpus, sizeof *per_cpu);
    uint32_t only = 0;
    if (per_cpu && bpf_map_lookup_elem(kernel->counters_map, &only, per_cpu) == 0) {
        for (unsigned i = 0; i < kernel->cpus; i++) {
            total.seen += per_cpu[i].seen;
            total.filtered += per_cpu[i].filtered;
            total.full += per_cpu[i].full;
            total.failed += per_cpu[i].failed;
            total.woke += per_cpu[i].woke;
        }
    }
    free(per_cpu);
    return total;
}

void jj_kernel_side_unload(struct jj_kernel_side *kernel)
{
    bpf_object__close(kernel->object);
    kernel->object = NULL;
}

void jj_kernel_side_describe(const struct jj_ring_set *set, char *text, size_t size)
{
    unsigned long bytes = set->count ? set->rings[0].mask + 1 : 0;
    bool mebi = bytes >= 1 << 20;
    snprintf(text, size, "%u ring%s of %lu %s", set->count, set->count == 1 ? "" : "s",
             bytes >> (mebi ? 20 : 10), mebi ? "MiB" : "KiB");
}
