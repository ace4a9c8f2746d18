/* SPDX-License-Identifier: MIT
 *
 * Descriptive statistics of a series: exact over values in hand, and over any number of values by
 * a sketch of fixed size.
 *
 * Sums are pairwise (N. Higham, SIAM J. Sci. Comput. 14, 1993) in numpy's blocks, so that means and
 * deviations agree with numpy's to the last digits. Deviation is that of a population (ddof 0).
 * A percentile lies between its neighbours in proportion: i = (n-1)p/100, R's type 7. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jj_summary {
    size_t count; /* with 0 nothing else means anything */
    double sum, mean, std;
    double min, max;
    double median, p25, p75, p90, p99;
};

/* Everything but min, max and percentiles. */
void jj_moments(struct jj_summary *out, const double *values, size_t count);

/* Sorts in place; `scratch` has room for count values. */
void jj_sort(double *values, size_t count, double *scratch);

/* Everything. `sorted` has room for 2 x count values; its first half is left with the values in
 * order. */
void jj_summarize(struct jj_summary *out, const double *values, size_t count, double *sorted);

/* The same, of values whose order is known already: count of them in `sorted`. */
void jj_summarize_sorted(struct jj_summary *out, const double *values, size_t count,
                         const double *sorted);

/* Two sorted series into one. */
void jj_merge(const double *a, size_t n, const double *b, size_t m, double *to);

double jj_percentile(const double *sorted, size_t count, double percent);

/* Mean, deviation, extremes: exact for any number of values (Chan, Golub and LeVeque 1979). */
struct jj_running {
    uint64_t count;
    double sum, mean, squares; /* squares: of the differences from the mean */
    double min, max;
};

void jj_running_add(struct jj_running *running, const double *values, size_t count);
void jj_running_merge(struct jj_running *into, const struct jj_running *from);

/* A histogram whose buckets are exact for whole numbers below 2048 when the values are bytes, and
 * else 1/32 octave wide: a percentile is off by at most 1.6 %. Times below 1 ns count as 0. */
#define JJ_SKETCH_BUCKETS 2400u

enum jj_sketch_kind { JJ_SKETCH_SECONDS, JJ_SKETCH_BYTES };

struct jj_sketch {
    struct jj_running running;
    uint32_t bucket[JJ_SKETCH_BUCKETS];
};

void jj_sketch_add(struct jj_sketch *sketch, enum jj_sketch_kind kind, const double *values,
                   size_t count);
void jj_sketch_merge(struct jj_sketch *into, const struct jj_sketch *from);
void jj_sketch_summary(struct jj_summary *out, const struct jj_sketch *sketch,
                       enum jj_sketch_kind kind);

/* The most frequent value: its bucket's, the smallest of equals. Returns how often. */
uint64_t jj_sketch_mode(const struct jj_sketch *sketch, enum jj_sketch_kind kind, double *value);

/* A summary of what is known only by running moments. */
void jj_running_summary(struct jj_summary *out, const struct jj_running *running);
