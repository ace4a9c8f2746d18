/* SPDX-License-Identifier: MIT
 *
 * The flow index against a plain array: random insertions and removals, with few distinct hashes so
 * that chains of overflow buckets grow and shrink all the time. */
#include "engine/flow/index.c"

#include "test.h"

#define FLOWS 3000u

static uint32_t random_state = 1;

static uint32_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static bool has(const struct jj_index *index, uint32_t hash, uint32_t flow)
{
    const struct jj_bucket *bucket = jj_index_bucket(index, hash);
    unsigned slot = 0;
    uint32_t found;
    while ((found = jj_index_next(index, hash, &bucket, &slot)))
        if (found == flow)
            return true;
    return false;
}

static bool agrees(const struct jj_index *index, const uint32_t *hash, const bool *in)
{
    for (uint32_t flow = 1; flow <= FLOWS; flow++)
        if (has(index, hash[flow], flow) != in[flow])
            return false;
    return true;
}

static void churn(uint32_t hashes, unsigned steps)
{
    static uint32_t hash[FLOWS + 1];
    static bool in[FLOWS + 1];
    struct jj_index index;
    CHECK_INT(jj_index_create(&index, FLOWS), 0);
    memset(in, 0, sizeof in);
    uint32_t count = 0;
    for (unsigned step = 1; step <= steps; step++) {
        uint32_t flow = 1 + next_random() % FLOWS;
        if (in[flow]) {
            jj_index_remove(&index, hash[flow], flow);
        } else {
            hash[flow] = (next_random() % hashes) * 0x9e3779b9u;
            CHECK(jj_index_insert(&index, hash[flow], flow));
        }
        in[flow] = !in[flow];
        count += in[flow] ? 1 : -1u;
        if (step % (steps / 50) == 0)
            CHECK(agrees(&index, hash, in));
    }
    CHECK_INT(index.flows, count);
    for (uint32_t flow = 1; flow <= FLOWS; flow++)
        if (in[flow])
            jj_index_remove(&index, hash[flow], flow);
    CHECK_INT(index.flows, 0);
    CHECK_INT(index.overflow.used, 0);
    jj_index_destroy(&index);
}

int main(void)
{
    churn(40, 200000); /* long chains */
    churn(2000, 200000);
    churn(0xffffffff, 200000); /* hardly any */
    return test_end();
}
