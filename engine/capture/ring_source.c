/* SPDX-License-Identifier: MIT
 *
 * Life of a ring source, see ring_source.h. */
#include "engine/capture/ring_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_EVERY 1000000000ll /* ns between two looks whether anything can still come */

static void describe_filter(struct jj_ring_source *s)
{
    size_t used = strlen(s->note);
    snprintf(s->note + used, sizeof s->note - used, ", filter in %s",
             s->base.filters ? "the kernel" : "user space: eBPF cannot hold it");
}

static int start(struct jj_ring_source *s, const char *where,
                 const struct jj_source_options *options, struct jj_error *err)
{
    char rings[64];
    uint32_t snaplen = options->snaplen ? options->snaplen : JJ_DEFAULT_SNAPLEN;
    int code = jj_device_find(&s->device, where, err);
    if (!code)
        code = jj_kernel_side_load(&s->kernel, s->kind->images, s->kind->needs, options,
                                   s->device.linktype, err);
    if (!code)
        code = jj_kernel_side_make_rings(&s->kernel, &s->rings, options->ring_bytes, err);
    if (code)
        return code;
    s->rings.linktype = s->device.linktype;
    s->interface = jj_device_interface(&s->device, snaplen);
    s->missed_before = jj_device_missed(&s->device);
    s->attached = true;
    code = s->kind->attach(s, options, err);
    if (code)
        return code;
    jj_kernel_side_describe(&s->rings, rings, sizeof rings);
    s->kind->describe(s, rings, s->note, sizeof s->note);
    s->base.filters = s->kernel.filters;
    if (options->filter)
        describe_filter(s);
    return 0;
}

int jj_ring_source_open(struct jj_source **out, const struct jj_ring_kind *kind, const char *where,
                        const struct jj_source_options *options, struct jj_error *err)
{
    struct jj_ring_source *s = calloc(1, kind->size);
    if (!s)
        return jj_fail(err, -ENOMEM, "out of memory");
    s->base.ops = kind->ops;
    s->kind = kind;
    s->rings.epoll = s->rings.wake = -1;
    int code = start(s, where, options, err);
    if (code) {
        jj_ring_source_close(&s->base);
        return code;
    }
    *out = &s->base;
    return 0;
}

static void detach(struct jj_ring_source *s)
{
    if (s->attached)
        s->kind->detach(s);
    s->attached = false;
}

void jj_ring_source_close(struct jj_source *source)
{
    struct jj_ring_source *s = (struct jj_ring_source *)source;
    if (!s)
        return;
    detach(s);
    jj_ring_set_close(&s->rings);
    jj_kernel_side_unload(&s->kernel);
    free(s);
}

/* Helpers came with different kernels: only loading tells. */
int jj_ring_source_probe(const struct jj_ring_kind *kind, struct jj_error *err)
{
    struct jj_kernel_side kernel = { 0 };
    const struct jj_source_options options = { 0 };
    int code = jj_kernel_side_load(&kernel, kind->images, kind->needs, &options, 0, err);
    jj_kernel_side_unload(&kernel);
    return code;
}

/* First off the device, so that the counters stand still; then the rings are read to their end. */
static void end_capture(struct jj_ring_source *s, int outcome)
{
    s->outcome = outcome;
    detach(s);
    s->total = jj_kernel_side_counters(&s->kernel);
    atomic_store(&s->ended, true);
    jj_ring_set_drain(&s->rings);
}

static void check(struct jj_ring_source *s)
{
    int lost = 0;
    if (jj_ring_set_is_stopped(&s->rings)) {
        end_capture(s, JJ_EEOF);
    } else if (s->rings.polled - s->checked >= CHECK_EVERY) {
        s->checked = s->rings.polled;
        lost = s->kind->lost(s);
    }
    if (lost)
        end_capture(s, lost);
}

static int outcome(const struct jj_ring_source *s, struct jj_error *err)
{
    if (s->outcome == -ENODEV)
        return jj_fail(err, -ENODEV, "interface %s vanished", s->device.name);
    if (s->outcome == -ENOLINK)
        return jj_fail(err, -ENOLINK, "someone took our program off %s", s->device.name);
    return s->outcome;
}

int jj_ring_source_next(struct jj_source *source, struct jj_frame *frames, unsigned max,
                        int timeout_ms, struct jj_error *err)
{
    struct jj_ring_source *s = (struct jj_ring_source *)source;
    for (;;) {
        if (!s->outcome)
            check(s);
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

void jj_ring_source_stop(struct jj_source *source)
{
    jj_ring_set_stop(&((struct jj_ring_source *)source)->rings);
}

/* While it runs, frames still in the rings count as not received yet; at the end `received` is
 * what the programs themselves counted, whatever became of it. */
void jj_ring_source_stats(const struct jj_source *source, struct jj_source_stats *out)
{
    const struct jj_ring_source *s = (const struct jj_ring_source *)source;
    bool ended = atomic_load(&s->ended);
    struct jj_ring_counters now = ended ? s->total : jj_kernel_side_counters(&s->kernel);
    uint64_t missed = jj_device_missed(&s->device); /* 0 when the device is gone */
    uint64_t delivered = atomic_load_explicit(&s->delivered, memory_order_relaxed);
    *out = (struct jj_source_stats){
        .received = ended ? now.seen : delivered + now.filtered + now.full + now.failed,
        .delivered = delivered,
        .filtered = now.filtered,
        .ring_full = now.full,
        .failed = now.failed,
        .nic_dropped = missed > s->missed_before ? missed - s->missed_before : 0,
        .wakeups = now.woke,
    };
}

unsigned jj_ring_source_interfaces(const struct jj_source *source, const struct jj_interface **out)
{
    *out = &((const struct jj_ring_source *)source)->interface;
    return 1;
}

const char *jj_ring_source_note(const struct jj_source *source)
{
    return ((const struct jj_ring_source *)source)->note;
}
