/* SPDX-License-Identifier: MIT
 *
 * What an extractor is made of. It sees a flow's packets a column at a time, in a view. Most flows
 * are short: then finish() is called once, without state, and the view has the whole flow. A flow
 * that outgrows its log is folded: fold() absorbs one view after another into the extractor's
 * state, the last one included, and finish() reads that state.
 *
 * A new extractor is one file in extract/features and one line in extractors.def. */
#pragma once
#include "jj/flow.h"
#include "jj/packet.h"
#include "jj/table.h"

enum jj_side { JJ_ALL, JJ_FWD, JJ_BWD, JJ_SIDES };

/* One value for each packet (or gap between packets) of a side, in time order. */
struct jj_series {
    const double *value;
    size_t count;
};

struct jj_policy {
    bool compat;
    bool anonymize_ips;
    const char *salt;
    double burst_threshold; /* seconds */
    unsigned sequence_length;
};

struct jj_view {
    const struct jj_flow *flow;
    const struct jj_policy *policy;
    const struct jj_record *record;
    size_t count;                       /* records in this view */
    size_t seen;                        /* records folded before it */
    struct jj_series gap[JJ_SIDES];     /* seconds between packets; also across views */
    struct jj_series ip_len[JJ_SIDES];  /* bytes */
    struct jj_series payload[JJ_SIDES]; /* bytes */
    double *scratch;                    /* room for 3 x count values, free for use inside a call */
};

struct jj_extractor {
    const char *group;
    const char *summary;
    const struct jj_feature *features;
    unsigned count;
    size_t state_size; /* zeroed before the first fold */
    void (*fold)(void *state, const struct jj_view *view);
    /* state is NULL when the view has the whole flow. Puts every feature exactly once. */
    void (*finish)(const void *state, const struct jj_view *view, const struct jj_row *row);
};

/* The time as JoyfulJay has it: the double nearest to the exact number of seconds. */
double jj_seconds(int64_t ns);

/* Between two packets, as the policy counts it. */
static inline double jj_gap(const struct jj_policy *policy, int64_t from, int64_t to)
{
    return policy->compat ? jj_seconds(to) - jj_seconds(from) : (double)(to - from) / 1e9;
}

/* A list of features is written once, as FEATURES(X); these make an index and a table of it. */
#define JJ_FEATURE_INDEX(name, ...) F_##name,
#define JJ_FEATURE_ENTRY(id, type_, profile_, unit_, missing_, compat_, doc_) \
    { .name = #id,                                                            \
      .type = type_,                                                          \
      .profile = profile_,                                                    \
      .unit = unit_,                                                          \
      .missing = missing_,                                                    \
      .compat = compat_,                                                      \
      .doc = doc_ },
#define JJ_FEATURE_OPTIONAL(id, type_, unit_, doc_) \
    { .name = #id, .type = type_, .optional = 1, .unit = unit_, .doc = doc_ },
