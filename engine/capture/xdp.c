/* SPDX-License-Identifier: MIT
 *
 * The source "xdp": frames of one interface, seen before the stack (XDP) and after it (tc egress),
 * read in place from kernel rings. Owns the programs, their links and the rings; everything runs
 * on the thread that calls next(), but stop() and stats(). */
#include "engine/capture/xdp.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "jj/source.h"

#include "bpf/abi.h"
#include "engine/capture/ring_set.h"

#define DEFAULT_RING_BYTES (16u << 20)
#define SMALLEST_RING      (64u << 10) /* a page on every machine */
#define DEFAULT_SNAPLEN    262144u
#define CHECK_EVERY        1000000000ll /* ns between two looks whether the device is still there */

extern const struct jj_source_ops jj_source_xdp;

struct xdp_source {
    struct jj_source base;
    struct jj_xdp xdp;
    struct jj_ring_set rings;
    struct jj_interface interface;
    struct jj_ring_counters total; /* valid when `ended` */
    atomic_bool ended;
    _Atomic uint64_t delivered;
    uint64_t missed_before;
    int64_t checked;
    int outcome; /* what next() returns when all is handed out: JJ_EEOF or a failure */
    char note[200];
};

static void describe(struct xdp_source *s, unsigned ring_bytes)
{
    static const char *const egress[] = { [JJ_XDP_NO_EGRESS] = "ingress only",
                                          [JJ_XDP_TCX] = "egress by tcx",
                                          [JJ_XDP_CLSACT] = "egress by clsact" };
    const struct jj_xdp *xdp = &s->xdp;
    bool mebi = ring_bytes >= 1 << 20;
    char why[64] = "";
    if (xdp->native_refused)
        snprintf(why, sizeof why, " (native: %s)", jj_strerror(xdp->native_refused));
    snprintf(s->note, sizeof s->note, "%s XDP on %s%s, %u ring%s of %u %s, %s%s%s",
             xdp->native ? "native" : "generic", xdp->name, why, s->rings.count,
             s->rings.count == 1 ? "" : "s", ring_bytes >> (mebi ? 20 : 10), mebi ? "MiB" : "KiB",
             xdp->loopback ? "each packet once" : egress[xdp->egress],
             xdp->exact ? "" : ", large frames by size class",
             jj_xdp_is_up(xdp) ? "" : ", the interface is down");
}

static int check_options(const struct jj_source_options *options, struct jj_error *err)
{
    uint32_t bytes = options->ring_bytes;
    if (bytes && (bytes < SMALLEST_RING || bytes & (bytes - 1) || bytes > 1u << 30))
        return jj_fail(err, JJ_EUSAGE,
                       "a ring of %u bytes cannot be: a power of two from 64 KiB to 1 GiB", bytes);
    return 0;
}

static void xdp_close(struct jj_source *source)
{
    struct xdp_source *s = (struct xdp_source *)source;
    if (!s)
        return;
    jj_xdp_detach(&s->xdp);
    jj_ring_set_close(&s->rings);
    jj_xdp_unload(&s->xdp);
    free(s);
}

static int start(struct xdp_source *s, const char *where, const struct jj_source_options *options,
                 struct jj_error *err)
{
    struct jj_xdp *xdp = &s->xdp;
    uint32_t snaplen = options->snaplen ? options->snaplen : DEFAULT_SNAPLEN;
    uint32_t bytes = options->ring_bytes ? options->ring_bytes : DEFAULT_RING_BYTES;
    int code = check_options(options, err);
    if (!code)
        code = jj_xdp_find_device(xdp, where, err);
    if (!code)
        code = jj_xdp_load(xdp, snaplen, err);
    if (!code)
        code = jj_xdp_make_rings(xdp, &s->rings, bytes, err);
    if (code)
        return code;
    s->rings.linktype = xdp->linktype;
    s->interface = (struct jj_interface){ .index = (uint32_t)xdp->ifindex,
                                          .snaplen = snaplen,
                                          .linktype = xdp->linktype,
                                          .ticks_per_second = 1000000000 };
    snprintf(s->interface.name, sizeof s->interface.name, "%s", xdp->name);
    s->missed_before = jj_xdp_missed(xdp);
    code = jj_xdp_attach(xdp, options, err);
    if (!code)
        describe(s, bytes);
    return code;
}

static int xdp_open(struct jj_source **out, const char *where,
                    const struct jj_source_options *options, struct jj_error *err)
{
    struct xdp_source *s = calloc(1, sizeof *s);
    if (!s)
        return jj_fail(err, -ENOMEM, "out of memory");
    s->base.ops = &jj_source_xdp;
    s->xdp.ingress_link = s->xdp.egress_link = s->xdp.promiscuous = -1;
    s->rings.epoll = s->rings.wake = -1;
    int code = start(s, where, options, err);
    if (code) {
        xdp_close(&s->base);
        return code;
    }
    *out = &s->base;
    return 0;
}

static struct jj_ring_counters read_counters(const struct xdp_source *s)
{
    struct jj_ring_counters total = { 0 };
    struct jj_ring_counters *per_cpu = calloc(s->xdp.cpus, sizeof *per_cpu);
    uint32_t only = 0;
    if (per_cpu && bpf_map_lookup_elem(s->xdp.counters_map, &only, per_cpu) == 0) {
        for (unsigned i = 0; i < s->xdp.cpus; i++) {
            total.seen += per_cpu[i].seen;
            total.full += per_cpu[i].full;
            total.failed += per_cpu[i].failed;
            total.woke += per_cpu[i].woke;
        }
    }
    free(per_cpu);
    return total;
}

/* First off the device, so that the counters stand still; then the rings are read to their end. */
static void end_capture(struct xdp_source *s, int outcome)
{
    s->outcome = outcome;
    jj_xdp_detach(&s->xdp);
    s->total = read_counters(s);
    atomic_store(&s->ended, true);
    jj_ring_set_drain(&s->rings);
}

/* The device may vanish (-ENODEV), or root may force our link off it (-ENOLINK). */
static void check_device(struct xdp_source *s)
{
    if (s->rings.polled - s->checked < CHECK_EVERY)
        return;
    s->checked = s->rings.polled;
    if (!jj_xdp_is_attached(&s->xdp))
        end_capture(s, jj_xdp_is_present(&s->xdp) ? -ENOLINK : -ENODEV);
}

static int outcome(const struct xdp_source *s, struct jj_error *err)
{
    if (s->outcome == -ENODEV)
        return jj_fail(err, -ENODEV, "interface %s vanished", s->xdp.name);
    if (s->outcome == -ENOLINK)
        return jj_fail(err, -ENOLINK, "someone took our XDP program off %s", s->xdp.name);
    return s->outcome;
}

static int xdp_next(struct jj_source *source, struct jj_frame *frames, unsigned max, int timeout_ms,
                    struct jj_error *err)
{
    struct xdp_source *s = (struct xdp_source *)source;
    for (;;) {
        if (!s->outcome && jj_ring_set_is_stopped(&s->rings))
            end_capture(s, JJ_EEOF);
        else if (!s->outcome)
            check_device(s);
        unsigned count = jj_ring_set_next(&s->rings, frames, max, timeout_ms);
        if (count) {
            atomic_fetch_add_explicit(&s->delivered, count, memory_order_relaxed);
            return (int)count;
        }
        if (s->outcome)
            return outcome(s, err);
        if (!jj_ring_set_is_stopped(&s->rings))
            return 0;
    }
}

static void xdp_stop(struct jj_source *source)
{
    jj_ring_set_stop(&((struct xdp_source *)source)->rings);
}

/* While it runs, frames still in the rings count as not received yet; at the end `received` is
 * what the programs themselves counted, whatever became of it. */
static void xdp_stats(const struct jj_source *source, struct jj_source_stats *out)
{
    const struct xdp_source *s = (const struct xdp_source *)source;
    bool ended = atomic_load(&s->ended);
    struct jj_ring_counters now = ended ? s->total : read_counters(s);
    uint64_t missed = jj_xdp_missed(&s->xdp); /* 0 when the device is gone */
    uint64_t delivered = atomic_load_explicit(&s->delivered, memory_order_relaxed);
    *out = (struct jj_source_stats){
        .received = ended ? now.seen : delivered + now.full + now.failed,
        .delivered = delivered,
        .ring_full = now.full,
        .failed = now.failed,
        .nic_dropped = missed > s->missed_before ? missed - s->missed_before : 0,
        .wakeups = now.woke,
    };
}

static unsigned xdp_interfaces(const struct jj_source *source, const struct jj_interface **out)
{
    *out = &((const struct xdp_source *)source)->interface;
    return 1;
}

static const char *xdp_note(const struct jj_source *source)
{
    return ((const struct xdp_source *)source)->note;
}

const struct jj_source_ops jj_source_xdp = {
    .name = "xdp",
    .summary = "live: frames of an interface by XDP and tc, from the kernel's rings",
    .live = true,
    .open = xdp_open,
    .next = xdp_next,
    .stop = xdp_stop,
    .stats = xdp_stats,
    .interfaces = xdp_interfaces,
    .note = xdp_note,
    .probe = jj_xdp_probe,
    .close = xdp_close,
};
