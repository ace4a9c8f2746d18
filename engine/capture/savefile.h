/* SPDX-License-Identifier: MIT
 *
 * Writes captured frames to a file: pcapng when its name ends in .pcapng, else pcap with
 * nanoseconds. Whatever happens, the file holds whole packets. One thread. */
#pragma once
#include "jj/metrics.h"
#include "jj/source.h"

struct jj_savefile;

/* `path` "-" is standard output. `source` gives the interfaces and must stay open while frames of
 * it are written. */
int jj_savefile_open(struct jj_savefile **out, const char *path, const struct jj_source *source,
                     struct jj_error *err);

/* The frames to come are of this source: what several files are joined by. */
void jj_savefile_source(struct jj_savefile *savefile, const struct jj_source *source);

int jj_savefile_write(struct jj_savefile *savefile, const struct jj_frame *frames, unsigned count,
                      struct jj_error *err);

/* Completes and frees. `stats` go into a pcapng file; NULL: not known. A failure that write told
 * already is not told again. The source may be closed before. */
int jj_savefile_close(struct jj_savefile *savefile, const struct jj_stats *stats,
                      struct jj_error *err);
