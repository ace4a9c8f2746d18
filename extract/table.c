/* SPDX-License-Identifier: MIT
 *
 * Tables of rows. All that has a fixed size lies in one arena; the bytes of strings and lists grow
 * by realloc, stay for the next rows and are freed with the table. A value that cannot be stored
 * (no memory, 2 GiB in a column) becomes a missing one: there is nobody to tell in mid-row. */
#include "jj/table.h"

#include <errno.h>
#include <stdlib.h>

#define LINE        64u
#define VALID_BYTES (JJ_TABLE_ROWS / 8)
#define FIRST_BYTES 4096u

_Static_assert(VALID_BYTES % LINE == 0, "columns start on cache lines");

static bool is_variable(unsigned type)
{
    return type == JJ_STRING || type == JJ_JSON || type == JJ_LIST_I64 || type == JJ_LIST_F64;
}

static size_t round_up(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

/* The line more keeps columns off multiples of 4096 from each other: reading a row walks across
 * all of them, and they would share a few cache sets. */
static size_t column_bytes(unsigned type)
{
    if (is_variable(type))
        return round_up((JJ_TABLE_ROWS + 1) * sizeof(int32_t));
    return type == JJ_BOOL ? VALID_BYTES : JJ_TABLE_ROWS * 8 + LINE;
}

/* The type of the sink. It has no offsets, by which strings and lists know to vanish. */
#define SINK_TYPE JJ_I64

static uint8_t *place_column(struct jj_column *column, unsigned type, uint8_t *at)
{
    column->type = (uint8_t)type;
    column->valid = (uint64_t *)at;
    at += VALID_BYTES;
    if (is_variable(type))
        column->offsets = (int32_t *)at;
    else
        column->data = at;
    return at + column_bytes(type);
}

int jj_table_create(struct jj_table **out, const struct jj_schema *schema)
{
    size_t columns = (schema->count + 1) * sizeof(struct jj_column);
    size_t head = round_up(sizeof(struct jj_table) + columns);
    size_t bytes = head + VALID_BYTES + column_bytes(SINK_TYPE);
    for (unsigned i = 0; i < schema->count; i++)
        bytes += VALID_BYTES + column_bytes(schema->columns[i].feature->type);

    struct jj_table *table = aligned_alloc(LINE, bytes);
    if (!table)
        return -ENOMEM;
    memset(table, 0, bytes);
    table->schema = schema;
    table->columns = (struct jj_column *)(table + 1);
    table->sink = table->columns + schema->count;
    uint8_t *at = (uint8_t *)table + head;
    for (unsigned i = 0; i < schema->count; i++)
        at = place_column(&table->columns[i], schema->columns[i].feature->type, at);
    place_column(table->sink, SINK_TYPE, at);
    jj_table_reset(table);
    *out = table;
    return 0;
}

void jj_table_destroy(struct jj_table *table)
{
    if (!table)
        return;
    for (unsigned i = 0; i < table->schema->count; i++)
        if (table->columns[i].offsets)
            free(table->columns[i].data);
    free(table);
}

void jj_table_reset(struct jj_table *table)
{
    table->rows = 0;
    for (unsigned i = 0; i < table->schema->count; i++)
        memset(table->columns[i].valid, 0xff, VALID_BYTES);
}

void jj_put_missing(const struct jj_row *row, unsigned feature)
{
    struct jj_column *column = row->columns[feature];
    column->valid[row->index / 64] &= ~(1ull << (row->index % 64));
    if (column->offsets)
        column->offsets[row->index + 1] = column->offsets[row->index];
}

static bool make_room(struct jj_column *column, uint64_t bytes)
{
    uint64_t capacity = column->capacity ? column->capacity : FIRST_BYTES;
    if (bytes <= column->capacity)
        return true;
    if (bytes > INT32_MAX)
        return false;
    while (capacity < bytes)
        capacity *= 2;
    void *data = realloc(column->data, capacity);
    if (!data)
        return false;
    column->data = data;
    column->capacity = (uint32_t)capacity;
    return true;
}

/* `count` items of `size` bytes behind those of the row before. */
static void put_items(const struct jj_row *row, unsigned feature, const void *items, size_t count,
                      size_t size)
{
    struct jj_column *column = row->columns[feature];
    if (!column->offsets)
        return;
    uint64_t start = (uint32_t)column->offsets[row->index];
    if (count > INT32_MAX || !make_room(column, (start + count) * size)) {
        jj_put_missing(row, feature);
        return;
    }
    if (count)
        memcpy((uint8_t *)column->data + start * size, items, count * size);
    column->offsets[row->index + 1] = (int32_t)(start + count);
}

void jj_put_string(const struct jj_row *row, unsigned feature, const char *text, size_t length)
{
    put_items(row, feature, text, length, 1);
}

void jj_put_list_i64(const struct jj_row *row, unsigned feature, const int64_t *items, size_t n)
{
    put_items(row, feature, items, n, sizeof *items);
}

void jj_put_list_f64(const struct jj_row *row, unsigned feature, const double *items, size_t n)
{
    put_items(row, feature, items, n, sizeof *items);
}
