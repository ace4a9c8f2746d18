/* SPDX-License-Identifier: MIT
 *
 * Counters with one writer and any number of readers: relaxed atomics, so that a reader never sees
 * half a value. To the writer they cost what plain additions cost. */
#pragma once
#include <stddef.h>
#include <stdint.h>

static inline void jj_count(uint64_t *counter, uint64_t by)
{
    __atomic_store_n(counter, *counter + by, __ATOMIC_RELAXED);
}

static inline uint64_t jj_counted(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
