/* SPDX-License-Identifier: MIT
 *
 * A kernel side made with bpf/record.bpf.h, loaded: its maps, its rings, its counters, and why the
 * kernel did not take it. What differs between sources is where the programs hang. Owns the loaded
 * object; one thread, but jj_kernel_side_counters. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jj/source.h"

#include "bpf/abi.h"

#define JJ_DEFAULT_SNAPLEN 262144u

struct bpf_object;
struct jj_bpf_object;
struct jj_ring_set;

/* A source's programs; those with exact record lengths need a newer kernel. */
struct jj_kernel_images {
    const char *name;
    const struct jj_bpf_object *exact;
    const struct jj_bpf_object *classes;
};

/* What a source asks of the user who runs it. */
struct jj_kernel_needs {
    const char *sentence;
    const char *setcap; /* the same as setcap(8) writes it */
    const char *kernel; /* the oldest: "Linux 6.1" */
    unsigned second;    /* CAP_ number of what it needs beside CAP_BPF */
};

struct jj_kernel_side {
    struct bpf_object *object;
    int rings_map;
    int want_map;
    int counters_map;
    unsigned cpus; /* possible ones: slots in the maps */
    bool exact;    /* records of large frames have their exact length */
    bool filters;  /* options.filter is compiled in */
};

/* With options.filter compiled in for `linktype` when it can be, else without. */
int jj_kernel_side_load(struct jj_kernel_side *kernel, const struct jj_kernel_images *images,
                        const struct jj_kernel_needs *needs,
                        const struct jj_source_options *options, uint16_t linktype,
                        struct jj_error *err);
int jj_kernel_side_program(const struct jj_kernel_side *kernel, const char *name);

/* One for each CPU online, of `bytes`; 0 = the usual size. */
int jj_kernel_side_make_rings(struct jj_kernel_side *kernel, struct jj_ring_set *set,
                              uint32_t bytes, struct jj_error *err);

/* Waits for programs that still run. They must hang nowhere any more; afterwards the counters
 * stand still. */
void jj_kernel_side_stop(const struct jj_kernel_side *kernel);

struct jj_ring_counters jj_kernel_side_counters(const struct jj_kernel_side *kernel);
void jj_kernel_side_unload(struct jj_kernel_side *kernel);

/* "2 rings of 16 MiB" */
void jj_kernel_side_describe(const struct jj_ring_set *set, char *text, size_t size);

/* The sentence for a failed step of getting the programs into the kernel. */
int jj_kernel_side_refused(int code, const char *what, const struct jj_kernel_needs *needs,
                           struct jj_error *err);
