/* SPDX-License-Identifier: MIT */
#include "transport/sink/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "engine/base/ring.h"
#include "engine/base/thread.h"

/* The tables of one producer are always in one of three places: `empty`, `full`, or its hands. */
struct lane {
    struct jj_spsc empty, full;
    struct jj_bell freed;
};

struct jj_writer {
    struct jj_sink *sink;
    struct lane *lanes;
    struct jj_table **tables;
    unsigned producers, tables_count;
    bool block;
    pthread_t thread;
    struct jj_error failure; /* the thread's, until it is joined */
    struct jj_bell work;
    _Atomic bool closing, failed;
    _Atomic uint64_t rows, rows_dropped;
};

static void write_table(struct jj_writer *writer, const struct jj_table *table)
{
    if (!atomic_load(&writer->failed) && table->rows > 0 &&
        writer->sink->ops->write(writer->sink, table, &writer->failure) < 0)
        atomic_store(&writer->failed, true);
    atomic_fetch_add(atomic_load(&writer->failed) ? &writer->rows_dropped : &writer->rows,
                     table->rows);
}

/* One table of every producer in turn. False: there was none. */
static bool write_round(struct jj_writer *writer)
{
    bool any = false;
    for (unsigned p = 0; p < writer->producers; p++) {
        struct lane *lane = &writer->lanes[p];
        struct jj_table *table = jj_spsc_pop(&lane->full);
        if (!table)
            continue;
        any = true;
        write_table(writer, table);
        jj_table_reset(table);
        jj_spsc_push(&lane->empty, table);
        jj_bell_ring(&lane->freed);
    }
    return any;
}

static void *run(void *argument)
{
    struct jj_writer *writer = argument;
    for (;;) {
        if (write_round(writer))
            continue;
        uint32_t seen = jj_bell_listen(&writer->work);
        bool closing = atomic_load(&writer->closing);
        if (write_round(writer))
            continue;
        if (closing)
            return NULL;
        jj_bell_wait(&writer->work, seen);
    }
}

static int create_lane(struct jj_writer *writer, struct lane *lane, unsigned tables,
                       const struct jj_schema *schema)
{
    if (jj_spsc_init(&lane->empty, tables) < 0 || jj_spsc_init(&lane->full, tables) < 0)
        return -ENOMEM;
    for (unsigned i = 0; i < tables; i++) {
        struct jj_table **table = &writer->tables[writer->tables_count];
        int code = jj_table_create(table, schema);
        if (code < 0)
            return code;
        writer->tables_count++;
        jj_spsc_push(&lane->empty, *table);
    }
    return 0;
}

static void free_writer(struct jj_writer *writer)
{
    for (unsigned i = 0; i < writer->tables_count; i++)
        jj_table_destroy(writer->tables[i]);
    for (unsigned p = 0; writer->lanes && p < writer->producers; p++) {
        jj_spsc_done(&writer->lanes[p].empty);
        jj_spsc_done(&writer->lanes[p].full);
    }
    free(writer->tables);
    free(writer->lanes);
    free(writer);
}

static void *allocate_lines(size_t bytes)
{
    void *memory = aligned_alloc(_Alignof(struct jj_spsc), bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

int jj_writer_create(struct jj_writer **out, struct jj_sink *sink, unsigned producers,
                     unsigned tables_per_producer, const struct jj_schema *schema, bool block,
                     struct jj_error *err)
{
    struct jj_writer *writer = allocate_lines(sizeof *writer);
    int code = -ENOMEM;
    if (!writer)
        return jj_fail(err, code, "no memory for the writer of rows");
    writer->sink = sink;
    writer->producers = producers;
    writer->block = block;
    writer->lanes = allocate_lines(producers * sizeof *writer->lanes);
    writer->tables = calloc((size_t)producers * tables_per_producer, sizeof *writer->tables);
    if (!writer->lanes || !writer->tables)
        goto out;
    for (unsigned p = 0; p < producers; p++) {
        code = create_lane(writer, &writer->lanes[p], tables_per_producer, schema);
        if (code < 0)
            goto out;
    }
    code = jj_thread_start(&writer->thread, run, writer);
out:
    if (code < 0) {
        free_writer(writer);
        return jj_fail(err, code, "cannot start the writer of rows: %s", jj_strerror(code));
    }
    *out = writer;
    return 0;
}

struct jj_table *jj_writer_get(struct jj_writer *writer, unsigned p)
{
    struct lane *lane = &writer->lanes[p];
    for (;;) {
        struct jj_table *table = jj_spsc_pop(&lane->empty);
        if (table || !writer->block)
            return table;
        uint32_t seen = jj_bell_listen(&lane->freed);
        table = jj_spsc_pop(&lane->empty);
        if (table)
            return table;
        jj_bell_wait(&lane->freed, seen);
    }
}

void jj_writer_put(struct jj_writer *writer, unsigned p, struct jj_table *table)
{
    jj_spsc_push(&writer->lanes[p].full, table);
    jj_bell_ring(&writer->work);
}

uint64_t jj_writer_rows(const struct jj_writer *writer)
{
    return atomic_load_explicit(&writer->rows, memory_order_relaxed);
}

uint64_t jj_writer_rows_dropped(const struct jj_writer *writer)
{
    return atomic_load_explicit(&writer->rows_dropped, memory_order_relaxed);
}

bool jj_writer_failed(const struct jj_writer *writer)
{
    return atomic_load_explicit(&writer->failed, memory_order_relaxed);
}

int jj_writer_close(struct jj_writer *writer, struct jj_error *err)
{
    if (!writer)
        return 0;
    atomic_store(&writer->closing, true);
    jj_bell_ring(&writer->work);
    pthread_join(writer->thread, NULL);
    struct jj_error failure = writer->failure;
    struct jj_error *first = writer->failed ? NULL : &failure;
    int code = writer->sink->ops->close(writer->sink, first);
    code = writer->failed ? failure.code : code;
    if (code < 0 && err)
        *err = failure;
    free_writer(writer);
    return code;
}
