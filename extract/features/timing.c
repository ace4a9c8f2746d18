/* SPDX-License-Identifier: MIT
 *
 * Pauses between packets (inter-arrival times), bursts, idle periods, and the first answer. */
#include <stdio.h>

#include "engine/base/number.h"
#include "extract/extract.h"
#include "extract/put.h"

#define MAX_SEQUENCE 256 /* a log holds that many before it is folded */

#define TIME(id, missing, doc)  X(id, JJ_F64, JJ_CORE, "s", missing, "0.0", doc)
#define RATIO(id, missing, doc) X(id, JJ_F64, JJ_CORE, "ratio", missing, "0.0", doc)
#define COUNT(id, doc)          X(id, JJ_I64, JJ_CORE, "count", NULL, "0", doc)
#define NONE(side)              "fewer than two " side "packets"
#define BASIC(p, side, of)                                                         \
    TIME(p##_min, NONE(side), "shortest pause between packets " of)                \
    TIME(p##_max, NONE(side), "longest pause between packets " of)                 \
    TIME(p##_mean, NONE(side), "mean pause between packets " of)                   \
    TIME(p##_std, NONE(side), "standard deviation (population) of the pauses " of) \
    TIME(p##_median, NONE(side), "median pause between packets " of)
#define FEATURES                                                                                   \
    BASIC(iat, "", "of both directions; a packet older than the one before it makes no pause")     \
    TIME(iat_sum, NONE(""), "sum of the pauses")                                                   \
    TIME(iat_p25, NONE(""),                                                                        \
         "25th percentile of the pauses, linear between neighbours; beyond "                       \
         "256 packets from a sketch, off by at most 1.6 % (--exact: never)")                       \
    TIME(iat_p75, NONE(""), "75th percentile; likewise")                                           \
    TIME(iat_p90, NONE(""), "90th percentile; likewise")                                           \
    TIME(iat_p99, NONE(""), "99th percentile; likewise")                                           \
    BASIC(iat_fwd, "forward ", "of the initiator")                                                 \
    BASIC(iat_bwd, "backward ", "of the responder")                                                \
    RATIO(burstiness_index, "no pause, or mean pause 0", "iat_std / iat_mean")                     \
    RATIO(burstiness_index_fwd, "no forward pause, or mean 0", "iat_fwd_std / iat_fwd_mean")       \
    RATIO(burstiness_index_bwd, "no backward pause, or mean 0", "iat_bwd_std / iat_bwd_mean")      \
    COUNT(burst_count, "runs of packets with pauses below 50 ms; single packets count; 0 without " \
                       "a pause")                                                                  \
    X(avg_burst_packets, JJ_F64, JJ_CORE, "count", "no burst", "0.0", "packets per run")           \
    TIME(avg_burst_duration, "no burst", "mean of the runs' durations")                            \
    COUNT(max_burst_packets, "packets of the longest run")                                         \
    COUNT(idle_count, "pauses of 50 ms and more")                                                  \
    TIME(avg_idle_duration, "no such pause", "mean of the pauses of 50 ms and more")               \
    TIME(max_idle_duration, "no such pause", "longest pause of 50 ms and more")                    \
    TIME(first_response_time, "no packet of the responder, or the first one is the responder's",   \
         "time of the responder's first packet - time of the first packet")                        \
    Y(iat_sequence, JJ_LIST_F64, "s", "the first 50 pauses, zero padded")                          \
    Y(timestamp_sequence, JJ_LIST_F64, "s", "the first 50 times - the first, zero padded")         \
    Y(splt, JJ_JSON, "",                                                                           \
      "[ip length, pause before it (0 first), 1 initiator or -1 responder] of "                    \
      "the first 50 packets")                                                                      \
    Y(splt_lengths, JJ_LIST_I64, "bytes", "first element of each splt item")                       \
    Y(splt_times, JJ_LIST_F64, "s", "second element of each splt item")                            \
    Y(splt_directions, JJ_LIST_I64, "", "third element of each splt item")

#define Y(id, ...) F_##id,
#define X(...)     JJ_FEATURE_INDEX(__VA_ARGS__)
enum { FEATURES FEATURE_COUNT };
#undef X
#undef Y
#define Y(...) JJ_FEATURE_OPTIONAL(__VA_ARGS__)
#define X(...) JJ_FEATURE_ENTRY(__VA_ARGS__)
static const struct jj_feature features[] = { FEATURES };
#undef X
#undef Y

/* Runs and pauses so far. The last run is still open. */
struct bursts {
    bool any;
    uint64_t count, packets, longest, open; /* open: packets of the open run */
    double now, opened;                     /* sum of all pauses; and when the run was opened */
    double duration;
    uint64_t idle_count;
    double idle_sum, idle_max;
};

struct first_packets {
    unsigned count;
    int64_t time[MAX_SEQUENCE];
    int32_t ip_len[MAX_SEQUENCE];
    int8_t direction[MAX_SEQUENCE];
};

struct state {
    struct bursts bursts;
    int64_t first, answer;
    bool answered, first_is_answer;
    struct first_packets head;
    struct jj_sketch gap[JJ_SIDES];
};

static void end_run(struct bursts *b)
{
    b->count++;
    b->packets += b->open;
    b->duration += b->now - b->opened;
    b->longest = b->open > b->longest ? b->open : b->longest;
}

static void add_pauses(struct bursts *b, struct jj_series pause, double threshold)
{
    for (size_t i = 0; i < pause.count; i++) {
        double p = pause.value[i];
        if (!b->any)
            b->open = 1;
        b->any = true;
        if (p < threshold) {
            b->open++;
            b->now += p;
            continue;
        }
        end_run(b);
        b->now += p;
        b->opened = b->now;
        b->open = 1;
        b->idle_count++;
        b->idle_sum += p;
        b->idle_max = p > b->idle_max ? p : b->idle_max;
    }
}

static void add_answer(struct state *s, const struct jj_view *view)
{
    if (view->seen == 0) {
        s->first = view->record[0].time;
        s->first_is_answer = view->record[0].flags & JJ_REC_BACKWARD;
    }
    for (size_t i = 0; i < view->count && !s->answered; i++) {
        s->answered = view->record[i].flags & JJ_REC_BACKWARD;
        s->answer = view->record[i].time;
    }
}

static void add_head(struct first_packets *head, const struct jj_view *view)
{
    unsigned limit = view->policy->sequence_length;
    limit = limit < MAX_SEQUENCE ? limit : MAX_SEQUENCE;
    for (size_t i = 0; i < view->count && head->count < limit; i++, head->count++) {
        const struct jj_record *r = &view->record[i];
        head->time[head->count] = r->time;
        head->ip_len[head->count] = (int32_t)r->ip_len;
        head->direction[head->count] = r->flags & JJ_REC_BACKWARD ? -1 : 1;
    }
}

static void fold(void *state, const struct jj_view *view)
{
    struct state *s = state;
    add_answer(s, view);
    add_head(&s->head, view);
    add_pauses(&s->bursts, view->gap[JJ_ALL], view->policy->burst_threshold);
    for (int side = 0; side < JJ_SIDES; side++)
        jj_sketch_add(&s->gap[side], JJ_SKETCH_SECONDS, view->gap[side].value,
                      view->gap[side].count);
}

static void put_summaries(const struct jj_summary s[JJ_SIDES], const struct jj_row *row)
{
    const struct jj_summary *all = &s[JJ_ALL];
    jj_put_summary(row, F_iat_min, all);
    jj_put_summary(row, F_iat_fwd_min, &s[JJ_FWD]);
    jj_put_summary(row, F_iat_bwd_min, &s[JJ_BWD]);
    jj_put_or_missing(row, F_iat_sum, all->count > 0, all->sum);
    jj_put_or_missing(row, F_iat_p25, all->count > 0, all->p25);
    jj_put_or_missing(row, F_iat_p75, all->count > 0, all->p75);
    jj_put_or_missing(row, F_iat_p90, all->count > 0, all->p90);
    jj_put_or_missing(row, F_iat_p99, all->count > 0, all->p99);
    for (int side = 0; side < JJ_SIDES; side++)
        jj_put_or_missing(row, F_burstiness_index + (unsigned)side,
                          s[side].count > 0 && s[side].mean != 0, s[side].std / s[side].mean);
}

static void put_bursts(const struct bursts *so_far, const struct jj_row *row)
{
    struct bursts b = *so_far;
    if (b.any)
        end_run(&b);
    double runs = (double)b.count, idles = (double)b.idle_count;
    jj_put_i64(row, F_burst_count, (int64_t)b.count);
    jj_put_or_missing(row, F_avg_burst_packets, b.any, (double)b.packets / runs);
    jj_put_or_missing(row, F_avg_burst_duration, b.any, b.duration / runs);
    jj_put_i64(row, F_max_burst_packets, (int64_t)b.longest);
    jj_put_i64(row, F_idle_count, (int64_t)b.idle_count);
    jj_put_or_missing(row, F_avg_idle_duration, b.idle_count > 0, b.idle_sum / idles);
    jj_put_or_missing(row, F_max_idle_duration, b.idle_count > 0, b.idle_max);
}

static void put_answer(const struct state *s, const struct jj_view *view, const struct jj_row *row)
{
    bool known = s->answered && (!s->first_is_answer || view->policy->compat);
    jj_put_or_missing(row, F_first_response_time, known,
                      known ? jj_gap(view->policy, s->first, s->answer) : 0);
}

static void put_splt(const struct first_packets *h, const double *pause, const struct jj_row *row)
{
    char text[MAX_SEQUENCE * 64], *to = text;
    *to++ = '[';
    for (unsigned i = 0; i < h->count; i++) {
        to += sprintf(to, "%s[%d, ", i ? ", " : "", h->ip_len[i]);
        to += jj_write_f64(to, pause[i]);
        to += sprintf(to, ", %d]", h->direction[i]);
    }
    *to++ = ']';
    jj_put_string(row, F_splt, text, (size_t)(to - text));
}

static void put_sequences(const struct first_packets *h, const struct jj_view *view,
                          const struct jj_row *row)
{
    double pause[MAX_SEQUENCE + 1] = { 0 }, since[MAX_SEQUENCE] = { 0 };
    int64_t lengths[MAX_SEQUENCE], directions[MAX_SEQUENCE];
    unsigned padded = view->policy->sequence_length;
    padded = padded < MAX_SEQUENCE ? padded : MAX_SEQUENCE;
    for (unsigned i = 0; i < h->count; i++) {
        if (i > 0)
            pause[i] = jj_gap(view->policy, h->time[i - 1], h->time[i]);
        since[i] = jj_gap(view->policy, h->time[0], h->time[i]);
        lengths[i] = h->ip_len[i];
        directions[i] = h->direction[i];
    }
    jj_put_list_f64(row, F_iat_sequence, pause + 1, padded);
    jj_put_list_f64(row, F_timestamp_sequence, since, padded);
    jj_put_list_i64(row, F_splt_lengths, lengths, h->count);
    jj_put_list_f64(row, F_splt_times, pause, h->count);
    jj_put_list_i64(row, F_splt_directions, directions, h->count);
    put_splt(h, pause, row);
}

/* Columns that nobody asked for have no offsets. */
static bool sequences_wanted(const struct jj_row *row)
{
    for (unsigned i = F_iat_sequence; i < FEATURE_COUNT; i++)
        if (row->columns[i]->offsets)
            return true;
    return false;
}

static void put_rest(const struct state *s, const struct jj_view *view, const struct jj_row *row)
{
    put_bursts(&s->bursts, row);
    put_answer(s, view, row);
    if (sequences_wanted(row))
        put_sequences(&s->head, view, row);
}

static void finish_folded(const struct state *s, const struct jj_view *view,
                          const struct jj_row *row)
{
    struct jj_summary summary[JJ_SIDES];
    for (int side = 0; side < JJ_SIDES; side++)
        jj_sketch_summary(&summary[side], &s->gap[side], JJ_SKETCH_SECONDS);
    put_summaries(summary, row);
    put_rest(s, view, row);
}

static void finish(const void *state, const struct jj_view *view, const struct jj_row *row)
{
    if (state) {
        finish_folded(state, view, row);
        return;
    }
    struct jj_summary summary[JJ_SIDES];
    for (int side = 0; side < JJ_SIDES; side++)
        jj_summarize(&summary[side], view->gap[side].value, view->gap[side].count, view->scratch);
    put_summaries(summary, row);
    struct state whole; /* the sketches stay untouched */
    whole.bursts = (struct bursts){ 0 };
    whole.head.count = 0;
    whole.answered = false;
    add_answer(&whole, view);
    add_pauses(&whole.bursts, view->gap[JJ_ALL], view->policy->burst_threshold);
    if (sequences_wanted(row))
        add_head(&whole.head, view);
    put_rest(&whole, view, row);
}

const struct jj_extractor jj_extractor_timing = {
    .group = "timing",
    .summary = "pauses between packets, bursts and idle periods",
    .features = features,
    .count = FEATURE_COUNT,
    .state_size = sizeof(struct state),
    .fold = fold,
    .finish = finish,
};
