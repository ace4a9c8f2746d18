/* SPDX-License-Identifier: MIT
 *
 * A run of the pipeline as a command does it: sources one after the other, progress, Ctrl+C, the
 * messages at the end, the exit code. */
#pragma once
#include "cli/pipeline.h"

struct jj_run {
    struct jj_pipeline_options pipeline;
    const struct jj_source_ops *source;
    const struct jj_list *inputs; /* what the source opens: files, or one interface */
    const char *verb;             /* "Extracted", "Captured" */

    /* Around the run of each input; both may be NULL. */
    void (*on_open)(void *context, struct jj_pipeline *pipeline);
    void (*on_close)(void *context);
    void *context;
};

/* Gives the exit code. */
int jj_run(const struct jj_run *run);
