/* SPDX-License-Identifier: MIT
 *
 * A live source whose kernel side fills the rings of bpf/record.bpf.h: all of it but where the
 * programs hang, which is its kind's business. A kind's own state begins with struct
 * jj_ring_source; its struct jj_source_ops has the functions from here, and an `open` that calls
 * jj_ring_source_open. Everything runs on the thread that calls next(), but stop() and stats(). */
#pragma once
#include <stdatomic.h>

#include "jj/source.h"

#include "engine/capture/device.h"
#include "engine/capture/kernel_side.h"
#include "engine/capture/ring_set.h"

struct jj_ring_source;

struct jj_ring_kind {
    const struct jj_source_ops *ops;
    size_t size; /* of the kind's state */
    const struct jj_kernel_images *images;
    const struct jj_kernel_needs *needs;

    /* Hangs the loaded programs on the device. */
    int (*attach)(struct jj_ring_source *source, const struct jj_source_options *options,
                  struct jj_error *err);

    /* Takes them off, also when attach failed; on return none runs any more. */
    void (*detach)(struct jj_ring_source *source);

    /* Why nothing can come any more: -ENODEV the device is gone, -ENOLINK our program was taken
     * off; else 0. */
    int (*lost)(const struct jj_ring_source *source);

    /* The note; `rings` as in "2 rings of 16 MiB". */
    void (*describe)(const struct jj_ring_source *source, const char *rings, char *note,
                     size_t size);
};

struct jj_ring_source {
    struct jj_source base;
    const struct jj_ring_kind *kind;
    struct jj_device device;
    struct jj_kernel_side kernel;
    struct jj_ring_set rings;
    struct jj_interface interface;
    struct jj_ring_counters total; /* valid when `ended` */
    bool attached;                 /* attach was called, detach not yet */
    atomic_bool ended;
    _Atomic uint64_t delivered;
    uint64_t missed_before;
    int64_t checked;
    int outcome; /* what next() returns when all is handed out: JJ_EEOF or a failure */
    char note[200];
};

int jj_ring_source_open(struct jj_source **out, const struct jj_ring_kind *kind, const char *where,
                        const struct jj_source_options *options, struct jj_error *err);

/* 0 when this kernel and user can load the programs of `kind`. */
int jj_ring_source_probe(const struct jj_ring_kind *kind, struct jj_error *err);

int jj_ring_source_next(struct jj_source *source, struct jj_frame *frames, unsigned max,
                        int timeout_ms, struct jj_error *err);
void jj_ring_source_stop(struct jj_source *source);
void jj_ring_source_stats(const struct jj_source *source, struct jj_source_stats *out);
unsigned jj_ring_source_interfaces(const struct jj_source *source, const struct jj_interface **out);
const char *jj_ring_source_note(const struct jj_source *source);
void jj_ring_source_close(struct jj_source *source);
