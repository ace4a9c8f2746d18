/* SPDX-License-Identifier: MIT
 *
 * What is left of a frame while its headers come off: the captured bytes, and how many there are
 * by the wire or the headers. `wire` is never below the captured rest, so taking captured bytes
 * cannot underflow it. */
#pragma once
#include "engine/base/cursor.h"

struct jj_view {
    struct jj_cursor bytes;
    uint32_t wire;
};

static inline uint32_t jj_captured(const struct jj_view *v)
{
    return (uint32_t)jj_left(&v->bytes);
}

/* The next `size` bytes, taken off, or NULL and nothing moves. */
static inline const uint8_t *jj_take(struct jj_view *v, uint32_t size)
{
    const uint8_t *at = v->bytes.at;
    if (size > jj_captured(v))
        return NULL;
    v->bytes.at += size;
    v->wire -= size;
    return at;
}

/* The next `size` bytes, left in place, or NULL. */
static inline const uint8_t *jj_peek(const struct jj_view *v, uint32_t size)
{
    return size > jj_captured(v) ? NULL : v->bytes.at;
}

/* A header says how long the rest is. It is trusted, even above what the frame can hold. */
static inline void jj_limit(struct jj_view *v, uint32_t size)
{
    if (size < jj_captured(v))
        v->bytes.end = v->bytes.at + size;
    v->wire = size;
}

static inline uint16_t jj_load16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t jj_load32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
