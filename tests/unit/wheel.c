/* SPDX-License-Identifier: MIT
 *
 * The timing wheel: nothing leaves before its deadline, everything within a tick after it, also
 * with deadlines beyond the horizon and a clock that jumps or is set back. */
#include "engine/flow/wheel.c"

#include "test.h"

#define FLOWS 500u
#define TICK  (1ll << JJ_WHEEL_TICK_BITS)

static struct jj_wheel wheel;
static struct jj_slab flows;
static int64_t deadline[FLOWS + 1]; /* 0: not in the wheel */

static void add(uint32_t number, int64_t when)
{
    deadline[number] = when;
    jj_wheel_add(&wheel, &flows, number, when);
}

/* As the flow table does: what is not over goes back. */
static void advance(int64_t now)
{
    uint32_t number;
    while ((number = jj_wheel_due(&wheel, &flows, now))) {
        CHECK(deadline[number] != 0);
        if (deadline[number] == 0)
            exit(1); /* its lists are broken: there may be no end */
        if (deadline[number] >> JJ_WHEEL_TICK_BITS < now >> JJ_WHEEL_TICK_BITS)
            deadline[number] = 0;
        else
            jj_wheel_add(&wheel, &flows, number, deadline[number]);
    }
}

static unsigned overdue(int64_t now)
{
    unsigned count = 0;
    for (uint32_t i = 1; i <= FLOWS; i++)
        count += deadline[i] != 0 && deadline[i] + TICK < now;
    return count;
}

static unsigned waiting(void)
{
    unsigned count = 0;
    for (uint32_t i = 1; i <= FLOWS; i++)
        count += deadline[i] != 0;
    return count;
}

int main(void)
{
    const int64_t start = 1700000000000000000ll;
    CHECK_INT(jj_slab_create(&flows, sizeof(struct jj_flow), FLOWS), 0);
    for (uint32_t i = 1; i <= FLOWS; i++)
        jj_slab_take(&flows);
    advance(start);
    for (uint32_t i = 1; i <= FLOWS; i++)
        add(i, start + random() % (400 * 1000000000ll)); /* up to three times the horizon */
    for (int64_t now = start; now < start + 410 * 1000000000ll; now += random() % (3 * TICK)) {
        advance(now);
        CHECK_INT(overdue(now), 0);
        uint32_t first = jj_wheel_earliest(&wheel);
        CHECK((first == 0) == (waiting() == 0));
    }
    CHECK_INT(waiting(), 0);

    /* Set back by an hour: what is put in then leaves in its time. */
    advance(start - 3600 * 1000000000ll);
    add(1, start - 3600 * 1000000000ll + 60 * TICK);
    advance(start - 3600 * 1000000000ll);
    CHECK_INT(waiting(), 1);
    advance(start - 3600 * 1000000000ll + 62 * TICK);
    CHECK_INT(waiting(), 0);

    /* A jump of years. */
    add(1, start);
    add(2, start + 1000);
    jj_wheel_remove(&wheel, &flows, 1);
    deadline[1] = 0;
    advance(start * 2);
    CHECK_INT(waiting(), 0);
    jj_slab_destroy(&flows);
    return test_end();
}
