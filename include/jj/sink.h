/* SPDX-License-Identifier: MIT
 *
 * The contract of an exporter of rows. A sink runs on its own thread: open, then tables in order,
 * then close. A sink is one file in transport/sink and one line in sinks.def. */
#pragma once
#include "table.h"

#ifdef __cplusplus
extern "C" {
#endif

struct jj_sink;

struct jj_sink_options {
    const struct jj_schema *schema; /* borrowed for the sink's life */
    bool compat;                    /* a missing value is printed as feature->compat */
    bool flush;                     /* write out after every table: someone reads along */
};

struct jj_sink_ops {
    const char *name; /* "csv": also the word of --format */
    const char *summary;

    /* Gives *out. `where` is a path or "-" for standard output; an existing file is replaced. */
    int (*open)(struct jj_sink **out, const char *where, const struct jj_sink_options *options,
                struct jj_error *err);

    /* Writes all rows or fails; after a failure only close() follows. */
    int (*write)(struct jj_sink *sink, const struct jj_table *table, struct jj_error *err);

    /* Always frees; fails when what was written could not be finished (a full disk). */
    int (*close)(struct jj_sink *sink, struct jj_error *err);
};

struct jj_sink {
    const struct jj_sink_ops *ops;
};

const struct jj_sink_ops *jj_sink_find(const char *name);
const struct jj_sink_ops *const *jj_sinks(void); /* ended by NULL */

#ifdef __cplusplus
}
#endif
