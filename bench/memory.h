/* SPDX-License-Identifier: MIT
 *
 * A capture in memory, for the stages behind reading: its frames, and its decoded packets. Only the
 * first million frames, or half a gigabyte, are kept. Owned by the caller until the process ends.
 */
#pragma once
#include "jj/error.h"
#include "jj/packet.h"

struct bench_frames {
    struct jj_frame *frame;
    size_t count;
    uint64_t wire_bytes;
    uint8_t *bytes;
};

struct bench_packets {
    struct jj_packet *packet; /* with ordinal and hash */
    size_t count;
};

int bench_load_frames(struct bench_frames *frames, const char *path, struct jj_error *err);
int bench_decode_frames(struct bench_packets *packets, const struct bench_frames *frames,
                        struct jj_error *err);
