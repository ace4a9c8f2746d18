/* SPDX-License-Identifier: MIT
 *
 * Drives a flow table with packets in memory as the engine's only worker would: the clock first,
 * then a batch, all flows at the end. */
#pragma once
#include <errno.h>
#include <stdlib.h>

#include "jj/source.h"

#include "bench/memory.h"
#include "engine/flow/flows.h"

#define BENCH_MAX_FLOWS (4u << 20)

static inline int bench_create_flows(struct jj_flows **out, const struct jj_consumer_ops *ops,
                                     void *state, struct jj_error *err)
{
    const struct jj_flows_options options = {
        .consumer_ops = ops,
        .consumer_state = state,
        .idle_timeout = 60000000000ll,
        .active_timeout = 1800000000000ll,
        .slack = 2000000000ll,
        .max_flows = BENCH_MAX_FLOWS,
    };
    *out = calloc(1, sizeof **out);
    return *out ? jj_flows_create(*out, &options, err)
                : jj_fail(err, -ENOMEM, "no memory for the flow table");
}

static inline void bench_run_flows(struct jj_flows *flows, const struct bench_packets *packets)
{
    for (size_t i = 0; i < packets->count; i += JJ_BATCH) {
        size_t left = packets->count - i;
        jj_flows_advance(flows, packets->packet[i].time);
        jj_flows_add(flows, &packets->packet[i], left < JJ_BATCH ? (unsigned)left : JJ_BATCH);
    }
    jj_flows_end_older(flows, INT64_MAX, JJ_END_INPUT);
}

static inline void bench_destroy_flows(struct jj_flows *flows)
{
    jj_flows_destroy(flows);
    free(flows);
}
