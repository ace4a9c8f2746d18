/* SPDX-License-Identifier: MIT
 *
 * The contract of a capture back end. A source is opened, asked for batches of frames until it says
 * JJ_EEOF, and closed. All calls come from one thread, but for `stop`, which is safe anywhere,
 * signal handlers included. A back end is one file in engine/capture and one line in sources.def.
 */
#pragma once
#include "error.h"
#include "packet.h"

#ifdef __cplusplus
extern "C" {
#endif

#define JJ_BATCH 64u

struct bpf_object;

struct jj_source_options {
    uint32_t snaplen;    /* bytes kept of each frame; 0 = all */
    uint32_t ring_bytes; /* per CPU, for kernel rings; 0 = the source's default; power of two */
    bool promiscuous;
    bool ingress_only; /* no egress packets */
    bool generic;      /* xdp: skip native mode */

    /* A source that has a kernel side may filter there: `load_filtered` loads an object with the
     * expression compiled in for a link type. NULL: no filter. */
    const char *filter;
    int (*load_filtered)(struct bpf_object *object, const char *filter, uint16_t linktype,
                         struct jj_error *err);
};

/* Every frame that the source saw is in exactly one of delivered and the rest:
 * received = delivered + filtered + ring_full + failed. Monotonic; readable while it runs. */
struct jj_source_stats {
    uint64_t received;    /* frames that reached the hook, or records in the file */
    uint64_t delivered;   /* frames handed to the caller of next() */
    uint64_t filtered;    /* frames that the kernel side's filter left out */
    uint64_t ring_full;   /* frames that found no room in the ring */
    uint64_t failed;      /* frames that the kernel side could not copy, or damaged file records */
    uint64_t nic_dropped; /* told by the device: lost before the hook, not in received */
    uint64_t wakeups;     /* times the kernel side woke the reader */
};

struct jj_interface {
    char name[64];
    uint32_t index; /* of the system; 0 in files */
    uint32_t snaplen;
    uint16_t linktype;
    uint64_t ticks_per_second; /* resolution of its times */
};

struct jj_source;

struct jj_source_ops {
    const char *name;    /* "file", "xdp" */
    const char *summary; /* one line for help and status */
    bool live;           /* times follow the clock; next() may return 0 */

    /* Gives *out. `where` is a path, "-", or an interface name. */
    int (*open)(struct jj_source **out, const char *where, const struct jj_source_options *options,
                struct jj_error *err);

    /* Up to `max` frames, in time order as far as the source can. Returns their number; 0 when
     * nothing came within `timeout_ms` (live only); JJ_EEOF at the end; another negative number
     * on failure with *err filled. Frames are borrowed until the next call. */
    int (*next)(struct jj_source *source, struct jj_frame *frames, unsigned max, int timeout_ms,
                struct jj_error *err);

    /* Makes next() return JJ_EEOF after what is already captured was handed out. */
    void (*stop)(struct jj_source *source);

    void (*stats)(const struct jj_source *source, struct jj_source_stats *out);
    unsigned (*interfaces)(const struct jj_source *source, const struct jj_interface **out);

    /* A sentence about how it runs ("native XDP, 2 rings of 16 MiB, egress by tcx") or about what
     * was wrong with a file that was read as far as possible; NULL when there is nothing to say. */
    const char *(*note)(const struct jj_source *source);

    /* 0 when this machine and user can use it; else a negative code with the reason and the cure
     * in *err. NULL: always usable. */
    int (*probe)(struct jj_error *err);

    void (*close)(struct jj_source *source);
};

/* Every back end starts its state with this. */
struct jj_source {
    const struct jj_source_ops *ops;
    bool filters; /* options.filter is applied already: in the kernel */
};

/* By name; NULL when there is none. */
const struct jj_source_ops *jj_source_find(const char *name);

/* All of them, in the order of sources.def, ended by NULL. */
const struct jj_source_ops *const *jj_sources(void);

#ifdef __cplusplus
}
#endif
