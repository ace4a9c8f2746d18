/* SPDX-License-Identifier: MIT
 *
 * Stage: decoded packets to flows and their logs, given to a consumer that does nothing. Committing
 * the table's memory is part of it, as it is of every real run. */
#include "bench/bench.h"
#include "bench/table.h"

static struct bench_packets packets;
static struct jj_flows *flows;
static uint64_t wire_bytes;

static void see(void *state, struct jj_flow *flow, const struct jj_record *records, size_t count)
{
    (void)state, (void)flow, (void)records, (void)count;
}

static const struct jj_consumer_ops nobody = { .fold = see, .end = see };

static int load(const char *input, const char *choice, struct jj_error *err)
{
    struct bench_frames frames = { 0 };
    (void)choice;
    int ret = bench_load_frames(&frames, input, err);
    if (ret == 0)
        ret = bench_decode_frames(&packets, &frames, err);
    wire_bytes = frames.wire_bytes;
    free(frames.frame);
    free(frames.bytes);
    return ret;
}

static int before(struct jj_error *err)
{
    return bench_create_flows(&flows, &nobody, NULL, err);
}

static int run(struct bench_work *work, struct jj_error *err)
{
    (void)err;
    bench_run_flows(flows, &packets);
    work->items = packets.count;
    work->bytes = wire_bytes;
    work->flows = flows->counters.flows;
    return 0;
}

static void after(void)
{
    bench_destroy_flows(flows);
}

int main(int argc, char **argv)
{
    const struct bench_stage stage = {
        .name = "flow",
        .unit = "packet",
        .input = "a capture file; its first million packets",
        .load = load,
        .before = before,
        .run = run,
        .after = after,
    };
    return bench_main(argc, argv, &stage);
}
