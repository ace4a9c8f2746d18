/* SPDX-License-Identifier: MIT
 *
 * A hashed timing wheel (Varghese and Lauck, SOSP 1987, scheme 6) over flow numbers. Packets do not
 * touch it: a flow stays where it was put, and when its slot comes up the owner asks the flow for
 * its true deadline and puts it back if that is later. Slots are absolute (deadline / tick), so the
 * order of expiry depends only on the times seen. One thread. */
#pragma once
#include "jj/flow.h"

#include "engine/base/slab.h"

#define JJ_WHEEL_TICK_BITS 27    /* 134 ms */
#define JJ_WHEEL_SLOTS     1024u /* 137 s; later deadlines are looked at again then */

struct jj_wheel {
    uint32_t head[JJ_WHEEL_SLOTS];
    int64_t tick; /* slots up to this one have been looked at */
};

void jj_wheel_add(struct jj_wheel *wheel, struct jj_slab *flows, uint32_t number, int64_t deadline);
void jj_wheel_remove(struct jj_wheel *wheel, struct jj_slab *flows, uint32_t number);

/* Takes out and returns a flow of the slots that have passed at `now`, or 0 when there is none
 * left: then all is done until the next tick. A clock that was set back is followed. */
uint32_t jj_wheel_due(struct jj_wheel *wheel, struct jj_slab *flows, int64_t now);

/* Forgets all flows. */
void jj_wheel_clear(struct jj_wheel *wheel);

/* The flow that was put into the earliest slot, or 0. It stays in. */
uint32_t jj_wheel_earliest(const struct jj_wheel *wheel);
