/* SPDX-License-Identifier: MIT
 *
 * Stage: rows to text. The engine makes rows of a capture; as many as 64 tables are kept and
 * written to /dev/null in each run, by the sink alone. */
#include "jj/sink.h"

#include <errno.h>
#include <stdlib.h>

#include "jj/engine.h"

#include "bench/bench.h"
#include "extract/consumer.h"

enum { MOST_TABLES = 64 };

static const char *format;
static struct jj_schema *schema;
static struct jj_table *full[MOST_TABLES];
static unsigned tables;
static struct jj_table *spare; /* waits to be filled */
static struct jj_sink *sink;

static struct jj_table *get(void *context, unsigned worker)
{
    (void)context, (void)worker;
    struct jj_table *table = spare;
    spare = NULL;
    if (!table && jj_table_create(&table, schema) < 0)
        return NULL;
    return table;
}

/* Rows behind the last table that is kept are thrown away. */
static void put(void *context, unsigned worker, struct jj_table *table)
{
    (void)context, (void)worker;
    if (table->rows > 0 && tables < MOST_TABLES) {
        full[tables++] = table;
    } else if (!spare) {
        jj_table_reset(table);
        spare = table;
    } else {
        jj_table_destroy(table);
    }
}

static void dropped(void *context, unsigned worker, unsigned rows)
{
    (void)context, (void)worker, (void)rows;
}

static int run_engine(struct jj_extract *extract, const char *input, struct jj_error *err)
{
    const struct jj_source_options source_options = { 0 };
    const struct jj_engine_options options = {
        .consumer_ops = &jj_extract_consumer,
        .consumer = extract,
        .idle_timeout = 60000000000ll,
        .active_timeout = 1800000000000ll,
        .max_packets = 1u << 20,
    };
    const struct jj_source_ops *file = jj_source_find("file");
    struct jj_source *source;
    struct jj_engine *engine;
    int ret = file->open(&source, input, &source_options, err);
    if (ret < 0)
        return ret;
    ret = jj_engine_create(&engine, &options, err);
    if (ret == 0) {
        ret = jj_engine_run(engine, source, err);
        jj_engine_destroy(engine);
    }
    file->close(source);
    return ret;
}

static int load(const char *input, const char *choice, struct jj_error *err)
{
    const struct jj_selection all = { 0 };
    struct jj_extract *extract;
    format = choice;
    int ret = jj_schema_create(&schema, &all, err);
    if (ret < 0)
        return ret;
    const struct jj_extract_options options = {
        .schema = schema, .workers = 1, .get = get, .put = put, .dropped = dropped
    };
    ret = jj_extract_create(&extract, &options, err);
    if (ret < 0)
        return ret;
    ret = run_engine(extract, input, err);
    jj_extract_destroy(extract);
    return ret;
}

static int before(struct jj_error *err)
{
    const struct jj_sink_options options = { .schema = schema };
    return jj_sink_find(format)->open(&sink, "/dev/null", &options, err);
}

static int run(struct bench_work *work, struct jj_error *err)
{
    int ret = 0;
    for (unsigned i = 0; i < tables && ret == 0; i++) {
        ret = sink->ops->write(sink, full[i], err);
        work->items += full[i]->rows;
    }
    return ret;
}

static void after(void)
{
    sink->ops->close(sink, NULL);
}

int main(int argc, char **argv)
{
    static const char *const formats[] = { "csv", "json", NULL };
    const struct bench_stage stage = {
        .name = "sink",
        .unit = "row",
        .input = "a capture file; its first 32,768 rows",
        .choices = formats,
        .load = load,
        .before = before,
        .run = run,
        .after = after,
    };
    return bench_main(argc, argv, &stage);
}
