/* SPDX-License-Identifier: MIT
 *
 * Stage: frames in memory to decoded packets. As in the engine, packets go to a batch that stays in
 * the cache. */
#include "engine/packet/decode.h"

#include "jj/source.h"

#include "bench/bench.h"
#include "bench/memory.h"

static struct bench_frames frames;
static struct jj_decoder *decoder;
static struct jj_packet batch[JJ_BATCH];

static int load(const char *input, const char *choice, struct jj_error *err)
{
    (void)choice;
    return bench_load_frames(&frames, input, err);
}

static int before(struct jj_error *err)
{
    int ret = jj_decoder_create(&decoder, false);
    return ret < 0 ? jj_fail(err, ret, "no memory for the decoder") : 0;
}

static int run(struct bench_work *work, struct jj_error *err)
{
    (void)err;
    unsigned used = 0;
    for (size_t i = 0; i < frames.count; i++)
        if (jj_decode(decoder, &frames.frame[i], &batch[used]) == JJ_DECODE_OK)
            used = (used + 1) % JJ_BATCH;
    work->items = frames.count;
    work->bytes = frames.wire_bytes;
    return 0;
}

static void after(void)
{
    jj_decoder_destroy(decoder);
}

int main(int argc, char **argv)
{
    const struct bench_stage stage = {
        .name = "decode",
        .unit = "packet",
        .input = "a capture file; its first million packets",
        .load = load,
        .before = before,
        .run = run,
        .after = after,
    };
    return bench_main(argc, argv, &stage);
}
