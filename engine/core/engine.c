/* SPDX-License-Identifier: MIT
 *
 * The reader: takes frames from a source, filters, decodes, and deals the packets out to the
 * workers by the hash of their flow. Runs on the caller's thread. */
#include "jj/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "engine/base/counter.h"
#include "engine/core/worker.h"
#include "engine/filter/filter.h"
#include "engine/packet/decode.h"

#define QUIET_MS       100          /* how long a live source waits for packets */
#define FLUSH_INTERVAL 500000000ll  /* ns after which finished rows of a live run are handed on */
#define BACKWARD_JUMP  2000000000ll /* ns: a clock that goes back further is followed */

struct jj_engine {
    struct jj_engine_options options;
    struct jj_hash_seed seed;
    struct jj_decoder *decoder;
    struct jj_filter *filter;
    struct jj_worker *workers;
    atomic_uint opened;                 /* workers ready for use */
    _Atomic(struct jj_source *) source; /* while it is read */
    pthread_mutex_t source_lock;        /* held by who asks it for numbers, and when it goes */
    atomic_bool stopping;

    int64_t clock;   /* packet time: the latest seen, but for backward jumps */
    int64_t started; /* monotonic */
    int64_t flushed;
    uint64_t ordinal; /* frames read */
    uint64_t taken;   /* frames that passed the filter */
    uint16_t strange_linktype;
    struct jj_stats reader; /* what the reader counts, and sources that are done */
};

static int64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static int64_t realtime(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* JoyfulJay's rules need one table, whole logs, and its way of ending flows. */
static void apply_compat(struct jj_engine_options *o)
{
    if (!o->compat)
        return;
    o->workers = 1;
    o->exact = true;
    o->active_timeout = 0;
    o->tcp_end = JJ_TCP_END_FIRST_FIN;
}

int jj_engine_create(struct jj_engine **out, const struct jj_engine_options *options,
                     struct jj_error *err)
{
    struct jj_engine *e = calloc(1, sizeof *e);
    if (!e)
        return jj_fail(err, -ENOMEM, "no memory for the engine");
    e->options = *options;
    pthread_mutex_init(&e->source_lock, NULL);
    if (e->options.workers == 0)
        e->options.workers = 1;
    apply_compat(&e->options);
    int ret = jj_hash_seed(&e->seed);
    if (ret == 0)
        ret = jj_decoder_create(&e->decoder, options->tunnel == JJ_TUNNEL_OUTER);
    if (ret < 0)
        jj_fail(err, ret, "cannot set the engine up: %s", jj_strerror(ret));
    else if (options->filter)
        ret = jj_filter_create(&e->filter, options->filter, err);
    if (ret < 0) {
        jj_engine_destroy(e);
        return ret;
    }
    *out = e;
    return 0;
}

void jj_engine_destroy(struct jj_engine *engine)
{
    for (unsigned i = 0; engine->workers && i < engine->options.workers; i++)
        jj_worker_close(&engine->workers[i]);
    free(engine->workers);
    pthread_mutex_destroy(&engine->source_lock);
    jj_decoder_destroy(engine->decoder);
    if (engine->filter)
        jj_filter_destroy(engine->filter);
    free(engine);
}

/* Late, because the consumer may not be ready before the first run. */
static int open_workers(struct jj_engine *e, struct jj_error *err)
{
    unsigned count = e->options.workers;
    if (!e->workers)
        e->workers = calloc(count, sizeof *e->workers);
    if (!e->workers)
        return jj_fail(err, -ENOMEM, "no memory for %u workers", count);
    for (; e->opened < count; e->opened++) {
        struct jj_worker *w = &e->workers[e->opened];
        int ret = jj_worker_open(w, e->opened, &e->options, count > 1, err);
        if (ret < 0)
            return ret;
    }
    return 0;
}

static void count_packet(struct jj_stats *s, const struct jj_packet *packet)
{
    jj_count(&s->truncated, (packet->flags & JJ_PKT_TRUNCATED) != 0);
    jj_count(&s->l4_cut, (packet->flags & JJ_PKT_L4_CUT) != 0);
    jj_count(&s->fragments, (packet->flags & JJ_PKT_FRAGMENT) != 0);
    jj_count(&s->tunnelled, (packet->flags & JJ_PKT_TUNNELLED) != 0);
}

static bool decodes(struct jj_engine *e, const struct jj_frame *frame, struct jj_packet *packet)
{
    struct jj_stats *s = &e->reader;
    switch (jj_decode(e->decoder, frame, packet)) {
    case JJ_DECODE_OK:
        count_packet(s, packet);
        return true;
    case JJ_DECODE_MALFORMED:
        jj_count(&s->malformed, 1);
        return false;
    default:
        break;
    }
    if (jj_linktype_supported(frame->linktype)) {
        jj_count(&s->not_ip, 1);
        return false;
    }
    jj_count(&s->unsupported, 1);
    e->strange_linktype = frame->linktype;
    return false;
}

static struct jj_worker *worker_of(struct jj_engine *e, uint64_t hash)
{
    return &e->workers[(hash >> 32) * e->options.workers >> 32];
}

static void address(struct jj_engine *e, struct jj_packet *packet)
{
    struct jj_key key;
    packet->ordinal = e->ordinal;
    if (e->options.compat)
        jj_compat_packet(packet);
    jj_key_of(&key, packet);
    packet->hash = jj_key_hash(&key, &e->seed);
}

/* One worker gets its packets decoded in place. */
static void deal_out(struct jj_engine *e, const struct jj_frame *frame)
{
    struct jj_worker *worker = e->workers;
    struct jj_packet local, *packet = &local;
    if (e->options.workers == 1)
        packet = &worker->parcel->packet[worker->parcel->count];
    if (!decodes(e, frame, packet))
        return;
    address(e, packet);
    if (packet == &local) {
        worker = worker_of(e, packet->hash);
        worker->parcel->packet[worker->parcel->count] = local;
    }
    if (++worker->parcel->count == JJ_BATCH)
        jj_worker_send(worker, JJ_PARCEL_ADD);
}

static void send_all(struct jj_engine *e, enum jj_parcel_order order)
{
    for (unsigned i = 0; i < e->options.workers; i++)
        if (order != JJ_PARCEL_ADD || e->workers[i].parcel->count > 0)
            jj_worker_send(&e->workers[i], order);
}

/* All workers see the clock tick between the same two packets, however many workers there are. */
static void set_clock(struct jj_engine *e, int64_t time)
{
    if (time < e->clock && e->clock - time < BACKWARD_JUMP)
        return;
    bool ticks = time >> JJ_WHEEL_TICK_BITS != e->clock >> JJ_WHEEL_TICK_BITS;
    e->clock = time;
    if (!ticks)
        return;
    send_all(e, JJ_PARCEL_ADD);
    for (unsigned i = 0; i < e->options.workers; i++)
        e->workers[i].clock = time;
}

static unsigned keep_matching(struct jj_engine *e, const struct jj_source *source,
                              struct jj_frame *frames, unsigned count)
{
    if (!e->filter || source->filters)
        return count;
    unsigned kept = jj_filter_apply(e->filter, frames, count);
    jj_count(&e->reader.filtered, count - kept);
    return kept;
}

static unsigned keep_counted(struct jj_engine *e, struct jj_source *source, unsigned count)
{
    uint64_t most = e->options.max_packets;
    unsigned kept = count;
    if (most && e->taken + count > most)
        kept = (unsigned)(most - e->taken);
    jj_count(&e->reader.over_count, count - kept);
    e->taken += kept;
    if (most && e->taken == most)
        source->ops->stop(source);
    return kept;
}

static int take_batch(struct jj_engine *e, struct jj_source *source, struct jj_frame *frames,
                      unsigned count, struct jj_error *err)
{
    int ret = 0;
    int64_t last = frames[count - 1].time;
    uint64_t bytes = 0;
    if (e->clock == 0)
        set_clock(e, frames[0].time);
    for (unsigned i = 0; i < count; i++)
        bytes += frames[i].wire_len;
    jj_count(&e->reader.bytes, bytes);
    count = keep_matching(e, source, frames, count);
    count = keep_counted(e, source, count);
    if (e->options.on_frames && count > 0)
        ret = e->options.on_frames(e->options.on_frames_context, source, frames, count, err);
    for (unsigned i = 0; i < count; i++, e->ordinal++)
        deal_out(e, &frames[i]);
    if (e->options.workers == 1)
        send_all(e, JJ_PARCEL_ADD); /* the frames' bytes are gone with the next batch */
    set_clock(e, last);
    return ret;
}

/* Rows of a live run must come while someone watches, also when no packets do. */
static void keep_flowing(struct jj_engine *e, bool quiet)
{
    int64_t now = monotonic();
    if (quiet)
        set_clock(e, realtime() - QUIET_MS * 1000000ll);
    if (!quiet && now - e->flushed < FLUSH_INTERVAL)
        return;
    e->flushed = now;
    send_all(e, JJ_PARCEL_FLUSH);
}

static int read_source(struct jj_engine *e, struct jj_source *source, struct jj_error *err)
{
    struct jj_frame frames[JJ_BATCH];
    bool live = source->ops->live;
    int failure = 0;
    for (;;) {
        int count = source->ops->next(source, frames, JJ_BATCH, QUIET_MS, failure ? NULL : err);
        if (count < 0)
            return failure ? failure : count == JJ_EEOF ? 0 : count;
        int ret =
            count > 0 ? take_batch(e, source, frames, (unsigned)count, failure ? NULL : err) : 0;
        /* What is captured already is still counted; only then the failure is told. */
        if (ret < 0 && failure == 0) {
            failure = ret;
            source->ops->stop(source);
        }
        if (live)
            keep_flowing(e, count == 0);
        if (e->options.max_duration && monotonic() - e->started >= e->options.max_duration)
            source->ops->stop(source);
    }
}

static void add_source_stats(struct jj_stats *to, const struct jj_source *source)
{
    struct jj_source_stats stats;
    source->ops->stats(source, &stats);
    jj_count(&to->received, stats.received);
    jj_count(&to->filtered, stats.filtered);
    jj_count(&to->ring_full, stats.ring_full);
    jj_count(&to->failed, stats.failed);
    jj_count(&to->nic_dropped, stats.nic_dropped);
}

/* A source none of whose frames could be read is a failure, not an empty result. */
static int check_linktype(struct jj_engine *e, uint64_t unsupported, uint64_t ordinal,
                          struct jj_error *err)
{
    uint64_t strange = e->reader.unsupported - unsupported;
    if (strange == 0 || strange < e->ordinal - ordinal)
        return 0;
    return jj_fail(err, JJ_EUNSUPPORTED, "unsupported link type %u (%s)", e->strange_linktype,
                   jj_linktype_name(e->strange_linktype));
}

int jj_engine_run(struct jj_engine *engine, struct jj_source *source, struct jj_error *err)
{
    struct jj_engine *e = engine;
    int ret = open_workers(e, err);
    if (ret < 0)
        return ret;
    for (unsigned i = 0; i < e->options.workers; i++)
        jj_worker_prepare(&e->workers[i], source->ops->live);
    uint64_t unsupported = e->reader.unsupported, ordinal = e->ordinal;
    e->started = e->flushed = monotonic();
    e->clock = 0;
    atomic_store(&e->source, source);
    if (atomic_load(&e->stopping))
        source->ops->stop(source);
    ret = read_source(e, source, err);
    send_all(e, JJ_PARCEL_END);
    for (unsigned i = 0; i < e->options.workers; i++)
        jj_worker_drain(&e->workers[i]);
    pthread_mutex_lock(&e->source_lock);
    atomic_store(&e->source, NULL);
    add_source_stats(&e->reader, source);
    pthread_mutex_unlock(&e->source_lock);
    if (ret == 0)
        ret = check_linktype(e, unsupported, ordinal, err);
    return ret;
}

void jj_engine_stop(struct jj_engine *engine)
{
    atomic_store(&engine->stopping, true);
    struct jj_source *source = atomic_load(&engine->source);
    if (source)
        source->ops->stop(source);
}

static void add_flow_counters(struct jj_stats *to, const struct jj_flow_counters *from)
{
    to->in_flows += jj_counted(&from->in_flows);
    to->table_full += jj_counted(&from->table_full);
    to->time_regressions += jj_counted(&from->time_regressions);
    to->flows += jj_counted(&from->flows);
    to->flows_live += jj_counted(&from->flows_live);
    to->evicted += jj_counted(&from->evicted);
}

void jj_engine_stats(const struct jj_engine *engine, struct jj_stats *out)
{
    struct jj_engine *e = (struct jj_engine *)engine;
    pthread_mutex_lock(&e->source_lock);
    for (unsigned i = 0; i < jj_counter_count; i++)
        ((uint64_t *)out)[i] = jj_counted((const uint64_t *)&e->reader + i);
    struct jj_source *source = atomic_load(&e->source);
    if (source)
        add_source_stats(out, source);
    pthread_mutex_unlock(&e->source_lock);
    for (unsigned i = 0; i < atomic_load(&e->opened); i++)
        add_flow_counters(out, &e->workers[i].flows.counters);
}
