/* SPDX-License-Identifier: MIT
 *
 * Rows as lines of text: what CSV and JSON Lines have in common. A line is, for every column, its
 * prefix ("," or ",\"name\":") and its value, and then an end; the dialect says how. Everything
 * that does not depend on the row is rendered once, at open. */
#pragma once
#include "jj/sink.h"

#include "transport/sink/output.h"

struct jj_dialect {
    char bools[2][8]; /* "false" and "true" in its spelling */
    const char *line_end;
    const char *quote; /* around a list */

    /* All write at `to` and return the end of what they wrote, at most 6 * length + 2 bytes. */
    char *(*put_string)(char *to, const char *text, size_t length, bool compat);
    char *(*put_json)(char *to, const char *text, size_t length);

    /* The same for one column; name and feature->compat are the texts to render. */
    char *(*put_prefix)(char *to, const struct jj_schema_column *column, unsigned index);
    char *(*put_missing)(char *to, const struct jj_feature *feature, bool compat);
};

struct jj_rows_column {
    const char *prefix, *missing; /* in jj_rows.texts */
    uint32_t prefix_length, missing_length;
    bool complete; /* no row of the table in hand lacks a value */
};

/* Texts of doubles seen before: neighbouring columns often hold the same value. */
#define JJ_ROWS_SEEN 256

struct jj_rows_seen {
    uint64_t bits;
    char text[24];
    uint64_t length;
};

struct jj_rows {
    struct jj_sink sink;
    const struct jj_dialect *dialect;
    struct jj_sink_options options;
    struct jj_output output;
    struct jj_rows_column *columns;
    char *texts;
    size_t room; /* for a line without its strings and lists */
    bool failed; /* nothing more is written */
    struct jj_rows_seen seen[JJ_ROWS_SEEN];
};

/* The caller sets sink.ops. */
int jj_rows_open(struct jj_rows **out, const struct jj_dialect *dialect, const char *where,
                 const struct jj_sink_options *options, struct jj_error *err);
int jj_rows_write(struct jj_sink *sink, const struct jj_table *table, struct jj_error *err);
int jj_rows_close(struct jj_sink *sink, struct jj_error *err);
