/* SPDX-License-Identifier: MIT
 *
 * UTF-8 that comes from the network and may be none (RFC 3629). */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How many bytes the character at `text` has, or 0 when there is none: a stray, cut, overlong,
 * surrogate or too large one. */
static inline size_t jj_utf8_length(const char *text, size_t left)
{
    const uint8_t *b = (const uint8_t *)text;
    size_t length = b[0] < 0x80 ? 1 : b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    if (length > left || b[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] >= 0xa0) ||
        (b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] >= 0x90))
        return 0;
    return length;
}

/* Copies one character, or U+FFFD for one byte that belongs to none. */
static inline char *jj_utf8_copy(char *to, const char **text, const char *end)
{
    size_t length = jj_utf8_length(*text, (size_t)(end - *text));
    memcpy(to, length ? *text : "\xef\xbf\xbd", length ? length : 3);
    *text += length ? length : 1;
    return to + (length ? length : 3);
}
