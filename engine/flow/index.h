/* SPDX-License-Identifier: MIT
 *
 * From a hash to flow numbers: linear hashing (Litwin, VLDB 1980) over 64-byte buckets. It grows by
 * one bucket at a time, so no insertion ever pays for a rehash of the whole table. The caller
 * compares keys: equal 32-bit hashes are only candidates. One thread. */
#pragma once
#include "engine/base/slab.h"

#define JJ_BUCKET_SLOTS 7u

struct jj_bucket {
    uint32_t hash[JJ_BUCKET_SLOTS];
    uint32_t flow[JJ_BUCKET_SLOTS];
    uint32_t count;
    uint32_t overflow; /* number in the overflow slab, 0 = none */
};
_Static_assert(sizeof(struct jj_bucket) == 64, "a bucket is a cache line");

struct jj_index {
    struct jj_bucket *buckets;
    size_t reserved; /* bytes of address space */
    uint32_t count;  /* buckets in use */
    uint32_t low;    /* the largest power of two <= count */
    uint32_t max;
    uint32_t flows;
    struct jj_slab overflow;
};

/* For up to `flows` flows. 0 or -ENOMEM. */
int jj_index_create(struct jj_index *index, uint32_t flows);
void jj_index_destroy(struct jj_index *index);

/* False when there is no memory for it. */
bool jj_index_insert(struct jj_index *index, uint32_t hash, uint32_t flow);
void jj_index_remove(struct jj_index *index, uint32_t hash, uint32_t flow);
void jj_index_clear(struct jj_index *index);

static inline struct jj_bucket *jj_index_bucket(const struct jj_index *index, uint32_t hash)
{
    uint32_t number = hash & (2 * index->low - 1);
    if (number >= index->count)
        number = hash & (index->low - 1);
    return &index->buckets[number];
}

static inline void jj_index_prefetch(const struct jj_index *index, uint32_t hash)
{
    __builtin_prefetch(jj_index_bucket(index, hash));
}

/* The first flow with this hash behind *bucket, *slot, which are moved on; 0 when there are no
 * more. Start with jj_index_bucket() and 0. */
static inline uint32_t jj_index_next(const struct jj_index *index, uint32_t hash,
                                     const struct jj_bucket **bucket, unsigned *slot)
{
    for (;;) {
        const struct jj_bucket *b = *bucket;
        while (*slot < b->count) {
            unsigned i = (*slot)++;
            if (b->hash[i] == hash)
                return b->flow[i];
        }
        if (!b->overflow)
            return 0;
        *bucket = jj_slab_at(&index->overflow, b->overflow);
        *slot = 0;
    }
}
