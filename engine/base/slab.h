/* SPDX-License-Identifier: MIT
 *
 * Fixed-size items by number, from 1; 0 is none. Address space is reserved once and pages are
 * committed as they are first touched, so items never move and a small run stays small. One thread.
 * Taking and giving back are a few instructions: fit for the hot path. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jj_slab {
    uint8_t *base;
    size_t item;
    uint32_t max;  /* items that fit */
    uint32_t top;  /* items ever used */
    uint32_t free; /* head of the list of items given back */
    uint32_t used;
};

/* Reserves room for up to `max` items of `item` bytes (at least 4); when the system refuses that
 * much address space, for fewer. 0 or -ENOMEM. */
int jj_slab_create(struct jj_slab *slab, size_t item, uint32_t max);
void jj_slab_destroy(struct jj_slab *slab);

/* Address space whose pages are committed, zeroed, as they are first touched: small ones at first,
 * so that a small run stays small, then huge ones where the system has them. NULL when it is
 * refused. */
void *jj_reserve(size_t bytes);
void jj_unreserve(void *base, size_t bytes);

static inline void *jj_slab_at(const struct jj_slab *slab, uint32_t number)
{
    return slab->base + (size_t)number * slab->item;
}

/* An item with undefined content, or 0 when there is no room. */
static inline uint32_t jj_slab_take(struct jj_slab *slab)
{
    uint32_t number = slab->free;
    if (number)
        slab->free = *(uint32_t *)jj_slab_at(slab, number);
    else if (slab->top < slab->max)
        number = ++slab->top;
    else
        return 0;
    slab->used++;
    return number;
}

/* Takes all items back at once. */
static inline void jj_slab_clear(struct jj_slab *slab)
{
    slab->top = slab->free = slab->used = 0;
}

static inline void jj_slab_give(struct jj_slab *slab, uint32_t number)
{
    *(uint32_t *)jj_slab_at(slab, number) = slab->free;
    slab->free = number;
    slab->used--;
}
