/* SPDX-License-Identifier: MIT
 *
 * The logs of one worker's flows: rings of growing chunks (2, 14, 48, then 192 records), so that
 * the log of a scan or a DNS query costs 80 bytes and a long one has few links. One thread. */
#pragma once
#include "jj/flow.h"

#include "engine/base/slab.h"

#define JJ_LOG_CLASSES 4u
#define JJ_LOG_LIMIT   256u /* records in one chunk of each class: the log is folded here */

struct jj_log_chunk {
    uint32_t next; /* chunk number; of the last chunk: the first */
    uint16_t used;
    uint16_t size; /* records that fit */
    uint64_t reserved;
    struct jj_record record[];
};

struct jj_logs {
    struct jj_slab slab[JJ_LOG_CLASSES];
    bool exact; /* no limit: a log is never full */
};

int jj_logs_create(struct jj_logs *logs, uint32_t flows, bool exact);
void jj_logs_destroy(struct jj_logs *logs);

/* Chunk numbers carry their class in the top two bits. */
static inline struct jj_log_chunk *jj_log_chunk(const struct jj_logs *logs, uint32_t number)
{
    return jj_slab_at(&logs->slab[number >> 30], number & 0x3fffffff);
}

/* Room for one more record, or NULL: the log is full, or there is no memory (then log_count is
 * below JJ_LOG_LIMIT). */
struct jj_record *jj_log_grow(struct jj_logs *logs, struct jj_flow *flow);

static inline struct jj_record *jj_log_append(struct jj_logs *logs, struct jj_flow *flow)
{
    if (flow->log_tail) {
        struct jj_log_chunk *tail = jj_log_chunk(logs, flow->log_tail);
        if (tail->used < tail->size) {
            flow->log_count++;
            return &tail->record[tail->used++];
        }
    }
    return jj_log_grow(logs, flow);
}

/* Gives all chunks back. */
void jj_log_clear(struct jj_logs *logs, struct jj_flow *flow);

/* The log in one piece: the chunk itself when there is only one, else a copy in `scratch`, which
 * holds flow->log_count records. */
const struct jj_record *jj_log_gather(const struct jj_logs *logs, const struct jj_flow *flow,
                                      struct jj_record *scratch);
