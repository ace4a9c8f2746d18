/* SPDX-License-Identifier: MIT
 *
 * A worker owns a flow table and an instance of the consumer. It is driven either directly, by the
 * reader's thread (one worker), or by a thread of its own that takes parcels from the reader. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "engine/base/ring.h"
#include "engine/core/compat.h"
#include "engine/flow/flows.h"

#define JJ_PARCELS 64u

enum jj_parcel_order { JJ_PARCEL_ADD, JJ_PARCEL_FLUSH, JJ_PARCEL_END };

/* Packets on their way to a worker. Their bytes stay behind with the reader. */
struct jj_parcel {
    int64_t clock; /* to advance to before the packets are added */
    unsigned count;
    enum jj_parcel_order order; /* after the packets were added */
    struct jj_packet packet[JJ_BATCH];
};

struct jj_worker {
    struct jj_flows flows;
    const struct jj_consumer_ops *consumer_ops;
    void *consumer_state;
    struct jj_parcel *parcel; /* being filled by the reader */
    int64_t clock;            /* the reader's, for the parcels it sends */

    /* with a thread of its own */
    bool threaded;
    pthread_t thread;
    struct jj_parcel *parcels;
    struct jj_spsc full; /* reader -> worker */
    struct jj_spsc free; /* worker -> reader */
    struct jj_bell work;
    struct jj_bell room;
};

/* `worker` is zeroed. */
int jj_worker_open(struct jj_worker *worker, unsigned number,
                   const struct jj_engine_options *options, bool threaded, struct jj_error *err);
void jj_worker_close(struct jj_worker *worker);

/* The flow table's slack depends on the source. Between runs only. */
void jj_worker_prepare(struct jj_worker *worker, bool live);

/* Hands worker->parcel over, or does its work at once; there is an empty one in its place then. */
void jj_worker_send(struct jj_worker *worker, enum jj_parcel_order order);

/* Waits until all parcels are worked off. */
void jj_worker_drain(struct jj_worker *worker);
