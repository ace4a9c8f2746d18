/* SPDX-License-Identifier: MIT
 *
 * Numbers for people: 1,234,567 and 12.3 MB. Files get exact ones instead. The texts stand in a
 * ring of eight, so a few may be used in one printf. Main thread and progress thread each have
 * their own. */
#pragma once
#include <stdint.h>

const char *jj_human_count(uint64_t value);
const char *jj_human_bytes(uint64_t value);
const char *jj_human_rate(double per_second); /* 950, 12.3 k, 1.24 M */
const char *jj_human_time(double seconds);    /* 0.3 ms, 520 ms, 12.3 s, 3:07, 2:03:15 */
