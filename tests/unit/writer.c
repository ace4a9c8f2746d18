/* SPDX-License-Identifier: MIT
 *
 * The hand-over of tables: nothing lost or twice with several producers and a slow sink, drops are
 * counted, a sink that fails stops nobody and its failure arrives. */
#include "transport/sink/writer.c"

#include <time.h>

#include "test.h"

#define PRODUCERS 3
#define TABLES    400

static const struct jj_feature feature = { .name = "id", .type = JJ_I64 };
static struct jj_schema_column column = { .name = "id", .feature = &feature };
static const struct jj_schema schema = { .count = 1, .columns = &column };

/* A sink that checks instead of writing. */
struct check_sink {
    struct jj_sink sink;
    int64_t next[PRODUCERS];
    uint64_t rows, wrong;
    unsigned pause_us, tables, fail_at; /* fails at this table; 0 = never */
    bool fail_close, closed;
};

static int check_write(struct jj_sink *sink, const struct jj_table *table, struct jj_error *err)
{
    struct check_sink *check = (struct check_sink *)sink;
    const int64_t *ids = table->columns[0].data;
    if (++check->tables == check->fail_at)
        return jj_fail(err, -ENOSPC, "the disk is full");
    for (unsigned i = 0; i < table->rows; i++)
        check->wrong +=
            ids[i] / 1000000 >= PRODUCERS || ids[i] % 1000000 != check->next[ids[i] / 1000000]++;
    check->rows += table->rows;
    if (check->pause_us)
        nanosleep(&(struct timespec){ .tv_nsec = check->pause_us * 1000 }, NULL);
    return 0;
}

static int check_close(struct jj_sink *sink, struct jj_error *err)
{
    struct check_sink *check = (struct check_sink *)sink;
    check->closed = true;
    return check->fail_close ? jj_fail(err, -EIO, "could not be finished") : 0;
}

static const struct jj_sink_ops check_ops = { .write = check_write, .close = check_close };

struct producer {
    struct jj_writer *writer;
    unsigned index;
    uint64_t put, refused;
    pthread_t thread;
};

static void *produce(void *argument)
{
    struct producer *producer = argument;
    for (unsigned t = 0; t < TABLES; t++) {
        struct jj_table *table = jj_writer_get(producer->writer, producer->index);
        if (!table) {
            producer->refused++;
            continue;
        }
        producer->refused += table->rows != 0 || !jj_is_valid(&table->columns[0], 0);
        for (unsigned r = 0; r < t % 7; r++) {
            int64_t id = producer->index * 1000000 + (int64_t)producer->put++;
            ((int64_t *)table->columns[0].data)[table->rows++] = id;
        }
        jj_writer_put(producer->writer, producer->index, table);
    }
    return NULL;
}

static int run_all(struct check_sink *check, struct producer producers[PRODUCERS], bool block,
                   uint64_t *dropped, struct jj_error *err)
{
    struct jj_writer *writer = NULL;
    check->sink.ops = &check_ops;
    CHECK_INT(jj_writer_create(&writer, &check->sink, PRODUCERS, 2, &schema, block, err), 0);
    for (unsigned p = 0; p < PRODUCERS; p++) {
        producers[p] = (struct producer){ .writer = writer, .index = p };
        pthread_create(&producers[p].thread, NULL, produce, &producers[p]);
    }
    uint64_t put = 0;
    for (unsigned p = 0; p < PRODUCERS; p++) {
        pthread_join(producers[p].thread, NULL);
        put += producers[p].put;
    }
    for (int i = 0; i < 5000; i++) {
        if (jj_writer_rows(writer) + jj_writer_rows_dropped(writer) == put)
            break;
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    *dropped = jj_writer_rows_dropped(writer);
    CHECK_INT(jj_writer_rows(writer) + *dropped, put);
    CHECK(jj_writer_failed(writer) == (check->fail_at != 0));
    int code = jj_writer_close(writer, err);
    CHECK(check->closed);
    CHECK_INT(check->wrong, 0);
    CHECK_INT(check->rows, put - *dropped);
    return code;
}

static void test_block(unsigned pause_us)
{
    struct check_sink check = { .pause_us = pause_us };
    struct producer producers[PRODUCERS];
    struct jj_error err = { 0 };
    uint64_t dropped;
    CHECK_INT(run_all(&check, producers, true, &dropped, &err), 0);
    CHECK_INT(dropped, 0);
    for (unsigned p = 0; p < PRODUCERS; p++)
        CHECK_INT(producers[p].refused, 0);
}

static void test_no_block(void)
{
    struct check_sink check = { .pause_us = 2000 };
    struct producer producers[PRODUCERS];
    struct jj_error err = { 0 };
    uint64_t dropped;
    CHECK_INT(run_all(&check, producers, false, &dropped, &err), 0);
    CHECK_INT(dropped, 0);
    CHECK(producers[0].refused > 0);
}

static void test_errors(void)
{
    struct check_sink check = { .fail_at = 10, .fail_close = true };
    struct producer producers[PRODUCERS];
    struct jj_error err = { 0 };
    uint64_t dropped;
    CHECK_INT(run_all(&check, producers, true, &dropped, &err), -ENOSPC);
    CHECK_STR(err.text, "the disk is full");
    CHECK(dropped > 0);
    check = (struct check_sink){ .fail_close = true };
    CHECK_INT(run_all(&check, producers, true, &dropped, &err), -EIO);
    CHECK_STR(err.text, "could not be finished");
    CHECK_INT(jj_writer_close(NULL, &err), 0);
}

/* Idle, the writer's thread uses no processor time. */
static void test_idle(void)
{
    struct check_sink check = { .sink.ops = &check_ops };
    struct jj_writer *writer = NULL;
    struct timespec used;
    clockid_t clock;
    CHECK_INT(jj_writer_create(&writer, &check.sink, 1, 1, &schema, true, NULL), 0);
    nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
    CHECK_INT(pthread_getcpuclockid(writer->thread, &clock), 0);
    clock_gettime(clock, &used);
    CHECK(used.tv_sec == 0 && used.tv_nsec < 50000000);
    CHECK_INT(jj_writer_close(writer, NULL), 0);
}

int main(void)
{
    test_block(0);
    test_block(300);
    test_no_block();
    test_errors();
    test_idle();
    return test_end();
}
