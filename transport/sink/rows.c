/* SPDX-License-Identifier: MIT */
#include "transport/sink/rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/number.h"

/* Short texts are copied as blocks of this size, which is faster than asking how long they are. */
#define BLOCK 32

static inline char *put_text(char *to, const char *text, size_t length)
{
    if (length <= BLOCK)
        memcpy(to, text, BLOCK);
    else
        memcpy(to, text, length);
    return to + length;
}

static inline char *put_word(char *to, const char *text)
{
    size_t length = strlen(text);
    memcpy(to, text, length);
    return to + length;
}

static inline char *put_bool(char *to, const struct jj_dialect *dialect, uint64_t bits)
{
    memcpy(to, dialect->bools[bits & 1], sizeof dialect->bools[0]);
    return to + 5 - (bits & 1);
}

/* Half of all values are 0 or a small number: these take no call. */
static inline char *put_i64(char *to, int64_t value)
{
    if ((uint64_t)value > 9)
        return to + jj_write_i64(to, value);
    *to = (char)('0' + value);
    return to + 1;
}

static inline char *put_f64(struct jj_rows *rows, char *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, 8);
    if (bits == 0) {
        memcpy(to, "0.0", 4);
        return to + 3;
    }
    if (fabs(value) < 0x1p53 && (double)(int64_t)value == value)
        return to + jj_write_f64(to, value);
    struct jj_rows_seen *seen = &rows->seen[bits * 0x9e3779b97f4a7c15u >> 56];
    if (seen->bits != bits) {
        seen->length = jj_write_f64(to, value);
        memcpy(seen->text, to, sizeof seen->text);
        seen->bits = bits;
    } else {
        memcpy(to, seen->text, sizeof seen->text);
    }
    return to + seen->length;
}

static char *put_list(struct jj_rows *rows, char *to, const struct jj_column *column, int32_t first,
                      int32_t end)
{
    to = put_word(to, rows->dialect->quote);
    *to++ = '[';
    for (int32_t i = first; i < end; i++) {
        *to = ',';
        to += i > first;
        double real = column->type == JJ_LIST_F64 ? ((const double *)column->data)[i] : 0;
        if (column->type == JJ_LIST_I64)
            to += jj_write_i64(to, ((const int64_t *)column->data)[i]);
        else if (isfinite(real))
            to = put_f64(rows, to, real);
        else
            to = put_word(to, "null");
    }
    *to++ = ']';
    return put_word(to, rows->dialect->quote);
}

/* A string or list, for which room is made first. NULL: no memory. */
static char *put_variable(struct jj_rows *rows, char *to, const struct jj_column *column,
                          unsigned row)
{
    struct jj_output *output = &rows->output;
    int32_t first = column->offsets[row], end = column->offsets[row + 1];
    size_t length = (size_t)(end - first);
    bool list = column->type == JJ_LIST_I64 || column->type == JJ_LIST_F64;
    output->used = (size_t)(to - output->data);
    if (jj_output_room(output, rows->room + length * (list ? JJ_NUMBER_ROOM : 6)) < 0)
        return NULL;
    to = output->data + output->used;
    if (list)
        return put_list(rows, to, column, first, end);
    const char *text = length ? (const char *)column->data + first : "";
    if (column->type == JJ_JSON)
        return rows->dialect->put_json(to, text, length);
    return rows->dialect->put_string(to, text, length, rows->options.compat);
}

static inline bool is_missing(const struct jj_rows_column *texts, const struct jj_column *column,
                              unsigned row)
{
    if (!texts->complete && !jj_is_valid(column, row))
        return true;
    return column->type == JJ_F64 && !isfinite(((const double *)column->data)[row]);
}

static inline char *put_cell(struct jj_rows *rows, char *to, const struct jj_column *column,
                             unsigned row)
{
    switch (column->type) {
    case JJ_BOOL:
        return put_bool(to, rows->dialect, ((const uint64_t *)column->data)[row / 64] >> row % 64);
    case JJ_I64:
        return put_i64(to, ((const int64_t *)column->data)[row]);
    case JJ_F64:
        return put_f64(rows, to, ((const double *)column->data)[row]);
    default:
        return put_variable(rows, to, column, row);
    }
}

static int write_row(struct jj_rows *rows, const struct jj_table *table, unsigned row)
{
    struct jj_output *output = &rows->output;
    if (jj_output_room(output, rows->room) < 0)
        return -ENOMEM;
    char *to = output->data + output->used;
    size_t start = output->used;
    for (unsigned i = 0; i < rows->options.schema->count; i++) {
        const struct jj_rows_column *texts = &rows->columns[i];
        const struct jj_column *column = &table->columns[i];
        to = put_text(to, texts->prefix, texts->prefix_length);
        if (is_missing(texts, column, row))
            to = put_text(to, texts->missing, texts->missing_length);
        else
            to = put_cell(rows, to, column, row);
        if (!to) {
            output->used = start;
            return -ENOMEM;
        }
    }
    to = put_word(to, rows->dialect->line_end);
    output->used = (size_t)(to - output->data);
    output->rows++;
    return 0;
}

static bool is_complete(const struct jj_column *column)
{
    uint64_t all = UINT64_MAX;
    for (unsigned i = 0; i < JJ_TABLE_ROWS / 64; i++)
        all &= column->valid[i];
    return all == UINT64_MAX;
}

static int write_table(struct jj_rows *rows, const struct jj_table *table, struct jj_error *err)
{
    for (unsigned i = 0; i < rows->options.schema->count; i++)
        rows->columns[i].complete = is_complete(&table->columns[i]);
    for (unsigned row = 0; row < table->rows; row++) {
        int code = write_row(rows, table, row);
        if (code < 0)
            return jj_fail(err, code, "no memory to render a row of %s", rows->output.name);
        if (rows->output.used >= JJ_OUTPUT_PIECE)
            code = jj_output_flush(&rows->output, err);
        if (code < 0)
            return code;
    }
    return rows->options.flush ? jj_output_flush(&rows->output, err) : 0;
}

int jj_rows_write(struct jj_sink *sink, const struct jj_table *table, struct jj_error *err)
{
    struct jj_rows *rows = (struct jj_rows *)sink;
    int code = write_table(rows, table, err);
    rows->failed = code < 0;
    return code;
}

/* Renders what stands before a value and in place of a missing one. */
static void make_texts(struct jj_rows *rows)
{
    const struct jj_schema *schema = rows->options.schema;
    char *to = rows->texts;
    for (unsigned i = 0; i < schema->count; i++) {
        struct jj_rows_column *column = &rows->columns[i];
        column->prefix = to;
        to = rows->dialect->put_prefix(to, &schema->columns[i], i);
        column->prefix_length = (uint32_t)(to - column->prefix);
        column->missing = to;
        to = rows->dialect->put_missing(to, schema->columns[i].feature, rows->options.compat);
        column->missing_length = (uint32_t)(to - column->missing);
        rows->room += column->prefix_length + column->missing_length + JJ_NUMBER_ROOM;
    }
    rows->room += 2 * BLOCK;
}

/* Six bytes for every one of the source texts, and their quotes. */
static size_t texts_size(const struct jj_schema *schema)
{
    size_t size = BLOCK;
    for (unsigned i = 0; i < schema->count; i++) {
        const char *compat = schema->columns[i].feature->compat;
        size += 6 * (strlen(schema->columns[i].name) + (compat ? strlen(compat) : 0)) + 16;
    }
    return size;
}

static void free_rows(struct jj_rows *rows)
{
    free(rows->columns);
    free(rows->texts);
    free(rows);
}

int jj_rows_open(struct jj_rows **out, const struct jj_dialect *dialect, const char *where,
                 const struct jj_sink_options *options, struct jj_error *err)
{
    struct jj_rows *rows = calloc(1, sizeof *rows);
    int code = -ENOMEM;
    if (!rows)
        return jj_fail(err, code, "no memory to write %s", where);
    *rows = (struct jj_rows){ .dialect = dialect, .options = *options };
    rows->columns = calloc(options->schema->count + 1, sizeof *rows->columns);
    rows->texts = calloc(1, texts_size(options->schema));
    if (!rows->columns || !rows->texts) {
        jj_fail(err, code, "no memory to write %s", where);
        goto out;
    }
    make_texts(rows);
    code = jj_output_open(&rows->output, where, err);
out:
    if (code < 0)
        free_rows(rows);
    else
        *out = rows;
    return code;
}

int jj_rows_close(struct jj_sink *sink, struct jj_error *err)
{
    struct jj_rows *rows = (struct jj_rows *)sink;
    int code = rows->failed ? 0 : jj_output_flush(&rows->output, err);
    int closed = jj_output_close(&rows->output, code < 0 ? NULL : err);
    free_rows(rows);
    return code < 0 ? code : closed;
}
