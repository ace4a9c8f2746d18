/* SPDX-License-Identifier: MIT
 *
 * The hand-over of tables from the workers to one sink. Every producer has tables of its own that
 * go round: empty to the producer, full to the writer's thread, which owns the sink and sleeps when
 * idle. After a failure of the sink the tables keep going round, their rows are dropped and
 * counted, so no producer hangs. */
#pragma once
#include "jj/sink.h"

struct jj_writer;

/* Gives *out and takes the sink; on failure the sink stays the caller's. `block`: jj_writer_get
 * waits when the sink is slower than the producers. */
int jj_writer_create(struct jj_writer **out, struct jj_sink *sink, unsigned producers,
                     unsigned tables_per_producer, const struct jj_schema *schema, bool block,
                     struct jj_error *err);

/* An empty table for producer `p`, from one thread a producer. NULL only without `block`: none is
 * free; the rows that would have gone there are the caller's to count. */
struct jj_table *jj_writer_get(struct jj_writer *writer, unsigned p);

/* Hands a table of jj_writer_get over. Never waits. */
void jj_writer_put(struct jj_writer *writer, unsigned p, struct jj_table *table);

/* Any thread, any time. `rows` were taken by the sink; after a failure its last ones may be lost,
 * and the failure says how many are safe. */
uint64_t jj_writer_rows(const struct jj_writer *writer);
uint64_t jj_writer_rows_dropped(const struct jj_writer *writer);
bool jj_writer_failed(const struct jj_writer *writer);

/* Writes what was put, ends the thread, closes the sink, frees all tables. The producers are done
 * by then. Returns the first failure. Accepts NULL. */
int jj_writer_close(struct jj_writer *writer, struct jj_error *err);
