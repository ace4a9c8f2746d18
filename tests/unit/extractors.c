/* SPDX-License-Identifier: MIT
 *
 * Every extractor gives every feature of every flow exactly one value: whatever stood in the table
 * before must be gone, in short flows, long (folded) ones, and under the compat policy. Names are
 * unique over all groups. */
#include "jj/packet.h"

#include "extract/consumer.c"
#include "test.h"

#define POISON_I64 0x5555555555555555ll

static struct jj_table *table;
static const struct jj_schema *schema;

static struct jj_table *get(void *context, unsigned worker)
{
    (void)context, (void)worker;
    return table;
}

static void put(void *context, unsigned worker, struct jj_table *full)
{
    (void)context, (void)worker, (void)full;
}

static void poison(void)
{
    jj_table_reset(table);
    for (unsigned i = 0; i < schema->count; i++) {
        struct jj_column *column = &table->columns[i];
        if (column->offsets)
            column->offsets[1] = -1;
        else if (column->type != JJ_BOOL)
            ((int64_t *)column->data)[0] = POISON_I64;
    }
}

static void expect_no_poison(const char *what)
{
    for (unsigned i = 0; i < schema->count; i++) {
        struct jj_column *column = &table->columns[i];
        bool left = column->offsets ? column->offsets[1] == -1
                                    : column->type != JJ_BOOL && jj_is_valid(column, 0) &&
                                          ((int64_t *)column->data)[0] == POISON_I64;
        if (left)
            fprintf(stderr, "%s: %s was not put\n", what, schema->columns[i].name);
        CHECK(!left);
    }
}

static void one_flow(void *worker, const char *what, unsigned packets, unsigned fold_at)
{
    static struct jj_record record[600];
    struct jj_flow flow = { .key = { .protocol = 6, .ip_version = 4, .port = { 80, 5000 } } };
    for (unsigned i = 0; i < packets; i++)
        record[i] = (struct jj_record){
            .time = 1700000000000000000ll + i * 1000000ll,
            .ip_len = 40 + i,
            .payload_len = i,
            .flags = JJ_TCP_ACK | (i % 3 == 1 ? JJ_REC_BACKWARD : 0),
        };
    poison();
    unsigned from = 0;
    for (; fold_at && packets - from > fold_at; from += fold_at)
        jj_extract_consumer.fold(worker, &flow, record + from, fold_at);
    jj_extract_consumer.end(worker, &flow, record + from, packets - from);
    CHECK_INT(table->rows, 1);
    expect_no_poison(what);
}

static void all_flows(bool compat)
{
    struct jj_extract_options options = {
        .schema = schema, .workers = 1, .compat = compat, .get = get, .put = put
    };
    struct jj_extract *extract;
    void *worker;
    CHECK_INT(jj_extract_create(&extract, &options, NULL), 0);
    CHECK_INT(jj_extract_consumer.open(&worker, extract, 0, NULL), 0);
    one_flow(worker, "one packet", 1, 0);
    one_flow(worker, "two packets", 2, 0);
    one_flow(worker, "many packets", 200, 0);
    if (!compat)
        one_flow(worker, "folded", 600, 256);
    jj_extract_consumer.close(worker);
    jj_extract_destroy(extract);
}

static void names_are_unique(void)
{
    for (unsigned i = 0; i < schema->count; i++)
        for (unsigned j = 0; j < i; j++)
            CHECK(strcmp(schema->columns[i].name, schema->columns[j].name) != 0);
}

int main(void)
{
    const struct jj_selection everything = { .flow_id = true, .sequences = true };
    struct jj_schema *all;
    CHECK_INT(jj_schema_create(&all, &everything, NULL), 0);
    schema = all;
    CHECK_INT(jj_table_create(&table, schema), 0);
    names_are_unique();
    all_flows(false);
    all_flows(true);
    jj_table_destroy(table);
    jj_schema_destroy(all);
    return test_end();
}
