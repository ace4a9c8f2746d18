/* SPDX-License-Identifier: MIT
 *
 * Every counter of a run, once. JJ_COUNTER(name, kind, text):
 *   TOTAL  frames that entered: received = the sum of all PARTs, to the packet
 *   PART   where each of them went
 *   INFO   worth knowing, outside the balance
 * Written by their owner with relaxed stores, readable by any thread. */
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JJ_COUNTERS(JJ_COUNTER)                                                                \
    JJ_COUNTER(received, TOTAL, "frames that reached the capture hook or stand in the files")  \
    JJ_COUNTER(in_flows, PART, "IP packets that were counted into a flow")                     \
    JJ_COUNTER(not_ip, PART, "frames without IP: ARP, LLDP, STP ...")                          \
    JJ_COUNTER(unsupported, PART, "frames of a link type that is not handled")                 \
    JJ_COUNTER(malformed, PART, "frames whose link or IP header makes no sense")               \
    JJ_COUNTER(filtered, PART, "frames that --filter left out")                                \
    JJ_COUNTER(over_count, PART, "frames captured after --count was reached")                  \
    JJ_COUNTER(ring_full, PART, "frames lost: the kernel ring was full")                       \
    JJ_COUNTER(failed, PART, "frames damaged in the file, or that the kernel could not copy")  \
    JJ_COUNTER(table_full, PART, "packets lost: no memory for a new flow")                     \
    JJ_COUNTER(nic_dropped, INFO, "frames the device lost before the hook")                    \
    JJ_COUNTER(bytes, INFO, "bytes on the wire of the frames received")                        \
    JJ_COUNTER(truncated, INFO, "frames cut by the snaplen")                                   \
    JJ_COUNTER(l4_cut, INFO, "packets whose layer-4 header is incomplete")                     \
    JJ_COUNTER(fragments, INFO, "IP fragments")                                                \
    JJ_COUNTER(tunnelled, INFO, "packets taken out of a tunnel")                               \
    JJ_COUNTER(time_regressions, INFO, "packets older than the one before them in their flow") \
    JJ_COUNTER(flows, INFO, "flows created")                                                   \
    JJ_COUNTER(flows_live, INFO, "flows in the table now")                                     \
    JJ_COUNTER(evicted, INFO, "flows ended early: the table was full")                         \
    JJ_COUNTER(rows, INFO, "rows given to the sink")                                           \
    JJ_COUNTER(rows_dropped, INFO, "rows lost: the sink was too slow or failed")

struct jj_stats {
#define JJ_COUNTER(name, kind, text) uint64_t name;
    JJ_COUNTERS(JJ_COUNTER)
#undef JJ_COUNTER
};

enum jj_counter_kind { JJ_COUNTER_TOTAL, JJ_COUNTER_PART, JJ_COUNTER_INFO };

struct jj_counter {
    const char *name;
    const char *text;
    enum jj_counter_kind kind;
};

/* The counters in the order of struct jj_stats, which is an array of uint64_t in that order. */
extern const struct jj_counter jj_counters[];
extern const unsigned jj_counter_count;

/* received minus all parts: 0 when every packet is accounted for. */
int64_t jj_stats_imbalance(const struct jj_stats *stats);

#ifdef __cplusplus
}
#endif
