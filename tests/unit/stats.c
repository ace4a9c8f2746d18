/* SPDX-License-Identifier: MIT
 *
 * The statistics against plain definitions, and the sketch against the exact values. */
#include "extract/stats.c"

#include "test.h"

#define MANY 100000

static double values[MANY], sorted[2 * MANY];

static double uniform(void)
{
    return (double)random() / 2147483648.0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static bool near(double got, double want, double relative)
{
    return fabs(got - want) <= relative * fabs(want);
}

static void known_numbers(void)
{
    const double v[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
    struct jj_summary s;
    jj_summarize(&s, v, 8, sorted);
    CHECK(s.sum == 40 && s.mean == 5 && s.std == 2);
    CHECK(s.min == 2 && s.max == 9 && s.median == 4.5);
    CHECK(s.p25 == 4 && s.p75 == 5.5);
    CHECK(near(s.p90, 7.6, 1e-15) && near(s.p99, 8.86, 1e-15));
    jj_summarize(&s, v, 1, sorted);
    CHECK(s.count == 1 && s.mean == 2 && s.std == 0 && s.p99 == 2 && sorted[0] == 2);
    jj_summarize(&s, v, 0, sorted);
    CHECK_INT(s.count, 0);
}

static void sorts_like_the_library(void)
{
    static double reference[MANY];
    for (size_t n = 0; n < 3000; n = n < 70 ? n + 1 : n * 5 / 4) {
        for (size_t i = 0; i < n; i++)
            values[i] = reference[i] = n % 2 ? uniform() : (double)(random() % 7);
        qsort(reference, n, sizeof *reference, by_value);
        jj_sort(values, n, sorted);
        CHECK(memcmp(values, reference, n * sizeof *values) == 0);
    }
}

static void sums_are_exact(void)
{
    long double sum = 0;
    struct jj_summary s;
    for (size_t i = 0; i < MANY; i++)
        sum += values[i] = uniform() * 1e9;
    jj_moments(&s, values, MANY);
    CHECK(near(s.sum, (double)sum, 1e-15));
    for (size_t i = 0; i < MANY; i++)
        values[i] = 1e9 + i % 2;
    jj_moments(&s, values, MANY);
    CHECK(s.mean == 1e9 + 0.5 && s.std == 0.5);
}

static void sketch_is_close(enum jj_sketch_kind kind, double tolerance)
{
    static struct jj_sketch one, two, all;
    struct jj_summary exact, got;
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    for (size_t i = 0; i < MANY; i++)
        values[i] =
            kind == JJ_SKETCH_BYTES ? (double)(40 + random() % 1460) : exp(uniform() * 20 - 18);
    jj_summarize(&exact, values, MANY, sorted);
    for (size_t i = 0; i < MANY; i += 200)
        jj_sketch_add(i % 400 ? &one : &two, kind, values + i, 200);
    all = one;
    jj_sketch_merge(&all, &two);
    jj_sketch_summary(&got, &all, kind);
    CHECK_INT(got.count, MANY);
    CHECK(near(got.sum, exact.sum, 1e-12) && near(got.mean, exact.mean, 1e-12));
    CHECK(near(got.std, exact.std, 1e-9));
    CHECK(got.min == exact.min && got.max == exact.max);
    CHECK(near(got.p25, exact.p25, tolerance) && near(got.median, exact.median, tolerance));
    CHECK(near(got.p75, exact.p75, tolerance) && near(got.p90, exact.p90, tolerance));
    CHECK(near(got.p99, exact.p99, tolerance));
}

static void sketch_bounds(void)
{
    static struct jj_sketch s;
    const double odd[] = { 0, -1, 1e-30, 1e-9, 1e300, 2047, 2048, 70000 };
    double mode;
    jj_sketch_add(&s, JJ_SKETCH_SECONDS, odd, 8);
    memset(&s, 0, sizeof s);
    jj_sketch_add(&s, JJ_SKETCH_BYTES, odd, 8);
    CHECK_INT(s.running.count, 8);
    const double lengths[] = { 52, 1500, 52, 1500, 52, 40 };
    memset(&s, 0, sizeof s);
    jj_sketch_add(&s, JJ_SKETCH_BYTES, lengths, 6);
    CHECK_INT(jj_sketch_mode(&s, JJ_SKETCH_BYTES, &mode), 3);
    CHECK(mode == 52);
}

int main(void)
{
    known_numbers();
    sorts_like_the_library();
    sums_are_exact();
    sketch_is_close(JJ_SKETCH_BYTES, 1e-12);
    sketch_is_close(JJ_SKETCH_SECONDS, 0.016);
    sketch_bounds();
    return test_end();
}
