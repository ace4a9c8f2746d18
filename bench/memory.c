/* SPDX-License-Identifier: MIT */
#include "bench/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jj/source.h"

#include "engine/flow/key.h"
#include "engine/packet/decode.h"

#define MOST_FRAMES ((size_t)1 << 20)
#define MOST_BYTES  ((size_t)512 << 20)

static int keep(struct bench_frames *frames, size_t *used, const struct jj_frame *from,
                unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (frames->count == MOST_FRAMES || *used + from[i].cap_len > MOST_BYTES)
            return JJ_EEOF;
        struct jj_frame *frame = &frames->frame[frames->count++];
        *frame = from[i];
        frame->data = memcpy(frames->bytes + *used, from[i].data, from[i].cap_len);
        *used += from[i].cap_len;
        frames->wire_bytes += from[i].wire_len;
    }
    return 0;
}

int bench_load_frames(struct bench_frames *frames, const char *path, struct jj_error *err)
{
    const struct jj_source_ops *file = jj_source_find("file");
    const struct jj_source_options options = { 0 };
    struct jj_frame batch[JJ_BATCH];
    struct jj_source *source;
    size_t used = 0;
    int ret = file->open(&source, path, &options, err);
    if (ret < 0)
        return ret;
    *frames = (struct bench_frames){ .frame = malloc(MOST_FRAMES * sizeof *frames->frame),
                                     .bytes = malloc(MOST_BYTES) };
    if (!frames->frame || !frames->bytes)
        ret = jj_fail(err, -ENOMEM, "no memory for the frames of %s", path);
    while (ret == 0) {
        int count = file->next(source, batch, JJ_BATCH, 0, err);
        ret = count < 0 ? count : keep(frames, &used, batch, (unsigned)count);
    }
    file->close(source);
    return ret == JJ_EEOF ? 0 : ret;
}

int bench_decode_frames(struct bench_packets *packets, const struct bench_frames *frames,
                        struct jj_error *err)
{
    struct jj_decoder *decoder = NULL;
    struct jj_hash_seed seed;
    struct jj_key key;
    *packets = (struct bench_packets){ .packet = malloc(frames->count * sizeof *packets->packet) };
    int ret = jj_hash_seed(&seed);
    if (ret == 0)
        ret = packets->packet ? jj_decoder_create(&decoder, false) : -ENOMEM;
    if (ret < 0)
        return jj_fail(err, ret, "no memory for the packets");
    for (size_t i = 0; i < frames->count; i++) {
        struct jj_packet *packet = &packets->packet[packets->count];
        if (jj_decode(decoder, &frames->frame[i], packet) != JJ_DECODE_OK)
            continue;
        packet->ordinal = i + 1;
        jj_key_of(&key, packet);
        packet->hash = jj_key_hash(&key, &seed);
        packets->count++;
    }
    jj_decoder_destroy(decoder);
    return 0;
}
