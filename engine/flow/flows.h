/* SPDX-License-Identifier: MIT
 *
 * The flows of one worker: finds or creates the flow of each packet, appends to its log, decides
 * when it ends, and gives it to the consumer then. One thread; memory is reserved at creation and
 * nothing is allocated per packet or per flow.
 *
 * A flow ends for what its own packets say, never for when others came: so any number of workers
 * gives the same rows. Time only makes flows that are over leave the table. */
#pragma once
#include "jj/engine.h"

#include "engine/base/slab.h"
#include "engine/flow/index.h"
#include "engine/flow/key.h"
#include "engine/flow/log.h"
#include "engine/flow/wheel.h"

struct jj_flows_options {
    const struct jj_consumer_ops *consumer_ops;
    void *consumer_state;
    int64_t idle_timeout;
    int64_t active_timeout; /* 0 = never */
    int64_t slack;          /* how much longer idle flows wait for packets out of order */
    uint32_t max_flows;
    uint8_t tcp_end; /* enum jj_tcp_end */
    bool exact;
    bool compat;
};

/* Written by the worker only, see engine/base/counter.h. */
struct jj_flow_counters {
    uint64_t in_flows;
    uint64_t table_full;
    uint64_t time_regressions;
    uint64_t flows;
    uint64_t flows_live;
    uint64_t evicted;
};

struct jj_flows {
    struct jj_flows_options options;
    struct jj_flow_counters counters;
    struct jj_index index;
    struct jj_wheel wheel;
    struct jj_slab flows;
    struct jj_slab tunnels;
    struct jj_logs logs;
    struct jj_record *scratch;
    size_t scratch_records;
};

/* `flows` is zeroed or from calloc. */
int jj_flows_create(struct jj_flows *flows, const struct jj_flows_options *options,
                    struct jj_error *err);

/* Up to JJ_BATCH packets in their order, hash filled in. */
void jj_flows_add(struct jj_flows *flows, const struct jj_packet *packets, unsigned count);

/* Time went on to `now`: flows that are over leave. */
void jj_flows_advance(struct jj_flows *flows, int64_t now);

/* Ends, in the order of their last packets, the flows whose last packet is older than `before`;
 * INT64_MAX = all. */
void jj_flows_end_older(struct jj_flows *flows, int64_t before, enum jj_end_reason reason);

void jj_flows_destroy(struct jj_flows *flows);
