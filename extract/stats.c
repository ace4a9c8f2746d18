/* SPDX-License-Identifier: MIT */
#include "extract/stats.h"

#include <math.h>
#include <string.h>

#define PAIRWISE_BLOCK 128 /* numpy's */
#define INSERTION_RUN  12

static inline double term(double value, double mean, bool squared)
{
    double d = value - mean;
    return squared ? d * d : value;
}

/* n is at least 8. */
static inline double sum_block(const double *v, size_t n, double mean, bool squared)
{
    double r[8];
    const double *rest = v + n / 8 * 8;
    for (size_t j = 0; j < 8; j++)
        r[j] = term(v[j], mean, squared);
    for (v += 8; v < rest; v += 8)
        for (size_t j = 0; j < 8; j++)
            r[j] += term(v[j], mean, squared);
    double sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (size_t j = 0; j < n % 8; j++)
        sum += term(rest[j], mean, squared);
    return sum;
}

static double pairwise(const double *v, size_t n, double mean, bool squared)
{
    if (n < 8) {
        double sum = 0.0;
        for (size_t i = 0; i < n; i++)
            sum += term(v[i], mean, squared);
        return sum;
    }
    if (n <= PAIRWISE_BLOCK)
        return squared ? sum_block(v, n, mean, true) : sum_block(v, n, mean, false);
    size_t half = n / 2;
    half -= half % 8;
    return pairwise(v, half, mean, squared) + pairwise(v + half, n - half, mean, squared);
}

void jj_moments(struct jj_summary *out, const double *values, size_t count)
{
    out->count = count;
    if (count == 0)
        return;
    out->sum = pairwise(values, count, 0.0, false);
    out->mean = out->sum / (double)count;
    out->std = sqrt(pairwise(values, count, out->mean, true) / (double)count);
}

static void insertion_sort(double *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double x = v[i];
        size_t j = i;
        for (; j > 0 && v[j - 1] > x; j--)
            v[j] = v[j - 1];
        v[j] = x;
    }
}

void jj_merge(const double *a, size_t n, const double *b, size_t m, double *to)
{
    size_t i = 0, j = 0;
    while (i < n && j < m)
        *to++ = b[j] < a[i] ? b[j++] : a[i++];
    memcpy(to, a + i, (n - i) * sizeof *to);
    memcpy(to + (n - i), b + j, (m - j) * sizeof *to);
}

/* Merge sort from below: no input makes it slow. */
void jj_sort(double *values, size_t count, double *scratch)
{
    if (count <= 2 * INSERTION_RUN) {
        insertion_sort(values, count);
        return;
    }
    for (size_t i = 0; i < count; i += INSERTION_RUN)
        insertion_sort(values + i, count - i < INSERTION_RUN ? count - i : INSERTION_RUN);
    double *from = values, *to = scratch;
    for (size_t run = INSERTION_RUN; run < count; run *= 2) {
        for (size_t i = 0; i < count; i += 2 * run) {
            size_t n = count - i < run ? count - i : run;
            size_t m = count - i - n < run ? count - i - n : run;
            jj_merge(from + i, n, from + i + n, m, to + i);
        }
        double *swap = from;
        from = to;
        to = swap;
    }
    if (from != values)
        memcpy(values, from, count * sizeof *values);
}

double jj_percentile(const double *sorted, size_t count, double percent)
{
    double index = (double)(count - 1) * percent / 100.0;
    size_t low = (size_t)index;
    size_t high = low + 1 < count ? low + 1 : count - 1;
    double part = index - (double)low;
    return sorted[low] * (1 - part) + sorted[high] * part;
}

static void summarize_one(struct jj_summary *out, double value)
{
    *out = (struct jj_summary){ 1,     value, value, 0.0,   value, value,
                                value, value, value, value, value };
}

void jj_summarize_sorted(struct jj_summary *out, const double *values, size_t count,
                         const double *sorted)
{
    out->count = count;
    if (count == 1)
        summarize_one(out, values[0]);
    if (count <= 1)
        return;
    jj_moments(out, values, count);
    out->min = sorted[0];
    out->max = sorted[count - 1];
    out->p25 = jj_percentile(sorted, count, 25.0);
    out->median = jj_percentile(sorted, count, 50.0);
    out->p75 = jj_percentile(sorted, count, 75.0);
    out->p90 = jj_percentile(sorted, count, 90.0);
    out->p99 = jj_percentile(sorted, count, 99.0);
}

void jj_summarize(struct jj_summary *out, const double *values, size_t count, double *sorted)
{
    memcpy(sorted, values, count * sizeof *sorted);
    jj_sort(sorted, count, sorted + count);
    jj_summarize_sorted(out, values, count, sorted);
}

void jj_running_add(struct jj_running *running, const double *values, size_t count)
{
    if (count == 0)
        return;
    struct jj_summary part;
    jj_moments(&part, values, count);
    struct jj_running block = { .count = count, .sum = part.sum, .mean = part.mean };
    block.squares = part.std * part.std * (double)count;
    block.min = block.max = values[0];
    for (size_t i = 1; i < count; i++) {
        block.min = values[i] < block.min ? values[i] : block.min;
        block.max = values[i] > block.max ? values[i] : block.max;
    }
    jj_running_merge(running, &block);
}

void jj_running_merge(struct jj_running *into, const struct jj_running *from)
{
    if (from->count == 0)
        return;
    if (into->count == 0) {
        *into = *from;
        return;
    }
    double n = (double)into->count, m = (double)from->count, apart = from->mean - into->mean;
    into->count += from->count;
    into->sum += from->sum;
    into->squares += from->squares + apart * apart * n * m / (n + m);
    into->mean = into->sum / (n + m);
    into->min = from->min < into->min ? from->min : into->min;
    into->max = from->max > into->max ? from->max : into->max;
}

void jj_running_summary(struct jj_summary *out, const struct jj_running *running)
{
    *out = (struct jj_summary){ .count = running->count };
    if (running->count == 0)
        return;
    out->sum = running->sum;
    out->mean = running->mean;
    out->std = sqrt(running->squares / (double)running->count);
    out->min = running->min;
    out->max = running->max;
}

/* Buckets of 1/32 octave are the exponent and the first five bits of the fraction of a double. */
#define FRACTION_SHIFT (52 - 5)
#define EXACT_BYTES    2048u
#define LEAST_SECONDS  1e-9

static uint64_t code_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> FRACTION_SHIFT;
}

static double middle_of(uint64_t code)
{
    uint64_t bits = code << FRACTION_SHIFT | 1ull << (FRACTION_SHIFT - 1);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static unsigned bucket_of(enum jj_sketch_kind kind, double value)
{
    double first = kind == JJ_SKETCH_BYTES ? EXACT_BYTES : LEAST_SECONDS;
    unsigned offset = kind == JJ_SKETCH_BYTES ? EXACT_BYTES : 1;
    if (!(value >= first))
        return kind == JJ_SKETCH_BYTES && value > 0 ? (unsigned)value : 0;
    uint64_t bucket = code_of(value) - code_of(first) + offset;
    return bucket < JJ_SKETCH_BUCKETS ? (unsigned)bucket : JJ_SKETCH_BUCKETS - 1;
}

static double value_of(enum jj_sketch_kind kind, unsigned bucket)
{
    if (kind == JJ_SKETCH_BYTES)
        return bucket < EXACT_BYTES ? bucket
                                    : middle_of(code_of(EXACT_BYTES) + bucket - EXACT_BYTES);
    return bucket == 0 ? 0.0 : middle_of(code_of(LEAST_SECONDS) + bucket - 1);
}

void jj_sketch_add(struct jj_sketch *sketch, enum jj_sketch_kind kind, const double *values,
                   size_t count)
{
    jj_running_add(&sketch->running, values, count);
    for (size_t i = 0; i < count; i++)
        sketch->bucket[bucket_of(kind, values[i])]++;
}

void jj_sketch_merge(struct jj_sketch *into, const struct jj_sketch *from)
{
    jj_running_merge(&into->running, &from->running);
    for (unsigned i = 0; i < JJ_SKETCH_BUCKETS; i++)
        into->bucket[i] += from->bucket[i];
}

static double clamp(double value, const struct jj_running *running)
{
    return value < running->min ? running->min : value > running->max ? running->max : value;
}

/* A place in the histogram; ranks are asked for in ascending order, or nearly so. */
struct cursor {
    const struct jj_sketch *sketch;
    enum jj_sketch_kind kind;
    unsigned bucket;
    uint64_t below; /* values in the buckets before it */
};

static double at_rank(struct cursor *c, uint64_t rank)
{
    if (rank < c->below)
        c->bucket = 0, c->below = 0;
    while (c->bucket < JJ_SKETCH_BUCKETS - 1 && c->below + c->sketch->bucket[c->bucket] <= rank)
        c->below += c->sketch->bucket[c->bucket++];
    return clamp(value_of(c->kind, c->bucket), &c->sketch->running);
}

static double quantile(struct cursor *c, double percent)
{
    double index = (double)(c->sketch->running.count - 1) * percent / 100.0;
    uint64_t low = (uint64_t)index;
    double part = index - (double)low;
    double below = at_rank(c, low);
    return part > 0 ? below * (1 - part) + at_rank(c, low + 1) * part : below;
}

void jj_sketch_summary(struct jj_summary *out, const struct jj_sketch *sketch,
                       enum jj_sketch_kind kind)
{
    jj_running_summary(out, &sketch->running);
    if (out->count == 0)
        return;
    struct cursor cursor = { .sketch = sketch, .kind = kind };
    out->p25 = quantile(&cursor, 25.0);
    out->median = quantile(&cursor, 50.0);
    out->p75 = quantile(&cursor, 75.0);
    out->p90 = quantile(&cursor, 90.0);
    out->p99 = quantile(&cursor, 99.0);
}

uint64_t jj_sketch_mode(const struct jj_sketch *sketch, enum jj_sketch_kind kind, double *value)
{
    unsigned best = 0;
    for (unsigned i = 1; i < JJ_SKETCH_BUCKETS; i++)
        if (sketch->bucket[i] > sketch->bucket[best])
            best = i;
    *value = value_of(kind, best);
    return sketch->bucket[best];
}
