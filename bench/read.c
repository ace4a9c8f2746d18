/* SPDX-License-Identifier: MIT
 *
 * Stage: a capture file to batches of frames. Nothing touches the frames' bytes, so a file that is
 * in the page cache shows what the source itself costs. */
#include <unistd.h>

#include "jj/source.h"

#include "bench/bench.h"

static const char *path;

static int load(const char *input, const char *choice, struct jj_error *err)
{
    (void)choice;
    path = input;
    return access(input, R_OK) == 0 ? 0 : jj_fail(err, JJ_EUSAGE, "cannot read %s", input);
}

static int run(struct bench_work *work, struct jj_error *err)
{
    const struct jj_source_options options = { 0 };
    const struct jj_source_ops *file = jj_source_find("file");
    struct jj_source *source;
    struct jj_frame frames[JJ_BATCH];
    int count = file->open(&source, path, &options, err);
    if (count < 0)
        return count;
    while ((count = file->next(source, frames, JJ_BATCH, 0, err)) >= 0) {
        work->items += (unsigned)count;
        for (int i = 0; i < count; i++)
            work->bytes += frames[i].wire_len;
    }
    file->close(source);
    return count == JJ_EEOF ? 0 : count;
}

int main(int argc, char **argv)
{
    const struct bench_stage stage = {
        .name = "read", .unit = "packet", .input = "a capture file", .load = load, .run = run
    };
    return bench_main(argc, argv, &stage);
}
