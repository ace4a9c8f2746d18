/* SPDX-License-Identifier: MIT
 *
 * Tables for the tests of sinks: a column of every type, awkward values, and the same values as a
 * list of plain lines for Python to compare with what it reads from the file. */
#pragma once
#include <inttypes.h>
#include <unistd.h>

#include "jj/sink.h"

#include "test.h"

#define ROWS_COLUMNS 9

static const struct jj_feature rows_features[ROWS_COLUMNS] = {
    { .name = "flag", .type = JJ_BOOL, .compat = "False" },
    { .name = "count", .type = JJ_I64, .compat = "-1" },
    { .name = "mean", .type = JJ_F64, .compat = "0.0" },
    { .name = "text", .type = JJ_STRING, .compat = "" },
    { .name = "sizes", .type = JJ_LIST_I64, .compat = "[]" },
    { .name = "times", .type = JJ_LIST_F64 },
    { .name = "parts", .type = JJ_JSON },
    { .name = "name, \"quoted\"", .type = JJ_STRING, .compat = "no, \"one\"" },
    { .name = "a_name_that_is_longer_than_thirty_two_bytes", .type = JJ_F64 },
};

static struct jj_schema_column rows_columns[ROWS_COLUMNS];
static const struct jj_schema rows_schema = { .count = ROWS_COLUMNS, .columns = rows_columns };

static const char *const rows_texts[] = {
    "192.168.1.20",
    "",
    "a,b",
    "say \"hi\"",
    "\"",
    "two\nlines",
    "cr\rlf\r\n",
    "t\tb\b\f\\/",
    "h\xc3\xa4user \xe2\x82\xac \xf0\x9f\x98\x80",
    "\xff\xfe bad \xc3",
    "\xc0\x80 \xed\xa0\x80",
    "\xf4\x90\x80\x80 \xe0\x80\x80",
    " leading",
    "=1+1",
    "\x01\x1f\x7f",
    "null",
    "[1,2]",
};
#define ROWS_TEXTS (sizeof rows_texts / sizeof rows_texts[0])

static uint64_t rows_seed = 88172645463325252ull;

static uint64_t rows_next(void)
{
    rows_seed ^= rows_seed << 13;
    rows_seed ^= rows_seed >> 7;
    return rows_seed ^= rows_seed << 17;
}

static double rows_double(void)
{
    uint64_t r = rows_next();
    double any;
    memcpy(&any, &r, 8);
    if (r % 4 == 0 && any - any == 0)
        return any;
    return r % 4 == 1 ? 0 : r % 4 == 2 ? (double)(r % 1500) : (double)(r % 100000) / 1e6;
}

static void rows_put_text(const struct jj_row *row, unsigned feature, unsigned r, FILE *plain)
{
    const char *text = rows_texts[r % ROWS_TEXTS];
    size_t length = strlen(text);
    if (r == 40)
        length = 1, text = ""; /* one NUL */
    jj_put_string(row, feature, text, length);
    fprintf(plain, "s");
    for (size_t i = 0; i < length; i++)
        fprintf(plain, "%02x", (unsigned char)text[i]);
    fprintf(plain, "\n");
}

static void rows_put_lists(const struct jj_row *row, unsigned r, FILE *plain)
{
    int64_t ints[600] = { 0 };
    double doubles[600] = { 0 };
    unsigned count = r == 7 ? 600 : r % 5;
    for (unsigned i = 0; i < count; i++) {
        ints[i] = (int64_t)rows_next() >> (r % 64);
        doubles[i] = rows_double();
    }
    jj_put_list_i64(row, 4, ints, count);
    jj_put_list_f64(row, 5, doubles, count);
    fprintf(plain, "l[");
    for (unsigned i = 0; i < count; i++)
        fprintf(plain, "%s%" PRId64, i ? "," : "", ints[i]);
    fprintf(plain, "]\nl[");
    for (unsigned i = 0; i < count; i++)
        fprintf(plain, "%s%.17g", i ? "," : "", doubles[i]);
    fprintf(plain, "]\n");
}

static void rows_put(const struct jj_row *row, unsigned r, FILE *plain)
{
    bool flag = r & 1;
    int64_t count = r == 3 ? INT64_MIN : (int64_t)rows_next() >> (rows_next() & 63);
    double mean = rows_double(), nan = 0.0;
    uint64_t nan_bits = r & 1 ? 0x7ff0000000000000 : 0x7ff8000000000000;
    memcpy(&nan, &nan_bits, 8);
    jj_put_bool(row, 0, flag);
    jj_put_i64(row, 1, count);
    jj_put_f64(row, 2, mean);
    fprintf(plain, "b%d\ni%" PRId64 "\nf%.17g\n", flag, count, mean);
    rows_put_text(row, 3, r, plain);
    rows_put_lists(row, r, plain);
    jj_put_string(row, 6, "{\"a\":[1,\"x\"]}", 13);
    fprintf(plain, "l{\"a\":[1,\"x\"]}\n");
    rows_put_text(row, 7, r + 5, plain);
    jj_put_f64(row, 8, nan); /* never in a file */
    fprintf(plain, "m\n");
}

/* A full table; every seventh row has only missing values. `plain` may be "/dev/null". */
static struct jj_table *rows_table(const char *plain_path)
{
    struct jj_table *table = NULL;
    struct jj_column *columns[ROWS_COLUMNS];
    FILE *plain = fopen(plain_path, "w");
    for (unsigned i = 0; i < ROWS_COLUMNS; i++) {
        rows_columns[i].feature = &rows_features[i];
        strcpy(rows_columns[i].name, rows_features[i].name);
    }
    CHECK(plain && jj_table_create(&table, &rows_schema) == 0);
    for (unsigned i = 0; i < ROWS_COLUMNS; i++)
        columns[i] = &table->columns[i];
    for (unsigned r = 0; r < JJ_TABLE_ROWS; r++) {
        struct jj_row row = { .columns = columns, .index = r };
        if (r % 7 != 6)
            rows_put(&row, r, plain);
        for (unsigned i = 0; r % 7 == 6 && i < ROWS_COLUMNS; i++) {
            jj_put_missing(&row, i);
            fprintf(plain, "m\n");
        }
    }
    table->rows = JJ_TABLE_ROWS;
    fclose(plain);
    return table;
}

/* Opens, writes `count` times the table (or nothing) and closes. */
static int rows_write(const struct jj_sink_ops *ops, const char *path, const struct jj_table *table,
                      unsigned count, bool compat, struct jj_error *err)
{
    struct jj_sink_options options = { .schema = &rows_schema, .compat = compat, .flush = compat };
    struct jj_sink *sink;
    int code = ops->open(&sink, path, &options, err);
    if (code < 0)
        return code;
    for (unsigned i = 0; i < count && code == 0; i++)
        code = ops->write(sink, table, err);
    int closed = ops->close(sink, code < 0 ? NULL : err);
    return code < 0 ? code : closed;
}

static char *rows_read(const char *path)
{
    static char text[1 << 16];
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = 0;
    if (file)
        fclose(file);
    return text;
}

/* Runs a script with the file and the plain list as arguments. */
static int rows_python(const char *script, const char *path, const char *plain)
{
    char command[4096];
    snprintf(command, sizeof command, "python3 - %s %s <<'END'\n%s\nEND\n", path, plain, script);
    return system(command);
}

/* The values of the plain list, for scripts: None, bool, int, float, str, or ("json", value). */
#define ROWS_PYTHON                                                                     \
    "import sys, re, csv, json\n"                                                       \
    "def text(s): return re.sub('\\ufffd+', '\\ufffd', s)\n"                            \
    "def value(line):\n"                                                                \
    "    kind, rest = line[0], line[1:]\n"                                              \
    "    if kind == 'm': return None\n"                                                 \
    "    if kind == 'b': return rest == '1'\n"                                          \
    "    if kind == 'i': return int(rest)\n"                                            \
    "    if kind == 'f': return float(rest)\n"                                          \
    "    if kind == 's': return text(bytes.fromhex(rest).decode('utf-8', 'replace'))\n" \
    "    return json.loads(rest)\n"                                                     \
    "cells = [value(l) for l in open(sys.argv[2]).read().splitlines()]\n"               \
    "want = [cells[i:i + 9] for i in range(0, len(cells), 9)]\n"

static void rows_paths(char path[64], char plain[64])
{
    snprintf(path, 64, "/tmp/jj-test-%d.rows", (int)getpid());
    snprintf(plain, 64, "/tmp/jj-test-%d.plain", (int)getpid());
}
