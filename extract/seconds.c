/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "extract/extract.h"

/* Whole microseconds divide exactly enough: the quotient of two exact doubles is rounded once.
 * Below that the nearest double is found by comparing, in 128 bits, the error of the neighbours. */
static double nearest(int64_t ns)
{
    double guess = (double)((long double)ns / 1e9L);
    double best = guess;
    long double least = -1;
    for (int step = -1; step <= 1; step++) {
        double candidate = step == 0 ? guess : nextafter(guess, step * INFINITY);
        int exponent;
        double fraction = frexp(candidate, &exponent);
        __int128 mantissa = (__int128)ldexp(fraction, 53);
        int shift = 53 - exponent; /* candidate = mantissa / 2^shift */
        if (shift < 0 || shift > 60)
            return guess;
        __int128 error = mantissa * 1000000000 - ((__int128)ns << shift);
        long double size = error < 0 ? -(long double)error : (long double)error;
        if (least < 0 || size < least) {
            least = size;
            best = candidate;
        }
    }
    return best;
}

double jj_seconds(int64_t ns)
{
    int64_t us = ns / 1000;
    return us * 1000 == ns ? (double)us / 1e6 : nearest(ns);
}
