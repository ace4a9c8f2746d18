/* SPDX-License-Identifier: MIT
 *
 * Source -> engine -> extractors -> writer -> sink, joined as the options say. One pipeline takes
 * any number of sources one after the other and makes one output of them.
 *
 *   create, then for each source: open, run, close; then finish, then destroy
 *
 * All calls come from one thread, but for jj_pipeline_stop and jj_pipeline_stats. */
#pragma once
#include "jj/engine.h"
#include "jj/table.h"

#include "cli/options.h"

struct jj_pipeline;

struct jj_pipeline_options {
    const struct jj_options *options;
    bool live; /* rows go out at once, and are dropped and counted when the sink is too slow */

    /* Sees each table of finished rows before the sink does, on the worker's thread. May be NULL.
     */
    void (*watch)(void *context, const struct jj_table *table);
    void *watch_context;
};

int jj_pipeline_create(struct jj_pipeline **out, const struct jj_pipeline_options *options,
                       struct jj_error *err);

int jj_pipeline_open(struct jj_pipeline *pipeline, const struct jj_source_ops *ops,
                     const char *where, struct jj_error *err);

/* Reads the open source to its end, to a limit, or to jj_pipeline_stop. */
int jj_pipeline_run(struct jj_pipeline *pipeline, struct jj_error *err);

/* What the open source says about itself; NULL = nothing. */
const char *jj_pipeline_note(const struct jj_pipeline *pipeline);

void jj_pipeline_close(struct jj_pipeline *pipeline);

/* Is the output gone (disk full, pipe closed)? Then no source makes sense any more. */
bool jj_pipeline_broken(const struct jj_pipeline *pipeline);

/* Was --count reached? */
bool jj_pipeline_sated(const struct jj_pipeline *pipeline);

/* Writes what is left. Fails when any row or saved packet could not be written. */
int jj_pipeline_finish(struct jj_pipeline *pipeline, struct jj_error *err);

/* Safe in a signal handler. */
void jj_pipeline_stop(void *pipeline);

/* Any thread, until jj_pipeline_destroy; exact after jj_pipeline_finish. */
void jj_pipeline_stats(const struct jj_pipeline *pipeline, struct jj_stats *out);

void jj_pipeline_destroy(struct jj_pipeline *pipeline);
