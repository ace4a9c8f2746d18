/* SPDX-License-Identifier: MIT */
#include "engine/flow/wheel.h"

#include <string.h>

static struct jj_flow *flow_at(struct jj_slab *flows, uint32_t number)
{
    return jj_slab_at(flows, number);
}

void jj_wheel_add(struct jj_wheel *wheel, struct jj_slab *flows, uint32_t number, int64_t deadline)
{
    /* A slot is looked at when it has passed: the tick after the deadline's. */
    int64_t tick = (deadline >> JJ_WHEEL_TICK_BITS) + 1;
    if (tick <= wheel->tick)
        tick = wheel->tick + 1;
    if (tick >= wheel->tick + JJ_WHEEL_SLOTS)
        tick = wheel->tick + JJ_WHEEL_SLOTS - 1;
    struct jj_flow *flow = flow_at(flows, number);
    flow->wheel_slot = (uint16_t)(tick & (JJ_WHEEL_SLOTS - 1));
    uint32_t *head = &wheel->head[flow->wheel_slot];
    flow->wheel_prev = 0;
    flow->wheel_next = *head;
    if (*head)
        flow_at(flows, *head)->wheel_prev = number;
    *head = number;
}

void jj_wheel_remove(struct jj_wheel *wheel, struct jj_slab *flows, uint32_t number)
{
    struct jj_flow *flow = flow_at(flows, number);
    if (flow->wheel_prev)
        flow_at(flows, flow->wheel_prev)->wheel_next = flow->wheel_next;
    else
        wheel->head[flow->wheel_slot] = flow->wheel_next;
    if (flow->wheel_next)
        flow_at(flows, flow->wheel_next)->wheel_prev = flow->wheel_prev;
}

void jj_wheel_clear(struct jj_wheel *wheel)
{
    memset(wheel->head, 0, sizeof wheel->head);
}

uint32_t jj_wheel_due(struct jj_wheel *wheel, struct jj_slab *flows, int64_t now)
{
    int64_t tick = now >> JJ_WHEEL_TICK_BITS;
    if (tick < wheel->tick || tick > wheel->tick + JJ_WHEEL_SLOTS)
        wheel->tick = tick < wheel->tick ? tick : tick - JJ_WHEEL_SLOTS;
    for (; wheel->tick < tick; wheel->tick++) {
        uint32_t number = wheel->head[(wheel->tick + 1) & (JJ_WHEEL_SLOTS - 1)];
        if (number) {
            jj_wheel_remove(wheel, flows, number);
            return number;
        }
    }
    return 0;
}

uint32_t jj_wheel_earliest(const struct jj_wheel *wheel)
{
    for (unsigned i = 1; i <= JJ_WHEEL_SLOTS; i++) {
        uint32_t number = wheel->head[(wheel->tick + i) & (JJ_WHEEL_SLOTS - 1)];
        if (number)
            return number;
    }
    return 0;
}
