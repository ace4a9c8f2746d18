/* SPDX-License-Identifier: MIT */
#include "cli/human.h"

#include <stdio.h>

static char *next_text(void)
{
    static _Thread_local char texts[8][32];
    static _Thread_local unsigned at;
    return texts[at++ % 8];
}

const char *jj_human_count(uint64_t value)
{
    char *at = next_text() + 31;
    *at = 0;
    unsigned digits = 0;
    do {
        if (digits && digits % 3 == 0)
            *--at = ',';
        *--at = (char)('0' + value % 10);
        value /= 10;
        digits++;
    } while (value);
    return at;
}

static const char *scaled(double value, const char *const *units)
{
    char *text = next_text();
    unsigned unit = 0;
    while (value >= 999.5 && units[unit + 1]) {
        value /= 1000;
        unit++;
    }
    int digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    snprintf(text, 32, "%.*f%s", digits, value, units[unit]);
    return text;
}

const char *jj_human_bytes(uint64_t value)
{
    static const char *const units[] = { " bytes", " kB", " MB", " GB", " TB", " PB", NULL };
    return scaled((double)value, units);
}

const char *jj_human_rate(double per_second)
{
    static const char *const units[] = { "", " k", " M", " G", NULL };
    return scaled(per_second, units);
}

const char *jj_human_time(double seconds)
{
    char *text = next_text();
    if (seconds < 0.9995) {
        snprintf(text, 32, "%.*f ms", seconds < 0.00995 ? 1 : 0, seconds * 1000);
        return text;
    }
    if (seconds < 59.95) {
        snprintf(text, 32, "%.*f s", seconds < 9.995 ? 2 : 1, seconds);
        return text;
    }
    uint64_t whole = (uint64_t)(seconds + 0.5);
    unsigned minutes = (unsigned)(whole / 60 % 60), rest = (unsigned)(whole % 60);
    if (whole < 3600)
        snprintf(text, 32, "%u:%02u", minutes, rest);
    else
        snprintf(text, 32, "%llu:%02u:%02u", (unsigned long long)(whole / 3600), minutes, rest);
    return text;
}
