/* SPDX-License-Identifier: MIT */
#include "cli/nearest.h"

#include <string.h>

#define LONGEST 64

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Insertions, deletions and replacements from a to b; a swap of neighbours counts as one. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned row[3][LONGEST + 1];
    for (size_t j = 0; j <= b_length; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *now = row[i % 3], *one = row[(i + 2) % 3], *two = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            now[j] = least(one[j] + 1, now[j - 1] + 1, one[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                two[j - 2] + 1 < now[j])
                now[j] = two[j - 2] + 1;
        }
    }
    return row[a_length % 3][b_length];
}

/* How far a word of this length may be off and still be the same word. */
static unsigned tolerance(size_t length)
{
    return length <= 3 ? 1 : length <= 7 ? 2 : 3;
}

void jj_nearest_try(struct jj_nearest *nearest, const char *candidate)
{
    size_t length = strlen(candidate);
    if (nearest->length > LONGEST || length > LONGEST || nearest->length == 0)
        return;
    unsigned d = distance(nearest->word, nearest->length, candidate, length);
    bool abbreviated =
        nearest->length >= 3 && strncmp(nearest->word, candidate, nearest->length) == 0;
    if (abbreviated && d > 1)
        d = 1;
    if (d <= tolerance(nearest->length) && (!nearest->best || d < nearest->distance)) {
        nearest->best = candidate;
        nearest->distance = d;
    }
}
