/* SPDX-License-Identifier: MIT */
#include "engine/flow/log.h"

#include <string.h>

static const uint16_t class_size[JJ_LOG_CLASSES] = { 2, 14, 48, 192 };

#define LAST_CLASS (JJ_LOG_CLASSES - 1)
#define MAX_CHUNKS 0x3fffffffu

int jj_logs_create(struct jj_logs *logs, uint32_t flows, bool exact)
{
    memset(logs, 0, sizeof *logs);
    logs->exact = exact;
    for (unsigned c = 0; c < JJ_LOG_CLASSES; c++) {
        uint64_t chunks = c == LAST_CLASS && exact ? 8ull * flows : flows;
        size_t bytes = sizeof(struct jj_log_chunk) + class_size[c] * sizeof(struct jj_record);
        int ret = jj_slab_create(&logs->slab[c], bytes, chunks > MAX_CHUNKS ? MAX_CHUNKS : chunks);
        if (ret < 0)
            return ret;
    }
    return 0;
}

void jj_logs_destroy(struct jj_logs *logs)
{
    for (unsigned c = 0; c < JJ_LOG_CLASSES; c++)
        jj_slab_destroy(&logs->slab[c]);
}

/* The class of the next chunk. A flow that was folded has shown that it is long. */
static unsigned next_class(const struct jj_flow *flow)
{
    unsigned used = flow->log_tail ? (flow->log_tail >> 30) + 1 : flow->state ? LAST_CLASS : 0;
    return used > LAST_CLASS ? LAST_CLASS : used;
}

static bool is_full(const struct jj_logs *logs, const struct jj_flow *flow)
{
    return !logs->exact && flow->log_tail && flow->log_tail >> 30 == LAST_CLASS;
}

struct jj_record *jj_log_grow(struct jj_logs *logs, struct jj_flow *flow)
{
    if (is_full(logs, flow))
        return NULL;
    unsigned class = next_class(flow);
    uint32_t number = jj_slab_take(&logs->slab[class]);
    if (!number)
        return NULL;
    struct jj_log_chunk *chunk = jj_slab_at(&logs->slab[class], number);
    chunk->used = 1;
    chunk->size = class_size[class];
    number |= class << 30;
    chunk->next = number;
    if (flow->log_tail) {
        struct jj_log_chunk *tail = jj_log_chunk(logs, flow->log_tail);
        chunk->next = tail->next;
        tail->next = number;
    }
    flow->log_tail = number;
    flow->log_count++;
    return chunk->record;
}

void jj_log_clear(struct jj_logs *logs, struct jj_flow *flow)
{
    uint32_t number = flow->log_tail;
    if (!number)
        return;
    do {
        uint32_t next = jj_log_chunk(logs, number)->next;
        jj_slab_give(&logs->slab[number >> 30], number & MAX_CHUNKS);
        number = next;
    } while (number != flow->log_tail);
    flow->log_tail = flow->log_count = 0;
}

const struct jj_record *jj_log_gather(const struct jj_logs *logs, const struct jj_flow *flow,
                                      struct jj_record *scratch)
{
    if (!flow->log_tail)
        return scratch;
    const struct jj_log_chunk *chunk = jj_log_chunk(logs, flow->log_tail), *tail = chunk;
    if (chunk->used == flow->log_count)
        return chunk->record;
    struct jj_record *to = scratch;
    do {
        chunk = jj_log_chunk(logs, chunk->next);
        memcpy(to, chunk->record, chunk->used * sizeof *to);
        to += chunk->used;
    } while (chunk != tail);
    return scratch;
}
