/* SPDX-License-Identifier: MIT
 *
 * The progress line: a thread of its own that reads the counters a few times a second. */
#pragma once
#include "cli/pipeline.h"

struct jj_progress;

/* NULL when there is nothing to draw on; the other calls accept that. */
struct jj_progress *jj_progress_start(const struct jj_pipeline *pipeline, bool live);

/* The file being read now; its share is shown when its size is known. */
void jj_progress_file(struct jj_progress *progress, const char *path);

/* Takes the line away. */
void jj_progress_stop(struct jj_progress *progress);
