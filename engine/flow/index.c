/* SPDX-License-Identifier: MIT */
#include "engine/flow/index.h"

#include <errno.h>
#include <string.h>

#define FIRST_BUCKETS         256u
#define FLOWS_PER_TWO_BUCKETS 9u /* load at which a bucket is split: 4.5 of 7 slots */

int jj_index_create(struct jj_index *index, uint32_t flows)
{
    memset(index, 0, sizeof *index);
    index->max = (uint32_t)((uint64_t)flows * 2 / FLOWS_PER_TWO_BUCKETS) + FIRST_BUCKETS;
    index->reserved = (size_t)index->max * sizeof *index->buckets;
    index->buckets = jj_reserve(index->reserved);
    if (!index->buckets)
        return -ENOMEM;
    index->count = index->low = FIRST_BUCKETS;
    return jj_slab_create(&index->overflow, sizeof *index->buckets, index->max);
}

void jj_index_destroy(struct jj_index *index)
{
    jj_unreserve(index->buckets, index->reserved);
    jj_slab_destroy(&index->overflow);
    memset(index, 0, sizeof *index);
}

void jj_index_clear(struct jj_index *index)
{
    memset(index->buckets, 0, index->count * sizeof *index->buckets);
    index->count = index->low = FIRST_BUCKETS;
    index->flows = 0;
    jj_slab_clear(&index->overflow);
}

static struct jj_bucket *overflow_of(struct jj_index *index, struct jj_bucket *bucket)
{
    if (!bucket->overflow) {
        uint32_t number = jj_slab_take(&index->overflow);
        if (!number)
            return NULL;
        memset(jj_slab_at(&index->overflow, number), 0, sizeof *bucket);
        bucket->overflow = number;
    }
    return jj_slab_at(&index->overflow, bucket->overflow);
}

static bool put(struct jj_index *index, struct jj_bucket *bucket, uint32_t hash, uint32_t flow)
{
    while (bucket && bucket->count == JJ_BUCKET_SLOTS)
        bucket = overflow_of(index, bucket);
    if (!bucket)
        return false;
    bucket->hash[bucket->count] = hash;
    bucket->flow[bucket->count++] = flow;
    return true;
}

/* Opens one more bucket and moves to it what belongs there from its lower twin. The twin is written
 * anew from a copy of its chain; emptied overflow buckets go back. */
static void split(struct jj_index *index)
{
    if (index->count == 2 * index->low)
        index->low *= 2;
    uint32_t bit = index->low;
    struct jj_bucket *twin = &index->buckets[index->count - bit];
    struct jj_bucket *fresh = &index->buckets[index->count++];
    struct jj_bucket part = *twin;
    twin->count = twin->overflow = 0;
    for (;;) {
        for (unsigned i = 0; i < part.count; i++)
            put(index, part.hash[i] & bit ? fresh : twin, part.hash[i], part.flow[i]);
        if (!part.overflow)
            return;
        uint32_t number = part.overflow;
        part = *(struct jj_bucket *)jj_slab_at(&index->overflow, number);
        jj_slab_give(&index->overflow, number);
    }
}

bool jj_index_insert(struct jj_index *index, uint32_t hash, uint32_t flow)
{
    uint64_t room = (uint64_t)index->count * FLOWS_PER_TWO_BUCKETS / 2;
    if (index->flows >= room && index->count < index->max)
        split(index);
    if (!put(index, jj_index_bucket(index, hash), hash, flow))
        return false;
    index->flows++;
    return true;
}

/* Fills the hole with the chain's last entry and drops the chain's tail when that empties it, so
 * that no chain ends in an empty bucket. `before` leads to `bucket`; NULL: it is the chain's first.
 */
static void fill_hole(struct jj_index *index, struct jj_bucket *before, struct jj_bucket *bucket,
                      unsigned slot)
{
    struct jj_bucket *last = bucket;
    while (last->overflow) {
        before = last;
        last = jj_slab_at(&index->overflow, last->overflow);
    }
    last->count--;
    bucket->hash[slot] = last->hash[last->count];
    bucket->flow[slot] = last->flow[last->count];
    if (last->count == 0 && before) {
        jj_slab_give(&index->overflow, before->overflow);
        before->overflow = 0;
    }
}

void jj_index_remove(struct jj_index *index, uint32_t hash, uint32_t flow)
{
    struct jj_bucket *before = NULL, *bucket = jj_index_bucket(index, hash);
    for (;;) {
        for (unsigned i = 0; i < bucket->count; i++) {
            if (bucket->flow[i] == flow) {
                fill_hole(index, before, bucket, i);
                index->flows--;
                return;
            }
        }
        if (!bucket->overflow)
            return;
        before = bucket;
        bucket = jj_slab_at(&index->overflow, bucket->overflow);
    }
}
