/* SPDX-License-Identifier: MIT
 *
 * The engine joins a source, the flow table and a consumer of flows. With one worker everything
 * runs on the caller's thread; with more, the caller's thread reads and decodes, and each flow
 * belongs to one worker. */
#pragma once
#include "flow.h"
#include "metrics.h"
#include "source.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is done with finished packets and flows. The engine calls it from the worker that owns the
 * flow; one instance a worker, so an implementation needs no lock. */
struct jj_consumer_ops {
    int (*open)(void **state, void *consumer, unsigned worker, struct jj_error *err);

    /* A flow's log is full: absorb these records into flow->state, which is 0 the first time. */
    void (*fold)(void *state, struct jj_flow *flow, const struct jj_record *records, size_t count);

    /* A flow ended; `records` are those not folded yet. The flow is freed after the call. */
    void (*end)(void *state, struct jj_flow *flow, const struct jj_record *records, size_t count);

    /* Hand over what is finished: someone may be waiting for it. */
    void (*flush)(void *state);
    void (*close)(void *state);
};

enum jj_tcp_end { JJ_TCP_END_BOTH_FIN, JJ_TCP_END_FIRST_FIN, JJ_TCP_END_TIMEOUT };
enum jj_tunnel_mode { JJ_TUNNEL_INNER, JJ_TUNNEL_OUTER };

struct jj_engine_options {
    const struct jj_consumer_ops *consumer_ops;
    void *consumer;

    unsigned workers;       /* 0 = 1 */
    int64_t idle_timeout;   /* ns */
    int64_t active_timeout; /* ns, 0 = never */
    uint32_t max_flows;     /* 0 = the default, 4 Mi; split evenly over the workers */
    uint8_t tcp_end;        /* enum jj_tcp_end */
    uint8_t tunnel;         /* enum jj_tunnel_mode */
    bool exact;             /* keep every record until the flow ends */
    bool compat;            /* flow boundaries and lengths as JoyfulJay has them */
    const char *filter;     /* pcap-filter expression; NULL = all */
    uint64_t max_packets;   /* stop after this many frames passed the filter; 0 = never */
    int64_t max_duration;   /* ns of wall clock; 0 = no limit */

    /* Sees every frame that passed the filter, before decoding; for saving captures. May be NULL.
     * A negative return ends the run with that failure. */
    int (*on_frames)(void *context, const struct jj_source *source, const struct jj_frame *frames,
                     unsigned count, struct jj_error *err);
    void *on_frames_context;
};

struct jj_engine;

int jj_engine_create(struct jj_engine **out, const struct jj_engine_options *options,
                     struct jj_error *err);

/* Reads the source to its end, to a limit or to jj_engine_stop, then ends all flows. Returns 0, or
 * the failure of the source; the flows seen until then were given to the consumer either way. */
int jj_engine_run(struct jj_engine *engine, struct jj_source *source, struct jj_error *err);

/* Asks run() to end early. Safe in a signal handler and from any thread. */
void jj_engine_stop(struct jj_engine *engine);

/* Sums over workers and over all sources run so far. Any thread, any time. */
void jj_engine_stats(const struct jj_engine *engine, struct jj_stats *out);

void jj_engine_destroy(struct jj_engine *engine);

#ifdef __cplusplus
}
#endif
