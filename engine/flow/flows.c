/* SPDX-License-Identifier: MIT */
#include "engine/flow/flows.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/counter.h"
#include "engine/flow/tcp.h"

#define LINGER         2000000000ll /* ns that a closed connection waits for stragglers */
#define PREFETCH_AHEAD 8
#define EVICTION_TRIES 8 /* flows looked at for one that is really the oldest */

struct arrival {
    const struct jj_packet *packet;
    struct jj_key key;
    uint32_t hash;
    uint32_t guess; /* flow with the same hash, fetched ahead */
    uint8_t side;
};

static struct jj_flow *flow_at(const struct jj_flows *flows, uint32_t number)
{
    return jj_slab_at(&flows->flows, number);
}

int jj_flows_create(struct jj_flows *flows, const struct jj_flows_options *options,
                    struct jj_error *err)
{
    flows->options = *options;
    int ret = jj_index_create(&flows->index, options->max_flows);
    if (ret == 0)
        ret = jj_slab_create(&flows->flows, sizeof(struct jj_flow), options->max_flows);
    if (ret == 0)
        ret = jj_slab_create(&flows->tunnels, sizeof(struct jj_tunnel), options->max_flows);
    if (ret == 0)
        ret = jj_logs_create(&flows->logs, options->max_flows, options->exact);
    flows->scratch_records = JJ_LOG_LIMIT;
    flows->scratch = malloc(flows->scratch_records * sizeof *flows->scratch);
    if (ret < 0 || !flows->scratch) {
        jj_flows_destroy(flows);
        return jj_fail(err, -ENOMEM, "no memory for %u flows: lower --max-flows",
                       options->max_flows);
    }
    return 0;
}

void jj_flows_destroy(struct jj_flows *flows)
{
    jj_index_destroy(&flows->index);
    jj_slab_destroy(&flows->flows);
    jj_slab_destroy(&flows->tunnels);
    jj_logs_destroy(&flows->logs);
    free(flows->scratch);
    flows->scratch = NULL;
}

/* Only an exact log outgrows the scratch: then, once in a while, memory is asked for. */
static const struct jj_record *gather(struct jj_flows *flows, const struct jj_flow *flow)
{
    if (flow->log_count > flows->scratch_records) {
        size_t records = 2 * (size_t)flow->log_count;
        struct jj_record *bigger = realloc(flows->scratch, records * sizeof *bigger);
        if (!bigger)
            return NULL;
        flows->scratch = bigger;
        flows->scratch_records = records;
    }
    return jj_log_gather(&flows->logs, flow, flows->scratch);
}

/* Gives the flow to the consumer and frees it. It is out of wheel and index already. */
static void release_flow(struct jj_flows *flows, uint32_t number, enum jj_end_reason reason)
{
    struct jj_flow *flow = flow_at(flows, number);
    if (flow->end_reason == JJ_END_NONE)
        flow->end_reason = reason;
    const struct jj_record *records = gather(flows, flow);
    flows->options.consumer_ops->end(flows->options.consumer_state, flow, records,
                                     records ? flow->log_count : 0);
    jj_log_clear(&flows->logs, flow);
    if (flow->tunnel)
        jj_slab_give(&flows->tunnels, flow->tunnel);
    flow->key.ip_version = 0; /* marks a free slot for jj_flows_end_older */
    jj_slab_give(&flows->flows, number);
    jj_count(&flows->counters.flows_live, -1ull);
}

/* It is out of the wheel already. */
static void end_flow(struct jj_flows *flows, uint32_t number, enum jj_end_reason reason)
{
    jj_index_remove(&flows->index, flow_at(flows, number)->hash, number);
    release_flow(flows, number, reason);
}

static void end_waiting(struct jj_flows *flows, uint32_t number, enum jj_end_reason reason)
{
    jj_wheel_remove(&flows->wheel, &flows->flows, number);
    end_flow(flows, number, reason);
}

static int64_t deadline_of(const struct jj_flows *flows, const struct jj_flow *flow)
{
    bool closed = flow->end_reason != JJ_END_NONE;
    return flow->last + flows->options.slack + (closed ? LINGER : flows->options.idle_timeout);
}

void jj_flows_advance(struct jj_flows *flows, int64_t now)
{
    if (flows->options.compat)
        return;
    uint32_t number;
    while ((number = jj_wheel_due(&flows->wheel, &flows->flows, now))) {
        int64_t deadline = deadline_of(flows, flow_at(flows, number));
        if (deadline >> JJ_WHEEL_TICK_BITS < now >> JJ_WHEEL_TICK_BITS)
            end_flow(flows, number, JJ_END_IDLE);
        else
            jj_wheel_add(&flows->wheel, &flows->flows, number, deadline);
    }
}

/* The wheel's earliest flow, unless it has been active since: then it moves back and the next one
 * is looked at, a few times. */
static void evict(struct jj_flows *flows)
{
    uint32_t oldest = 0;
    for (unsigned i = 0; i < EVICTION_TRIES; i++) {
        uint32_t number = jj_wheel_earliest(&flows->wheel);
        struct jj_flow *flow = flow_at(flows, number);
        uint32_t slot = flow->wheel_slot;
        jj_wheel_remove(&flows->wheel, &flows->flows, number);
        jj_wheel_add(&flows->wheel, &flows->flows, number, deadline_of(flows, flow));
        if (!oldest || flow->last < flow_at(flows, oldest)->last)
            oldest = number;
        if (flow->wheel_slot == slot)
            break;
    }
    jj_count(&flows->counters.evicted, 1);
    end_waiting(flows, oldest, JJ_END_EVICTED);
}

static uint32_t take_slot(struct jj_flows *flows)
{
    uint32_t number = jj_slab_take(&flows->flows);
    if (!number && flows->index.flows > 0) {
        evict(flows);
        number = jj_slab_take(&flows->flows);
    }
    return number;
}

/* The responder's SYN/ACK, or the initiator's SYN, settles who is who; else the first speaker is
 * taken for the initiator. */
static void set_initiator(struct jj_flow *flow, const struct arrival *a, bool compat)
{
    uint16_t syn = a->packet->tcp_flags & (JJ_TCP_SYN | JJ_TCP_ACK);
    flow->initiator = a->side;
    flow->dir_basis = JJ_BASIS_FIRST;
    if (compat || !(syn & JJ_TCP_SYN))
        return;
    flow->dir_basis = syn & JJ_TCP_ACK ? JJ_BASIS_SYNACK : JJ_BASIS_SYN;
    if (syn & JJ_TCP_ACK)
        flow->initiator ^= 1;
}

static void keep_tunnel(struct jj_flows *flows, struct jj_flow *flow,
                        const struct jj_packet *packet)
{
    if (packet->flags & JJ_PKT_TUNNELLED)
        flow->tunnel = jj_slab_take(&flows->tunnels);
    if (flow->tunnel)
        *(struct jj_tunnel *)jj_slab_at(&flows->tunnels, flow->tunnel) = packet->tunnel;
}

/* The new flow's number, or 0 when there is no room for it. */
static uint32_t create_flow(struct jj_flows *flows, const struct arrival *a)
{
    uint32_t number = take_slot(flows);
    if (!number)
        return 0;
    if (!jj_index_insert(&flows->index, a->hash, number)) {
        jj_slab_give(&flows->flows, number);
        return 0;
    }
    struct jj_flow *flow = flow_at(flows, number);
    *flow = (struct jj_flow){
        .key = a->key,
        .hash = a->hash,
        .first = a->packet->time,
        .last = a->packet->time,
    };
    set_initiator(flow, a, flows->options.compat);
    keep_tunnel(flows, flow, a->packet);
    jj_wheel_add(&flows->wheel, &flows->flows, number, deadline_of(flows, flow));
    jj_count(&flows->counters.flows, 1);
    jj_count(&flows->counters.flows_live, 1);
    return number;
}

/* Why a packet cannot belong to this flow any more; JJ_END_NONE when it can. */
static enum jj_end_reason over_before(const struct jj_flows *flows, const struct jj_flow *flow,
                                      const struct arrival *a)
{
    const struct jj_flows_options *o = &flows->options;
    int64_t silent = a->packet->time - flow->last;
    if (silent > o->idle_timeout)
        return JJ_END_IDLE;
    if (flow->end_reason != JJ_END_NONE && silent > LINGER)
        return flow->end_reason;
    if (o->active_timeout && a->packet->time - flow->first > o->active_timeout)
        return JJ_END_ACTIVE;
    bool tcp = flow->key.protocol == 6 && o->tcp_end == JJ_TCP_END_BOTH_FIN;
    if (tcp && jj_tcp_opens_anew(flow, a->packet, a->side))
        return JJ_END_REUSED;
    return JJ_END_NONE;
}

/* Both directions of a row that goes on in another keep their names. */
static uint32_t continue_flow(struct jj_flows *flows, uint32_t old, const struct arrival *a)
{
    uint8_t initiator = flow_at(flows, old)->initiator;
    end_waiting(flows, old, JJ_END_ACTIVE);
    uint32_t number = create_flow(flows, a);
    if (number) {
        flow_at(flows, number)->initiator = initiator;
        flow_at(flows, number)->dir_basis = JJ_BASIS_CONTINUED;
    }
    return number;
}

static uint32_t renew_flow(struct jj_flows *flows, uint32_t old, const struct arrival *a)
{
    enum jj_end_reason reason = over_before(flows, flow_at(flows, old), a);
    if (reason == JJ_END_NONE)
        return old;
    if (reason == JJ_END_ACTIVE)
        return continue_flow(flows, old, a);
    end_waiting(flows, old, reason);
    return create_flow(flows, a);
}

static uint32_t find_flow(const struct jj_flows *flows, const struct arrival *a)
{
    const struct jj_bucket *bucket = jj_index_bucket(&flows->index, a->hash);
    unsigned slot = 0;
    uint32_t number;
    while ((number = jj_index_next(&flows->index, a->hash, &bucket, &slot)))
        if (jj_key_equal(&flow_at(flows, number)->key, &a->key))
            break;
    return number;
}

static void fill_record(struct jj_record *record, const struct jj_flow *flow,
                        const struct arrival *a)
{
    const struct jj_packet *packet = a->packet;
    uint16_t flags = packet->tcp_flags;
    if (a->side != flow->initiator)
        flags |= JJ_REC_BACKWARD;
    if (packet->flags & JJ_PKT_MAC)
        flags |= JJ_REC_MAC;
    if (!(packet->flags & JJ_PKT_L4))
        flags |= JJ_REC_NO_L4;
    *record = (struct jj_record){
        .time = packet->time,
        .ip_len = packet->ip_len,
        .payload_len = packet->payload_len,
        .seq = packet->seq,
        .ack = packet->ack,
        .window = packet->window,
        .ip_id = packet->ip_id,
        .flags = flags,
        .ttl = packet->ttl,
        .tos = packet->tos,
    };
}

static struct jj_record *fold_and_append(struct jj_flows *flows, struct jj_flow *flow)
{
    if (flow->log_count == 0)
        return NULL;
    const struct jj_record *records = gather(flows, flow);
    flows->options.consumer_ops->fold(flows->options.consumer_state, flow, records,
                                      flow->log_count);
    jj_log_clear(&flows->logs, flow);
    return jj_log_append(&flows->logs, flow);
}

static void note_time(struct jj_flows *flows, struct jj_flow *flow, int64_t time)
{
    if (time < flow->last)
        jj_count(&flows->counters.time_regressions, 1);
    if (time > flow->last || flows->options.compat)
        flow->last = time;
    if (time < flow->first && !flows->options.compat)
        flow->first = time;
}

static void close_flow(struct jj_flows *flows, struct jj_flow *flow, uint32_t number,
                       enum jj_end_reason reason)
{
    if (reason == JJ_END_NONE || flow->end_reason != JJ_END_NONE)
        return;
    flow->end_reason = reason;
    jj_wheel_remove(&flows->wheel, &flows->flows, number);
    jj_wheel_add(&flows->wheel, &flows->flows, number, deadline_of(flows, flow));
}

static void follow_tcp(struct jj_flows *flows, struct jj_flow *flow, uint32_t number,
                       const struct arrival *a, bool is_new)
{
    uint16_t end = a->packet->tcp_flags & (JJ_TCP_FIN | JJ_TCP_RST);
    switch (flows->options.tcp_end) {
    case JJ_TCP_END_BOTH_FIN:
        if (a->packet->flags & JJ_PKT_L4)
            close_flow(flows, flow, number, jj_tcp_follow(flow, a->packet, a->side));
        break;
    case JJ_TCP_END_FIRST_FIN: /* JoyfulJay never asks a flow's first packet */
        if (end && !is_new)
            end_waiting(flows, number, end & JJ_TCP_RST ? JJ_END_RST : JJ_END_FIN);
        break;
    default:
        break;
    }
}

static void add_packet(struct jj_flows *flows, const struct arrival *a)
{
    uint32_t number = find_flow(flows, a);
    bool is_new = !number;
    if (is_new)
        number = create_flow(flows, a);
    else if (!flows->options.compat)
        number = renew_flow(flows, number, a);
    struct jj_flow *flow = number ? flow_at(flows, number) : NULL;
    struct jj_record *record = flow ? jj_log_append(&flows->logs, flow) : NULL;
    if (flow && !record)
        record = fold_and_append(flows, flow);
    if (!record) {
        jj_count(&flows->counters.table_full, 1);
        return;
    }
    fill_record(record, flow, a);
    note_time(flows, flow, a->packet->time);
    flow->ordinal = a->packet->ordinal;
    jj_count(&flows->counters.in_flows, 1);
    if (flow->key.protocol == 6)
        follow_tcp(flows, flow, number, a, is_new);
}

/* Three passes, so that the memory of bucket, flow and log is on its way before it is needed. */
void jj_flows_add(struct jj_flows *flows, const struct jj_packet *packets, unsigned count)
{
    struct arrival arrivals[JJ_BATCH];
    for (unsigned i = 0; i < count; i++) {
        struct arrival *a = &arrivals[i];
        a->packet = &packets[i];
        a->side = (uint8_t)jj_key_of(&a->key, a->packet);
        a->hash = (uint32_t)a->packet->hash;
        jj_index_prefetch(&flows->index, a->hash);
    }
    for (unsigned i = 0; i < count; i++) {
        const struct jj_bucket *bucket = jj_index_bucket(&flows->index, arrivals[i].hash);
        unsigned slot = 0;
        uint32_t guess = jj_index_next(&flows->index, arrivals[i].hash, &bucket, &slot);
        const char *flow = (const char *)flow_at(flows, guess);
        __builtin_prefetch(flow);
        __builtin_prefetch(flow + 64);
        arrivals[i].guess = guess;
    }
    for (unsigned i = 0; i < count; i++) {
        const struct jj_flow *flow = flow_at(flows, arrivals[i].guess);
        if (arrivals[i].guess && flow->log_tail)
            __builtin_prefetch(jj_log_chunk(&flows->logs, flow->log_tail));
    }
    for (unsigned i = 0; i < count; i++)
        add_packet(flows, &arrivals[i]);
}

/* A flow and when its last packet came, counted from the oldest such packet. */
struct last_packet {
    uint32_t since;
    uint32_t number;
};

#define DIGIT_BITS 11
#define DIGITS     3

/* By `since`, least digit first (LSD radix sort): a million flows in a hundredth of a second. The
 * result is in `a` or `b`. */
static struct last_packet *sort(struct last_packet *a, struct last_packet *b, size_t count)
{
    for (unsigned shift = 0; shift < DIGITS * DIGIT_BITS; shift += DIGIT_BITS) {
        uint32_t start[1u << DIGIT_BITS] = { 0 }, at = 0;
        for (size_t i = 0; i < count; i++)
            start[a[i].since >> shift & ((1u << DIGIT_BITS) - 1)]++;
        for (size_t d = 0; d < 1u << DIGIT_BITS; d++) {
            uint32_t size = start[d];
            start[d] = at;
            at += size;
        }
        for (size_t i = 0; i < count; i++)
            b[start[a[i].since >> shift & ((1u << DIGIT_BITS) - 1)]++] = a[i];
        struct last_packet *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

static bool is_older(const struct jj_flow *flow, int64_t before)
{
    return flow->key.ip_version != 0 && flow->last < before;
}

static uint64_t oldest_ordinal(const struct jj_flows *flows)
{
    uint64_t oldest = UINT64_MAX;
    for (uint32_t number = 1; number <= flows->flows.top; number++) {
        const struct jj_flow *flow = flow_at(flows, number);
        if (flow->key.ip_version != 0 && flow->ordinal < oldest)
            oldest = flow->ordinal;
    }
    return oldest;
}

/* More than four billion packets apart, the order of rows is the least worry. */
static size_t list_older(const struct jj_flows *flows, int64_t before, struct last_packet *list)
{
    uint64_t oldest = oldest_ordinal(flows);
    size_t count = 0;
    for (uint32_t number = 1; number <= flows->flows.top; number++) {
        const struct jj_flow *flow = flow_at(flows, number);
        uint64_t since = flow->ordinal - oldest;
        if (is_older(flow, before))
            list[count++] = (struct last_packet){
                .since = since < UINT32_MAX ? (uint32_t)since : UINT32_MAX,
                .number = number,
            };
    }
    return count;
}

/* What release_flow will touch: by then the flow itself is in the cache. */
static void fetch_ahead(const struct jj_flows *flows, uint32_t number)
{
    const struct jj_flow *flow = flow_at(flows, number);
    __builtin_prefetch((const char *)flow + 64);
    if (flow->log_tail)
        __builtin_prefetch(jj_log_chunk(&flows->logs, flow->log_tail));
}

static void end_list(struct jj_flows *flows, const struct last_packet *list, size_t count,
                     enum jj_end_reason reason, bool all)
{
    for (size_t i = 0; i < count; i++) {
        if (i + PREFETCH_AHEAD < count)
            fetch_ahead(flows, list[i + PREFETCH_AHEAD].number);
        if (i + 2 * PREFETCH_AHEAD < count)
            __builtin_prefetch(flow_at(flows, list[i + 2 * PREFETCH_AHEAD].number));
        if (all)
            release_flow(flows, list[i].number, reason);
        else
            end_waiting(flows, list[i].number, reason);
    }
}

void jj_flows_end_older(struct jj_flows *flows, int64_t before, enum jj_end_reason reason)
{
    size_t live = flows->counters.flows_live;
    struct last_packet *list = malloc((2 * live + 1) * sizeof *list);
    bool all = before == INT64_MAX;
    if (list) {
        size_t count = list_older(flows, before, list);
        end_list(flows, sort(list, list + count, count), count, reason, all);
    } else { /* no memory for the order: the rows matter more */
        for (uint32_t number = 1; number <= flows->flows.top; number++)
            if (is_older(flow_at(flows, number), before))
                end_waiting(flows, number, reason);
    }
    if (list && all) {
        jj_wheel_clear(&flows->wheel);
        jj_index_clear(&flows->index);
    }
    free(list);
}
