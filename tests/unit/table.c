/* SPDX-License-Identifier: MIT
 *
 * Tables: every cell comes back, buffers are laid out as Arrow says, growth keeps what is there,
 * the sink column takes anything, and a reset table is as new. */
#include "extract/table.c"

#include <stdio.h>

#include "test.h"

static const struct jj_feature features[] = {
    { .name = "b", .type = JJ_BOOL },      { .name = "i", .type = JJ_I64 },
    { .name = "f", .type = JJ_F64 },       { .name = "s", .type = JJ_STRING },
    { .name = "li", .type = JJ_LIST_I64 }, { .name = "lf", .type = JJ_LIST_F64 },
    { .name = "j", .type = JJ_JSON },
};
#define COUNT (sizeof features / sizeof features[0])

static struct jj_schema_column schema_columns[COUNT];
static const struct jj_schema schema = { .count = COUNT, .columns = schema_columns };

static void fill(struct jj_table *table, struct jj_column *const *columns, unsigned salt)
{
    char text[64];
    int64_t ints[JJ_TABLE_ROWS];
    double doubles[3] = { 0.5, -1, 2.25 };
    for (unsigned r = 0; r < JJ_TABLE_ROWS; r++) {
        struct jj_row row = { .columns = columns, .index = r };
        for (unsigned i = 0; i < r; i++)
            ints[i] = (int64_t)(r * salt + i);
        jj_put_bool(&row, 0, (r + salt) % 3 == 0);
        jj_put_i64(&row, 1, -(int64_t)r * salt);
        jj_put_f64(&row, 2, r / 4.0);
        if (r % 5 == 4)
            jj_put_missing(&row, 3);
        else
            jj_put_string(&row, 3, text, (size_t)sprintf(text, "row %u of %u", r, salt));
        jj_put_list_i64(&row, 4, ints, r);
        jj_put_list_f64(&row, 5, doubles, r % 4);
        jj_put_string(&row, 6, "[1]", 3);
        table->rows = r + 1;
    }
}

static void check_row(const struct jj_table *table, unsigned r, unsigned salt)
{
    const struct jj_column *c = table->columns;
    char text[64];
    int length = sprintf(text, "row %u of %u", r, salt);
    CHECK((((const uint8_t *)c[0].data)[r / 8] >> r % 8 & 1) == ((r + salt) % 3 == 0));
    CHECK_INT(((const int64_t *)c[1].data)[r], -(int64_t)r * salt);
    CHECK(((const double *)c[2].data)[r] == r / 4.0);
    CHECK(jj_is_valid(&c[2], r));
    CHECK(jj_is_valid(&c[3], r) == (r % 5 != 4));
    CHECK_INT(c[3].offsets[r + 1] - c[3].offsets[r], r % 5 == 4 ? 0 : length);
    if (r % 5 != 4)
        CHECK(memcmp((const char *)c[3].data + c[3].offsets[r], text, (size_t)length) == 0);
    CHECK_INT(c[4].offsets[r + 1] - c[4].offsets[r], r);
    if (r > 0)
        CHECK_INT(((const int64_t *)c[4].data)[c[4].offsets[r + 1] - 1], r * salt + r - 1);
    CHECK_INT(c[5].offsets[r + 1] - c[5].offsets[r], r % 4);
    if (r % 4 == 3)
        CHECK(((const double *)c[5].data)[c[5].offsets[r] + 2] == 2.25);
}

static void test_cells_and_reset(void)
{
    struct jj_table *table;
    struct jj_column *columns[COUNT];
    CHECK_INT(jj_table_create(&table, &schema), 0);
    for (unsigned i = 0; i < COUNT; i++) {
        columns[i] = &table->columns[i];
        CHECK((uintptr_t)columns[i]->valid % 64 == 0);
        CHECK(columns[i]->offsets || (uintptr_t)columns[i]->data % 64 == 0);
    }
    for (unsigned salt = 1; salt < 4; salt++) {
        fill(table, columns, salt);
        for (unsigned r = 0; r < JJ_TABLE_ROWS; r++)
            check_row(table, r, salt);
        jj_table_reset(table);
        CHECK_INT(table->rows, 0);
        for (unsigned r = 0; r < JJ_TABLE_ROWS; r++)
            CHECK(jj_is_valid(columns[3], r));
    }
    jj_table_destroy(table);
    jj_table_destroy(NULL);
}

static void test_sink(void)
{
    struct jj_table *table;
    struct jj_column *columns[COUNT];
    CHECK_INT(jj_table_create(&table, &schema), 0);
    for (unsigned i = 0; i < COUNT; i++)
        columns[i] = table->sink;
    fill(table, columns, 1);
    CHECK(table->sink->capacity == 0 && table->sink->offsets == NULL);
    CHECK_INT(table->columns[1].capacity, 0);
    jj_table_destroy(table);
}

static void test_too_much(void)
{
    struct jj_table *table;
    CHECK_INT(jj_table_create(&table, &schema), 0);
    struct jj_column *columns[] = { &table->columns[3] };
    struct jj_row row = { .columns = columns, .index = 0 };
    jj_put_string(&row, 0, "x", (size_t)INT32_MAX + 1);
    CHECK(!jj_is_valid(columns[0], 0));
    CHECK_INT(columns[0]->offsets[1], 0);
    row.index = 1;
    jj_put_string(&row, 0, "x", 1);
    CHECK(jj_is_valid(columns[0], 1));
    CHECK_INT(columns[0]->offsets[2], 1);
    jj_table_destroy(table);
}

int main(void)
{
    for (unsigned i = 0; i < COUNT; i++)
        schema_columns[i].feature = &features[i];
    test_cells_and_reset();
    test_sink();
    test_too_much();
    return test_end();
}
