/* SPDX-License-Identifier: MIT
 *
 * Lengths: of IP datagrams (pkt_len_*) and of what layer 4 carries (payload_len_*, l7_*). */
#include "extract/extract.h"
#include "extract/put.h"

#define MAX_SEQUENCE 256

#define BYTES(id, missing, doc) X(id, JJ_F64, JJ_CORE, "bytes", missing, "0.0", doc)
#define WHOLE(id, missing, doc) X(id, JJ_I64, JJ_CORE, "bytes", missing, "0", doc)
#define COUNT(id, doc)          X(id, JJ_I64, JJ_CORE, "count", NULL, "0", doc)
#define RATIO(id, missing, doc) X(id, JJ_F64, JJ_CORE, "ratio", missing, "0.0", doc)
#define BASIC(p, missing, of)                                                        \
    BYTES(p##_min, missing, "smallest IP length of packets " of)                     \
    BYTES(p##_max, missing, "largest IP length of packets " of)                      \
    BYTES(p##_mean, missing, "mean IP length of packets " of)                        \
    BYTES(p##_std, missing, "standard deviation (population) of the IP lengths " of) \
    BYTES(p##_median, missing, "median IP length of packets " of)
#define NO_BWD "no backward packet"
#define NO_FWD "no forward packet"
#define FEATURES                                                                                \
    BASIC(pkt_len, NULL, "of both directions")                                                  \
    BYTES(pkt_len_p25, NULL,                                                                    \
          "25th percentile of the IP lengths, linear between neighbours; "                      \
          "beyond 256 packets exact below 2048 bytes, else within 1.6 %")                       \
    BYTES(pkt_len_p75, NULL, "75th percentile; likewise")                                       \
    BYTES(pkt_len_p90, NULL, "90th percentile; likewise")                                       \
    BASIC(pkt_len_fwd, NO_FWD, "of the initiator")                                              \
    BASIC(pkt_len_bwd, NO_BWD, "of the responder")                                              \
    BYTES(payload_len_min, NULL, "smallest layer-4 payload length; packets without count as 0") \
    BYTES(payload_len_max, NULL, "largest layer-4 payload length")                              \
    BYTES(payload_len_mean, NULL, "mean layer-4 payload length")                                \
    BYTES(payload_len_std, NULL, "standard deviation (population) of the payload lengths")      \
    BYTES(payload_len_fwd_mean, NO_FWD, "mean payload length of the initiator's packets")       \
    BYTES(payload_len_fwd_std, NO_FWD, "their standard deviation")                              \
    BYTES(payload_len_bwd_mean, NO_BWD, "mean payload length of the responder's packets")       \
    BYTES(payload_len_bwd_std, NO_BWD, "their standard deviation")                              \
    COUNT(packets_with_payload, "packets with layer-4 payload")                                 \
    COUNT(packets_with_payload_fwd, "of the initiator")                                         \
    COUNT(packets_with_payload_bwd, "of the responder")                                         \
    RATIO(header_only_ratio, NULL, "(packets - packets_with_payload) / packets")                \
    BYTES(pkt_len_variance, NULL, "pkt_len_std squared")                                        \
    WHOLE(dominant_pkt_size, NULL,                                                              \
          "most frequent IP length; of equals the one seen first, "                             \
          "beyond 256 packets the smallest")                                                    \
    RATIO(dominant_pkt_ratio, NULL, "its packets / packets")                                    \
    WHOLE(l7_bytes_fwd, NULL, "same as payload_bytes_fwd")                                      \
    WHOLE(l7_bytes_bwd, NULL, "same as payload_bytes_bwd")                                      \
    WHOLE(l7_bytes_total, NULL, "same as payload_bytes_total")                                  \
    WHOLE(l7_pkt_min_fwd, "no forward payload", "smallest payload above 0, initiator")          \
    WHOLE(l7_pkt_max_fwd, "no forward payload", "largest payload, initiator")                   \
    WHOLE(l7_pkt_min_bwd, "no backward payload", "smallest payload above 0, responder")         \
    WHOLE(l7_pkt_max_bwd, "no backward payload", "largest payload, responder")                  \
    RATIO(pkt_asymmetry, NULL, "(packets_fwd - packets_bwd) / packets")                         \
    RATIO(byte_asymmetry, "no bytes", "(bytes_fwd - bytes_bwd) / bytes")                        \
    Y(pkt_len_sequence, JJ_LIST_I64, "bytes",                                                   \
      "the first 50 IP lengths, negative for the responder's, zero padded")

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

/* Payload above 0 of one direction. */
struct carried {
    uint64_t packets, bytes;
    double least, most;
};

struct lengths {
    struct carried carried[JJ_SIDES]; /* JJ_ALL stays empty: it is the sum */
    uint64_t packets[JJ_SIDES], bytes[JJ_SIDES];
};

struct state {
    struct lengths lengths;
    struct jj_running payload[JJ_SIDES];
    unsigned head_count;
    int64_t head[MAX_SEQUENCE];
    struct jj_sketch fwd, bwd; /* of IP lengths; of both directions is merged at the end */
};

/* What the columns are made of, whether it comes from a view or from folded state. */
struct result {
    struct lengths lengths;
    struct jj_summary ip_len[JJ_SIDES];
    struct jj_summary payload[JJ_SIDES];
    double payload_min, payload_max;
    double dominant;
    uint64_t dominant_packets;
};

static void add_carried(struct carried *c, struct jj_series payload)
{
    for (size_t i = 0; i < payload.count; i++) {
        double p = payload.value[i];
        if (p <= 0)
            continue;
        c->least = c->packets == 0 || p < c->least ? p : c->least;
        c->most = p > c->most ? p : c->most;
        c->packets++;
        c->bytes += (uint64_t)p;
    }
}

static void add_lengths(struct lengths *l, const struct jj_view *view)
{
    for (int side = JJ_FWD; side <= JJ_BWD; side++) {
        add_carried(&l->carried[side], view->payload[side]);
        l->packets[side] += view->ip_len[side].count;
        for (size_t i = 0; i < view->ip_len[side].count; i++)
            l->bytes[side] += (uint64_t)view->ip_len[side].value[i];
    }
}

/* JoyfulJay looks at addresses only: where both ends have the same one, nothing is negative. */
static unsigned add_head(int64_t *head, unsigned count, const struct jj_view *view)
{
    const struct jj_key *key = &view->flow->key;
    bool same = view->policy->compat && memcmp(key->addr[0], key->addr[1], 16) == 0;
    unsigned limit = view->policy->sequence_length;
    limit = limit < MAX_SEQUENCE ? limit : MAX_SEQUENCE;
    for (size_t i = 0; i < view->count && count < limit; i++) {
        const struct jj_record *r = &view->record[i];
        bool negative = r->flags & JJ_REC_BACKWARD && !same;
        head[count++] = negative ? -(int64_t)r->ip_len : (int64_t)r->ip_len;
    }
    return count;
}

static void fold(void *state, const struct jj_view *view)
{
    struct state *s = state;
    add_lengths(&s->lengths, view);
    s->head_count = add_head(s->head, s->head_count, view);
    for (int side = 0; side < JJ_SIDES; side++)
        jj_running_add(&s->payload[side], view->payload[side].value, view->payload[side].count);
    const struct jj_series *fwd = &view->ip_len[JJ_FWD], *bwd = &view->ip_len[JJ_BWD];
    jj_sketch_add(&s->fwd, JJ_SKETCH_BYTES, fwd->value, fwd->count);
    jj_sketch_add(&s->bwd, JJ_SKETCH_BYTES, bwd->value, bwd->count);
}

static uint64_t run_length(const double *sorted, size_t count, size_t from)
{
    size_t to = from;
    while (to < count && sorted[to] == sorted[from])
        to++;
    return to - from;
}

static uint64_t count_of(const double *sorted, size_t count, double value)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sorted[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return run_length(sorted, count, low);
}

/* The longest run of equal lengths; when several are that long, the length that came first. */
static void find_dominant(struct result *r, struct jj_series ip_len, const double *sorted)
{
    unsigned ties = 0;
    r->dominant_packets = 0;
    for (size_t i = 0; i < ip_len.count;) {
        uint64_t run = run_length(sorted, ip_len.count, i);
        if (run > r->dominant_packets) {
            r->dominant_packets = run;
            r->dominant = sorted[i];
            ties = 0;
        } else if (run == r->dominant_packets) {
            ties++;
        }
        i += run;
    }
    for (size_t i = 0; ties > 0; i++) {
        if (count_of(sorted, ip_len.count, ip_len.value[i]) < r->dominant_packets)
            continue;
        r->dominant = ip_len.value[i];
        return;
    }
}

static void find_extremes(struct result *r, struct jj_series payload)
{
    r->payload_min = r->payload_max = payload.value[0];
    for (size_t i = 1; i < payload.count; i++) {
        double p = payload.value[i];
        r->payload_min = p < r->payload_min ? p : r->payload_min;
        r->payload_max = p > r->payload_max ? p : r->payload_max;
    }
}

static void from_view(struct result *r, const struct jj_view *view)
{
    r->lengths = (struct lengths){ 0 };
    add_lengths(&r->lengths, view);
    for (int side = 0; side < JJ_SIDES; side++)
        jj_moments(&r->payload[side], view->payload[side].value, view->payload[side].count);
    find_extremes(r, view->payload[JJ_ALL]);

    /* Each direction is sorted once, and both are merged for the whole. */
    struct jj_series all = view->ip_len[JJ_ALL];
    struct jj_series fwd = view->ip_len[JJ_FWD], bwd = view->ip_len[JJ_BWD];
    double *forward = view->scratch, *backward = forward + fwd.count, *both = forward + all.count;
    jj_summarize(&r->ip_len[JJ_FWD], fwd.value, fwd.count, forward);
    jj_summarize(&r->ip_len[JJ_BWD], bwd.value, bwd.count, backward);
    jj_merge(forward, fwd.count, backward, bwd.count, both);
    jj_summarize_sorted(&r->ip_len[JJ_ALL], all.value, all.count, both);
    find_dominant(r, all, both);
}

/* A folded flow is long and rare: the 10 KB for the merged sketch are taken from the stack. */
static void from_state(struct result *r, const struct state *s)
{
    struct jj_sketch all = s->fwd;
    jj_sketch_merge(&all, &s->bwd);
    r->lengths = s->lengths;
    jj_sketch_summary(&r->ip_len[JJ_ALL], &all, JJ_SKETCH_BYTES);
    r->dominant_packets = jj_sketch_mode(&all, JJ_SKETCH_BYTES, &r->dominant);
    jj_sketch_summary(&r->ip_len[JJ_FWD], &s->fwd, JJ_SKETCH_BYTES);
    jj_sketch_summary(&r->ip_len[JJ_BWD], &s->bwd, JJ_SKETCH_BYTES);
    for (int side = 0; side < JJ_SIDES; side++)
        jj_running_summary(&r->payload[side], &s->payload[side]);
    r->payload_min = r->payload[JJ_ALL].min;
    r->payload_max = r->payload[JJ_ALL].max;
}

static void put_ip_lengths(const struct result *r, const struct jj_row *row)
{
    const struct jj_summary *all = &r->ip_len[JJ_ALL];
    jj_put_summary(row, F_pkt_len_min, all);
    jj_put_summary(row, F_pkt_len_fwd_min, &r->ip_len[JJ_FWD]);
    jj_put_summary(row, F_pkt_len_bwd_min, &r->ip_len[JJ_BWD]);
    jj_put_f64(row, F_pkt_len_p25, all->p25);
    jj_put_f64(row, F_pkt_len_p75, all->p75);
    jj_put_f64(row, F_pkt_len_p90, all->p90);
    jj_put_f64(row, F_pkt_len_variance, all->std * all->std);
    jj_put_i64(row, F_dominant_pkt_size, (int64_t)r->dominant);
    jj_put_f64(row, F_dominant_pkt_ratio, (double)r->dominant_packets / (double)all->count);
}

static void put_payload_lengths(const struct result *r, const struct jj_row *row)
{
    const struct jj_summary *fwd = &r->payload[JJ_FWD], *bwd = &r->payload[JJ_BWD];
    jj_put_f64(row, F_payload_len_min, r->payload_min);
    jj_put_f64(row, F_payload_len_max, r->payload_max);
    jj_put_f64(row, F_payload_len_mean, r->payload[JJ_ALL].mean);
    jj_put_f64(row, F_payload_len_std, r->payload[JJ_ALL].std);
    jj_put_or_missing(row, F_payload_len_fwd_mean, fwd->count > 0, fwd->mean);
    jj_put_or_missing(row, F_payload_len_fwd_std, fwd->count > 0, fwd->std);
    jj_put_or_missing(row, F_payload_len_bwd_mean, bwd->count > 0, bwd->mean);
    jj_put_or_missing(row, F_payload_len_bwd_std, bwd->count > 0, bwd->std);
}

static void put_least_and_most(const struct jj_row *row, unsigned feature, const struct carried *c)
{
    if (c->packets > 0) {
        jj_put_i64(row, feature, (int64_t)c->least);
        jj_put_i64(row, feature + 1, (int64_t)c->most);
    } else {
        jj_put_missing(row, feature);
        jj_put_missing(row, feature + 1);
    }
}

static void put_carried(const struct lengths *l, const struct jj_row *row)
{
    const struct carried *fwd = &l->carried[JJ_FWD], *bwd = &l->carried[JJ_BWD];
    double packets = (double)(l->packets[JJ_FWD] + l->packets[JJ_BWD]);
    uint64_t with = fwd->packets + bwd->packets;
    jj_put_i64(row, F_packets_with_payload, (int64_t)with);
    jj_put_i64(row, F_packets_with_payload_fwd, (int64_t)fwd->packets);
    jj_put_i64(row, F_packets_with_payload_bwd, (int64_t)bwd->packets);
    jj_put_f64(row, F_header_only_ratio, (packets - (double)with) / packets);
    jj_put_i64(row, F_l7_bytes_fwd, (int64_t)fwd->bytes);
    jj_put_i64(row, F_l7_bytes_bwd, (int64_t)bwd->bytes);
    jj_put_i64(row, F_l7_bytes_total, (int64_t)(fwd->bytes + bwd->bytes));
    put_least_and_most(row, F_l7_pkt_min_fwd, fwd);
    put_least_and_most(row, F_l7_pkt_min_bwd, bwd);
}

static void put_asymmetry(const struct lengths *l, const struct jj_row *row)
{
    double fwd = (double)l->packets[JJ_FWD], bwd = (double)l->packets[JJ_BWD];
    jj_put_f64(row, F_pkt_asymmetry, (fwd - bwd) / (fwd + bwd));
    fwd = (double)l->bytes[JJ_FWD];
    bwd = (double)l->bytes[JJ_BWD];
    jj_put_or_missing(row, F_byte_asymmetry, fwd + bwd > 0, (fwd - bwd) / (fwd + bwd));
}

static void put_sequence(const struct state *s, const struct jj_view *view,
                         const struct jj_row *row)
{
    int64_t padded[MAX_SEQUENCE] = { 0 };
    unsigned limit = view->policy->sequence_length;
    if (s)
        memcpy(padded, s->head, s->head_count * sizeof *padded);
    else
        add_head(padded, 0, view);
    jj_put_list_i64(row, F_pkt_len_sequence, padded, limit < MAX_SEQUENCE ? limit : MAX_SEQUENCE);
}

static void finish(const void *state, const struct jj_view *view, const struct jj_row *row)
{
    struct result r;
    if (state)
        from_state(&r, state);
    else
        from_view(&r, view);
    put_ip_lengths(&r, row);
    put_payload_lengths(&r, row);
    put_carried(&r.lengths, row);
    put_asymmetry(&r.lengths, row);
    if (row->columns[F_pkt_len_sequence]->offsets) /* somebody asked for it */
        put_sequence(state, view, row);
}

const struct jj_extractor jj_extractor_size = {
    .group = "size",
    .summary = "IP and payload lengths",
    .features = features,
    .count = FEATURE_COUNT,
    .state_size = sizeof(struct state),
    .fold = fold,
    .finish = finish,
};
