/* SPDX-License-Identifier: MIT
 *
 * The one way to read foreign bytes. A cursor never passes its end: a read that does not fit fails
 * sticky (`failed`), gives zeros and moves nothing, so a parser may read a whole header and test
 * once. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct jj_cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline struct jj_cursor jj_cursor(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    return (struct jj_cursor){ .at = at, .end = at + size, .failed = false };
}

static inline size_t jj_left(const struct jj_cursor *c)
{
    return (size_t)(c->end - c->at);
}

/* `size` bytes that may be read in place, or NULL. */
static inline const uint8_t *jj_bytes(struct jj_cursor *c, size_t size)
{
    const uint8_t *at = c->at;
    if (size > jj_left(c) || c->failed) {
        c->failed = true;
        return NULL;
    }
    c->at += size;
    return at;
}

static inline bool jj_skip(struct jj_cursor *c, size_t size)
{
    return jj_bytes(c, size) != NULL;
}

static inline uint8_t jj_u8(struct jj_cursor *c)
{
    const uint8_t *p = jj_bytes(c, 1);
    return p ? *p : 0;
}

static inline uint16_t jj_be16(struct jj_cursor *c)
{
    const uint8_t *p = jj_bytes(c, 2);
    return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t jj_be32(struct jj_cursor *c)
{
    const uint8_t *p = jj_bytes(c, 4);
    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}
