/* SPDX-License-Identifier: MIT
 *
 * Guesses what a mistyped word was meant to be. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct jj_nearest {
    const char *word; /* as typed, `length` bytes */
    size_t length;
    const char *best; /* NULL while nothing is near */
    unsigned distance;
};

void jj_nearest_try(struct jj_nearest *nearest, const char *candidate);
