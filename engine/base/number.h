/* SPDX-License-Identifier: MIT
 *
 * Numbers as text, fast. Doubles are the shortest text that reads back as the same double, and of
 * those the closest, in the form of Python's repr(): "0.0", "1e-05", "1.5e+16". The method is
 * R. Giulietti, "The Schubfach way to render doubles", 2020. Every function returns the length,
 * writes no '\0', and may scribble over JJ_NUMBER_ROOM bytes at `to`. Any thread. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define JJ_NUMBER_ROOM 48 /* to be free at `to` */
#define JJ_U64_MAX     20 /* longest results */
#define JJ_I64_MAX     20
#define JJ_F64_MAX     24

size_t jj_write_u64(char *to, uint64_t value);
size_t jj_write_i64(char *to, int64_t value);
size_t jj_write_f64(char *to, double value);
