/* SPDX-License-Identifier: MIT
 *
 * Stage: numbers and addresses to text, a kind at a time. Values come from a fixed seed. */
#include "engine/base/number.h"

#include <string.h>

#include "bench/bench.h"
#include "engine/base/address.h"

enum { VALUES = 4096, ROUNDS = 100 };

static uint64_t state = 88172645463325252ull;
static const struct kind *kind;
static double doubles[VALUES];
static int64_t integers[VALUES];
static uint8_t addresses[VALUES][16];
static char text[VALUES * JJ_ADDRESS_ROOM];

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static double a_mean(void)
{
    return (double)(next() % 1000000) / (double)(next() % 97 + 3);
}

static double a_time(void)
{
    return (double)(next() % 100000000) / 1e6;
}

static double a_count(void)
{
    return (double)(next() % 1500);
}

static char *write_double(char *to, unsigned i)
{
    return to + jj_write_f64(to, doubles[i]);
}

static char *write_integer(char *to, unsigned i)
{
    return to + jj_write_i64(to, integers[i]);
}

static char *write_ipv4(char *to, unsigned i)
{
    return to + jj_write_ip(to, addresses[i], 4);
}

static char *write_ipv6(char *to, unsigned i)
{
    return to + jj_write_ip(to, addresses[i], 6);
}

static const struct kind {
    const char *name;
    char *(*write)(char *to, unsigned i);
    double (*sample)(void);
} kinds[] = {
    { "mean", write_double, a_mean },   { "time", write_double, a_time },
    { "count", write_double, a_count }, { "integer", write_integer, a_count },
    { "ipv4", write_ipv4, a_count },    { "ipv6", write_ipv6, a_count },
};

static int load(const char *input, const char *choice, struct jj_error *err)
{
    (void)choice;
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(input, kinds[i].name) == 0)
            kind = &kinds[i];
    if (!kind)
        return jj_fail(err, JJ_EUSAGE, "no such kind of value: %s", input);
    for (unsigned i = 0; i < VALUES; i++) {
        uint64_t words[2] = { next(), next() & 0xffffffff0000ffff };
        memcpy(addresses[i], words, 16);
        doubles[i] = kind->sample();
        integers[i] = (int64_t)doubles[i];
    }
    return 0;
}

static int run(struct bench_work *work, struct jj_error *err)
{
    (void)err;
    for (unsigned round = 0; round < ROUNDS; round++) {
        char *to = text;
        for (unsigned i = 0; i < VALUES; i++)
            to = kind->write(to, i);
        work->bytes += (uint64_t)(to - text);
    }
    work->items = VALUES * ROUNDS;
    return 0;
}

int main(int argc, char **argv)
{
    const struct bench_stage stage = {
        .name = "number",
        .unit = "value",
        .input = "mean, time, count, integer, ipv4 or ipv6",
        .load = load,
        .run = run,
    };
    return bench_main(argc, argv, &stage);
}
