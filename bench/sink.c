/* SPDX-License-Identifier: MIT
 *
 * How long numbers and rows take to become text. Prints one JSON object; every figure is the best
 * of several rounds, in nanoseconds. Rows go to /dev/null. */
#include "jj/sink.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/address.h"
#include "engine/base/number.h"

#define VALUES  4096
#define COLUMNS 125
#define ROUNDS  200

static uint64_t seed = 88172645463325252ull;

static uint64_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* A mean, a time in microseconds, a count: what fills the columns of doubles. */
static double sample_mean(void)
{
    return (double)(next() % 1000000) / (double)(next() % 97 + 3);
}

static double sample_time(void)
{
    return (double)(next() % 100000000) / 1e6;
}

static double sample_count(void)
{
    return (double)(next() % 1500);
}

static double time_doubles(double (*sample)(void))
{
    static double values[VALUES];
    static char text[VALUES * 32];
    double best = HUGE_VAL;
    for (unsigned i = 0; i < VALUES; i++)
        values[i] = sample();
    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        char *to = text;
        for (unsigned i = 0; i < VALUES; i++)
            to += jj_write_f64(to, values[i]);
        best = fmin(best, (now_ns() - start) / VALUES);
    }
    return best;
}

static double time_integers(void)
{
    static char text[VALUES * 32];
    double best = HUGE_VAL;
    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        char *to = text;
        for (unsigned i = 0; i < VALUES; i++)
            to += jj_write_i64(to, i * 7 % 1500);
        best = fmin(best, (now_ns() - start) / VALUES);
    }
    return best;
}

static double time_addresses(unsigned version)
{
    static uint8_t addresses[VALUES][16];
    static char text[VALUES * JJ_ADDRESS_ROOM];
    double best = HUGE_VAL;
    for (unsigned i = 0; i < VALUES; i++) {
        uint64_t words[2] = { next(), next() & 0xffffffff0000ffff };
        memcpy(addresses[i], words, 16);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        char *to = text;
        for (unsigned i = 0; i < VALUES; i++)
            to += jj_write_ip(to, addresses[i], version);
        best = fmin(best, (now_ns() - start) / VALUES);
    }
    return best;
}

/* Two addresses, 40 integers, 83 doubles of which `busy` in ten are means, the rest 0.0 or small.
 */
static struct jj_table *make_table(const struct jj_schema *schema, unsigned busy)
{
    struct jj_table *table;
    struct jj_column *columns[COLUMNS];
    if (jj_table_create(&table, schema) < 0)
        exit(1);
    for (unsigned i = 0; i < COLUMNS; i++)
        columns[i] = &table->columns[i];
    for (unsigned r = 0; r < JJ_TABLE_ROWS; r++) {
        struct jj_row row = { .columns = columns, .index = r };
        for (unsigned i = 0; i < COLUMNS; i++) {
            uint64_t dice = next() % 10;
            double small = dice < 7 ? 0 : sample_count();
            if (schema->columns[i].feature->type == JJ_STRING)
                jj_put_string(&row, i, "192.168.117.201", 15);
            else if (schema->columns[i].feature->type == JJ_I64)
                jj_put_i64(&row, i, (int64_t)small);
            else
                jj_put_f64(&row, i, dice < busy ? sample_mean() : small);
        }
    }
    table->rows = JJ_TABLE_ROWS;
    return table;
}

static double time_rows(const char *format, const struct jj_schema *schema, unsigned busy)
{
    struct jj_sink_options options = { .schema = schema };
    struct jj_table *table = make_table(schema, busy);
    struct jj_sink *sink;
    double best = HUGE_VAL;
    if (jj_sink_find(format)->open(&sink, "/dev/null", &options, NULL) < 0)
        exit(1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        if (sink->ops->write(sink, table, NULL) < 0)
            exit(1);
        best = fmin(best, (now_ns() - start) / JJ_TABLE_ROWS);
    }
    sink->ops->close(sink, NULL);
    jj_table_destroy(table);
    return best;
}

int main(void)
{
    static struct jj_feature features[COLUMNS];
    static struct jj_schema_column columns[COLUMNS];
    const struct jj_schema schema = { .count = COLUMNS, .columns = columns };
    for (unsigned i = 0; i < COLUMNS; i++) {
        features[i].type = i < 2 ? JJ_STRING : i < 42 ? JJ_I64 : JJ_F64;
        columns[i].feature = &features[i];
        snprintf(columns[i].name, sizeof columns[i].name, "a_usual_column_%u", i);
    }
    printf("{\"f64_mean\": %.1f, \"f64_time\": %.1f, \"f64_count\": %.1f, \"i64_small\": %.1f,\n",
           time_doubles(sample_mean), time_doubles(sample_time), time_doubles(sample_count),
           time_integers());
    printf(" \"ipv4\": %.1f, \"ipv6\": %.1f,\n", time_addresses(4), time_addresses(6));
    printf(" \"csv_row\": %.0f, \"csv_row_busy\": %.0f, \"json_row\": %.0f}\n",
           time_rows("csv", &schema, 0), time_rows("csv", &schema, 4),
           time_rows("json", &schema, 0));
    return 0;
}
