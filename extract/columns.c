/* SPDX-License-Identifier: MIT */
#include "extract/columns.h"

#include <errno.h>
#include <stdlib.h>

#define SERIES     3 /* gap, ip_len, payload: each for all, forward and backward */
#define SCRATCH    3
#define FIRST_ROOM 512

static int make_room(struct jj_columns *columns, size_t records)
{
    if (records <= columns->room)
        return 0;
    size_t room = columns->room ? columns->room : FIRST_ROOM;
    while (room < records)
        room *= 2;
    double *buffer = malloc(room * (SERIES * JJ_SIDES + SCRATCH) * sizeof *buffer);
    if (!buffer)
        return -ENOMEM;
    free(columns->buffer);
    columns->buffer = buffer;
    columns->room = room;
    return 0;
}

void jj_columns_free(struct jj_columns *columns)
{
    free(columns->buffer);
    columns->buffer = NULL;
    columns->room = 0;
}

/* Seconds since the side's latest packet. A packet older than that has no gap: it came late, and
 * a negative pause would say nothing about the sender. JoyfulJay counts it as it is. */
static inline void add_gap(double *to, size_t *count, struct jj_carry *carry, enum jj_side side,
                           int64_t time, const struct jj_policy *policy)
{
    bool late = carry->any[side] && time < carry->last[side] && !policy->compat;
    if (late)
        return;
    if (carry->any[side])
        to[(*count)++] = jj_gap(policy, carry->last[side], time);
    carry->any[side] = true;
    carry->last[side] = time;
}

static double *series_at(const struct jj_columns *columns, unsigned series, enum jj_side side)
{
    return columns->buffer + columns->room * (series * JJ_SIDES + side);
}

int jj_columns_fill(struct jj_columns *columns, struct jj_view *view, struct jj_carry *carry)
{
    if (make_room(columns, view->count) < 0)
        return -ENOMEM;
    double *gap[JJ_SIDES], *ip_len[JJ_SIDES], *payload[JJ_SIDES];
    for (int side = 0; side < JJ_SIDES; side++) {
        gap[side] = series_at(columns, 0, side);
        ip_len[side] = series_at(columns, 1, side);
        payload[side] = series_at(columns, 2, side);
    }
    size_t gaps[JJ_SIDES] = { 0 }, packets[JJ_SIDES] = { 0 };
    for (size_t i = 0; i < view->count; i++) {
        const struct jj_record *r = &view->record[i];
        enum jj_side side = r->flags & JJ_REC_BACKWARD ? JJ_BWD : JJ_FWD;
        add_gap(gap[JJ_ALL], &gaps[JJ_ALL], carry, JJ_ALL, r->time, view->policy);
        add_gap(gap[side], &gaps[side], carry, side, r->time, view->policy);
        ip_len[JJ_ALL][i] = ip_len[side][packets[side]] = r->ip_len;
        payload[JJ_ALL][i] = payload[side][packets[side]] = r->payload_len;
        packets[side]++;
    }
    packets[JJ_ALL] = view->count;
    for (int side = 0; side < JJ_SIDES; side++) {
        view->gap[side] = (struct jj_series){ gap[side], gaps[side] };
        view->ip_len[side] = (struct jj_series){ ip_len[side], packets[side] };
        view->payload[side] = (struct jj_series){ payload[side], packets[side] };
    }
    view->scratch = series_at(columns, SERIES, 0);
    view->seen = carry->seen;
    carry->seen += view->count;
    return 0;
}
