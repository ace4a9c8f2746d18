/* SPDX-License-Identifier: MIT */
#include "engine/core/worker.h"

#include "engine/base/thread.h"

#define DEFAULT_FLOWS (4u << 20)
#define FILE_SLACK    2000000000ll /* ns that packets in files may be out of order without harm */

static void work(struct jj_worker *w, const struct jj_parcel *parcel)
{
    struct jj_flows *flows = &w->flows;
    jj_flows_advance(flows, parcel->clock);
    if (flows->options.compat)
        jj_compat_add(flows, parcel->packet, parcel->count);
    else
        jj_flows_add(flows, parcel->packet, parcel->count);
    if (parcel->order == JJ_PARCEL_END)
        jj_flows_end_older(flows, INT64_MAX, JJ_END_INPUT);
    if (parcel->order != JJ_PARCEL_ADD)
        w->consumer_ops->flush(w->consumer_state);
}

/* A parcel without packets and without order ends the thread. */
static void *run(void *argument)
{
    struct jj_worker *w = argument;
    for (;;) {
        struct jj_parcel *parcel = jj_spsc_pop(&w->full);
        if (!parcel) {
            uint32_t seen = jj_bell_listen(&w->work);
            parcel = jj_spsc_pop(&w->full);
            if (!parcel) {
                jj_bell_wait(&w->work, seen);
                continue;
            }
        }
        bool last = parcel->count == 0 && parcel->order == JJ_PARCEL_ADD;
        if (!last)
            work(w, parcel);
        jj_spsc_push(&w->free, parcel);
        jj_bell_ring(&w->room);
        if (last)
            return NULL;
    }
}

static struct jj_parcel *take_empty(struct jj_worker *w)
{
    struct jj_parcel *parcel;
    while (!(parcel = jj_spsc_pop(&w->free))) {
        uint32_t seen = jj_bell_listen(&w->room);
        if ((parcel = jj_spsc_pop(&w->free)))
            break;
        jj_bell_wait(&w->room, seen);
    }
    return parcel;
}

void jj_worker_send(struct jj_worker *worker, enum jj_parcel_order order)
{
    struct jj_parcel *parcel = worker->parcel;
    parcel->order = order;
    parcel->clock = worker->clock;
    if (worker->threaded) {
        jj_spsc_push(&worker->full, parcel); /* there is a slot for every parcel */
        jj_bell_ring(&worker->work);
        worker->parcel = take_empty(worker);
    } else {
        work(worker, parcel);
    }
    worker->parcel->count = 0;
}

void jj_worker_drain(struct jj_worker *worker)
{
    if (!worker->threaded)
        return;
    struct jj_parcel *all[JJ_PARCELS];
    for (unsigned i = 1; i < JJ_PARCELS; i++)
        all[i] = take_empty(worker);
    for (unsigned i = 1; i < JJ_PARCELS; i++)
        jj_spsc_push(&worker->free, all[i]);
}

static int start_thread(struct jj_worker *w, unsigned number, struct jj_error *err)
{
    w->parcels = calloc(JJ_PARCELS, sizeof *w->parcels);
    int ret = w->parcels ? jj_spsc_init(&w->full, JJ_PARCELS) : -ENOMEM;
    if (ret == 0)
        ret = jj_spsc_init(&w->free, JJ_PARCELS);
    if (ret < 0)
        return jj_fail(err, ret, "no memory for worker %u", number);
    for (unsigned i = 1; i < JJ_PARCELS; i++)
        jj_spsc_push(&w->free, &w->parcels[i]);
    w->parcel = &w->parcels[0];
    ret = jj_thread_start(&w->thread, run, w);
    if (ret < 0)
        return jj_fail(err, ret, "cannot start worker %u: %s", number, jj_strerror(ret));
    w->threaded = true;
    return 0;
}

int jj_worker_open(struct jj_worker *worker, unsigned number,
                   const struct jj_engine_options *options, bool threaded, struct jj_error *err)
{
    worker->consumer_ops = options->consumer_ops;
    int ret = options->consumer_ops->open(&worker->consumer_state, options->consumer, number, err);
    if (ret < 0) {
        worker->consumer_ops = NULL;
        return ret;
    }
    uint32_t flows = (options->max_flows ? options->max_flows : DEFAULT_FLOWS) / options->workers;
    const struct jj_flows_options flow_options = {
        .consumer_ops = options->consumer_ops,
        .consumer_state = worker->consumer_state,
        .idle_timeout = options->idle_timeout,
        .active_timeout = options->active_timeout,
        .max_flows = flows ? flows : 1,
        .tcp_end = options->tcp_end,
        .exact = options->exact,
        .compat = options->compat,
    };
    ret = jj_flows_create(&worker->flows, &flow_options, err);
    if (ret < 0)
        return ret;
    if (threaded)
        return start_thread(worker, number, err);
    worker->parcel = worker->parcels = calloc(1, sizeof *worker->parcels);
    return worker->parcels ? 0 : jj_fail(err, -ENOMEM, "no memory for worker %u", number);
}

void jj_worker_prepare(struct jj_worker *worker, bool live)
{
    worker->flows.options.slack = live ? 0 : FILE_SLACK;
}

void jj_worker_close(struct jj_worker *worker)
{
    if (worker->threaded) {
        worker->parcel->count = 0;
        worker->parcel->order = JJ_PARCEL_ADD;
        jj_spsc_push(&worker->full, worker->parcel);
        jj_bell_ring(&worker->work);
        pthread_join(worker->thread, NULL);
    }
    jj_flows_destroy(&worker->flows);
    if (worker->consumer_ops)
        worker->consumer_ops->close(worker->consumer_state);
    jj_spsc_done(&worker->full);
    jj_spsc_done(&worker->free);
    free(worker->parcels);
}
