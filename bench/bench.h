/* SPDX-License-Identifier: MIT
 *
 * The harness of all stage programs: one way to call them (--runs N, --json, INPUT), one way to
 * measure (CPU time of the process, every thread, user and system), one JSON object out. A stage
 * is four functions; only run() is measured. One thread calls them all. */
#pragma once
#include "jj/error.h"

/* What one run did. Zero: does not apply. Every run of a program must do the same. */
struct bench_work {
    uint64_t items; /* of the stage's unit */
    uint64_t bytes;
    uint64_t flows;
};

struct bench_stage {
    const char *name;
    const char *unit;           /* "packet", "row", "value" */
    const char *input;          /* what INPUT is, for the usage line */
    const char *const *choices; /* words that may follow INPUT, the default first; or NULL */

    int (*load)(const char *input, const char *choice, struct jj_error *err); /* once */
    int (*before)(struct jj_error *err); /* each run, not measured; may be NULL */
    int (*run)(struct bench_work *work, struct jj_error *err);
    void (*after)(void); /* each run, not measured; may be NULL */
};

/* All of main(). */
int bench_main(int argc, char **argv, const struct bench_stage *stage);
