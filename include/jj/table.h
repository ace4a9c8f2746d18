/* SPDX-License-Identifier: MIT
 *
 * Finished rows, a column at a time. The buffers are laid out as the Arrow columnar format says
 * (arrow.apache.org/docs/format/Columnar.html), little endian:
 *   valid    one bit a row, least significant first; a cleared bit is a missing value
 *   JJ_BOOL  one bit a row in data;  JJ_I64, JJ_F64  eight bytes a row in data
 *   JJ_STRING, JJ_JSON  int32 offsets (rows + 1), UTF-8 bytes in data
 *   JJ_LIST_I64, JJ_LIST_F64  int32 offsets (rows + 1) in items, eight bytes an item in data
 * A table belongs to one thread at a time and is handed over whole. */
#pragma once
#include <string.h>

#include "feature.h"

#ifdef __cplusplus
extern "C" {
#endif

#define JJ_TABLE_ROWS 512u

struct jj_column {
    uint64_t *valid;
    void *data;
    int32_t *offsets;  /* strings and lists only */
    uint32_t capacity; /* of data for strings and lists, in bytes */
    uint8_t type;
};

struct jj_table {
    const struct jj_schema *schema; /* borrowed */
    unsigned rows;
    struct jj_column *columns; /* schema->count of them */
    struct jj_column *sink;    /* takes the values of columns that were not chosen */
};

int jj_table_create(struct jj_table **out, const struct jj_schema *schema);
void jj_table_destroy(struct jj_table *table);
void jj_table_reset(struct jj_table *table); /* no rows, all valid */

static inline bool jj_is_valid(const struct jj_column *column, unsigned row)
{
    return column->valid[row / 64] >> (row % 64) & 1;
}

/* One row being written by one extractor: its features by index. Every feature must get exactly
 * one jj_put_* or jj_put_missing a row. */
struct jj_row {
    struct jj_column *const *columns; /* by feature index */
    unsigned index;
};

static inline void jj_put_i64(const struct jj_row *row, unsigned feature, int64_t value)
{
    ((int64_t *)row->columns[feature]->data)[row->index] = value;
}

static inline void jj_put_f64(const struct jj_row *row, unsigned feature, double value)
{
    ((double *)row->columns[feature]->data)[row->index] = value;
}

static inline void jj_put_bool(const struct jj_row *row, unsigned feature, bool value)
{
    uint64_t *word = (uint64_t *)row->columns[feature]->data + row->index / 64;
    uint64_t bit = 1ull << (row->index % 64);
    *word = value ? *word | bit : *word & ~bit;
}

void jj_put_string(const struct jj_row *row, unsigned feature, const char *text, size_t length);
void jj_put_list_i64(const struct jj_row *row, unsigned feature, const int64_t *items, size_t n);
void jj_put_list_f64(const struct jj_row *row, unsigned feature, const double *items, size_t n);

/* Also valid for strings and lists: the row then has length 0. */
void jj_put_missing(const struct jj_row *row, unsigned feature);

#ifdef __cplusplus
}
#endif
