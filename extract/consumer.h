/* SPDX-License-Identifier: MIT
 *
 * From ended flows to tables of rows: the consumer that the engine is given. Tables come from and
 * go to whoever writes them out, by two callbacks that are called from the worker's thread. */
#pragma once
#include "jj/engine.h"
#include "jj/table.h"

struct jj_extract_options {
    const struct jj_schema *schema; /* borrowed */
    unsigned workers;
    bool compat; /* JoyfulJay's arithmetic where it differs */
    bool exact;  /* the engine never folds */
    bool anonymize_ips;
    const char *salt;         /* for anonymize_ips and flow_id; NULL = "" */
    double burst_threshold;   /* seconds; 0 = 0.05 */
    unsigned sequence_length; /* 0 = 50 */

    /* An empty table for this worker; NULL when there is none: the rows of the table in hand are
     * then given up, and counted by whoever answered NULL. */
    struct jj_table *(*get)(void *context, unsigned worker);
    /* Takes a table with rows. */
    void (*put)(void *context, unsigned worker, struct jj_table *table);
    /* So many finished rows found no table. */
    void (*dropped)(void *context, unsigned worker, unsigned rows);
    void *context;
};

struct jj_extract;

int jj_extract_create(struct jj_extract **out, const struct jj_extract_options *options,
                      struct jj_error *err);
void jj_extract_destroy(struct jj_extract *extract);

/* For jj_engine_options.consumer_ops, with a struct jj_extract as the consumer. */
extern const struct jj_consumer_ops jj_extract_consumer;
