/* SPDX-License-Identifier: MIT
 *
 * Stage: the logs of flows to rows of all default columns. A flow table first hands over every
 * fold and every end of the capture; they are kept, and played to the extractors in each run. The
 * tables go round. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/table.h"
#include "extract/consumer.h"

struct event {
    struct jj_flow flow;
    size_t record; /* index of its first one */
    size_t count;
    bool end;
};

/* A flow that is folded has a number in flow.state here; the extractors have their own. */
static struct {
    struct event *event;
    size_t events, room;
    struct jj_record *record;
    size_t records;
    uint32_t *state; /* the extractors', by number */
    uint32_t states;
} kept;

static size_t packet_count;
static struct jj_schema *schema;
static struct jj_extract *extract;
static void *worker;
static struct jj_table *spare[2]; /* tables that wait to be filled */
static uint64_t rows;

static void keep(struct jj_flow *flow, const struct jj_record *records, size_t count, bool end)
{
    if (kept.events == kept.room) {
        kept.room = kept.room ? 2 * kept.room : 4096;
        kept.event = realloc(kept.event, kept.room * sizeof *kept.event);
        if (!kept.event)
            abort();
    }
    kept.event[kept.events++] = (struct event){ *flow, kept.records, count, end };
    memcpy(kept.record + kept.records, records, count * sizeof *records);
    kept.records += count;
}

static void keep_fold(void *state, struct jj_flow *flow, const struct jj_record *records,
                      size_t count)
{
    (void)state;
    if (!flow->state)
        flow->state = ++kept.states;
    keep(flow, records, count, false);
}

static void keep_end(void *state, struct jj_flow *flow, const struct jj_record *records,
                     size_t count)
{
    (void)state;
    keep(flow, records, count, true);
}

static const struct jj_consumer_ops keeper = { .fold = keep_fold, .end = keep_end };

static struct jj_table *get(void *context, unsigned number)
{
    (void)context, (void)number;
    struct jj_table **slot = spare[0] ? &spare[0] : &spare[1];
    struct jj_table *table = *slot;
    *slot = NULL;
    return table;
}

static void put(void *context, unsigned number, struct jj_table *table)
{
    (void)context, (void)number;
    rows += table->rows;
    jj_table_reset(table);
    spare[spare[0] ? 1 : 0] = table;
}

static void dropped(void *context, unsigned number, unsigned count)
{
    (void)context, (void)number, (void)count;
    abort(); /* there are two tables, and one is always free */
}

static int keep_events(const struct bench_packets *packets, struct jj_error *err)
{
    struct jj_flows *flows;
    kept.record = malloc(packets->count * sizeof *kept.record);
    kept.state = calloc(packets->count + 1, sizeof *kept.state);
    if (!kept.record || !kept.state)
        return jj_fail(err, -ENOMEM, "no memory for the logs");
    int ret = bench_create_flows(&flows, &keeper, NULL, err);
    if (ret < 0)
        return ret;
    bench_run_flows(flows, packets);
    bench_destroy_flows(flows);
    return 0;
}

static int create_extract(struct jj_error *err)
{
    const struct jj_selection all = { 0 };
    int ret = jj_schema_create(&schema, &all, err);
    if (ret < 0)
        return ret;
    for (unsigned i = 0; i < 2; i++)
        if (jj_table_create(&spare[i], schema) < 0)
            return jj_fail(err, -ENOMEM, "no memory for the tables");
    const struct jj_extract_options options = {
        .schema = schema, .workers = 1, .get = get, .put = put, .dropped = dropped
    };
    return jj_extract_create(&extract, &options, err);
}

static int load(const char *input, const char *choice, struct jj_error *err)
{
    struct bench_frames frames = { 0 };
    struct bench_packets packets = { 0 };
    (void)choice;
    int ret = bench_load_frames(&frames, input, err);
    if (ret == 0)
        ret = bench_decode_frames(&packets, &frames, err);
    if (ret == 0)
        ret = keep_events(&packets, err);
    packet_count = packets.count;
    free(frames.frame);
    free(frames.bytes);
    free(packets.packet);
    return ret == 0 ? create_extract(err) : ret;
}

static int before(struct jj_error *err)
{
    rows = 0;
    memset(kept.state, 0, (kept.states + 1) * sizeof *kept.state);
    return jj_extract_consumer.open(&worker, extract, 0, err);
}

static int run(struct bench_work *work, struct jj_error *err)
{
    (void)err;
    for (size_t i = 0; i < kept.events; i++) {
        const struct event *event = &kept.event[i];
        const struct jj_record *records = kept.record + event->record;
        uint32_t number = event->flow.state;
        struct jj_flow flow = event->flow;
        flow.state = kept.state[number];
        if (event->end) {
            jj_extract_consumer.end(worker, &flow, records, event->count);
        } else {
            jj_extract_consumer.fold(worker, &flow, records, event->count);
            kept.state[number] = flow.state;
        }
    }
    jj_extract_consumer.flush(worker);
    work->items = packet_count;
    work->flows = rows;
    return 0;
}

static void after(void)
{
    jj_extract_consumer.close(worker);
}

int main(int argc, char **argv)
{
    const struct bench_stage stage = {
        .name = "extract",
        .unit = "packet",
        .input = "a capture file; its first million packets",
        .load = load,
        .before = before,
        .run = run,
        .after = after,
    };
    return bench_main(argc, argv, &stage);
}
