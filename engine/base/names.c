/* SPDX-License-Identifier: MIT
 *
 * The words for the engine's enumerations, and the table of counters. */
#include "jj/flow.h"
#include "jj/metrics.h"

const char *jj_end_reason_name(enum jj_end_reason reason)
{
    static const char *const names[] = { "none", "fin",    "rst",     "reused",
                                         "idle", "active", "evicted", "input" };
    return names[reason];
}

const char *jj_dir_basis_name(enum jj_dir_basis basis)
{
    static const char *const names[] = { "first", "syn", "synack", "continued" };
    return names[basis];
}

const struct jj_counter jj_counters[] = {
#define JJ_COUNTER(name, kind, text) { #name, text, JJ_COUNTER_##kind },
    JJ_COUNTERS(JJ_COUNTER)
#undef JJ_COUNTER
};
const unsigned jj_counter_count = sizeof jj_counters / sizeof *jj_counters;

int64_t jj_stats_imbalance(const struct jj_stats *stats)
{
    const uint64_t *value = (const uint64_t *)stats;
    uint64_t rest = 0;
    for (unsigned i = 0; i < jj_counter_count; i++) {
        if (jj_counters[i].kind == JJ_COUNTER_TOTAL)
            rest += value[i];
        else if (jj_counters[i].kind == JJ_COUNTER_PART)
            rest -= value[i];
    }
    return (int64_t)rest;
}
