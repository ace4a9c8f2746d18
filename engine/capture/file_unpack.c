/* SPDX-License-Identifier: MIT
 *
 * One struct codec for each format, over one loop. A codec's step moves bytes from the input buffer
 * to the caller and tells whether it stands inside a frame. */
#include "engine/capture/file_unpack.h"

#include <errno.h>
#include <lz4frame.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "jj/error.h"

struct codec {
    bool (*matches)(const uint8_t *head);
    int (*begin)(struct jj_unpack *u);
    int (*step)(struct jj_unpack *u, uint8_t *to, size_t size, size_t *made);
    void (*end)(struct jj_unpack *u);
};

struct jj_unpack {
    const struct codec *codec;
    union {
        z_stream gzip;
        ZSTD_DCtx *zstd;
        LZ4F_dctx *lz4;
    };
    jj_unpack_read_fn read;
    void *context;
    int failed;  /* told after the bytes made before it were taken */
    bool inside; /* a frame began and did not end yet */
    size_t at;
    size_t end;
    uint8_t input[JJ_UNPACK_INPUT];
};

static bool gzip_matches(const uint8_t *head)
{
    return head[0] == 0x1f && head[1] == 0x8b;
}

static int gzip_begin(struct jj_unpack *u)
{
    return inflateInit2(&u->gzip, 15 + 16) == Z_OK ? 0 : -ENOMEM;
}

static int gzip_step(struct jj_unpack *u, uint8_t *to, size_t size, size_t *made)
{
    if (!u->inside) {
        inflateReset(&u->gzip);
    }
    uInt room = size > 1u << 30 ? 1u << 30 : (uInt)size;
    u->gzip.next_in = u->input + u->at;
    u->gzip.avail_in = (uInt)(u->end - u->at);
    u->gzip.next_out = to;
    u->gzip.avail_out = room;
    int rc = inflate(&u->gzip, Z_NO_FLUSH);
    u->at = u->end - u->gzip.avail_in;
    *made = room - u->gzip.avail_out;
    u->inside = rc != Z_STREAM_END;
    bool fine = rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR;
    return fine ? 0 : rc == Z_MEM_ERROR ? -ENOMEM : JJ_EFORMAT;
}

static void gzip_end(struct jj_unpack *u)
{
    inflateEnd(&u->gzip);
}

/* 184d2a50 ... 5f: a skippable frame, which zstd and lz4 share; both decoders pass over it. */
static bool zstd_matches(const uint8_t *head)
{
    bool skippable = (head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0;
    return skippable || memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0;
}

static int zstd_begin(struct jj_unpack *u)
{
    u->zstd = ZSTD_createDCtx();
    return u->zstd ? 0 : -ENOMEM;
}

static int zstd_step(struct jj_unpack *u, uint8_t *to, size_t size, size_t *made)
{
    ZSTD_inBuffer in = { .src = u->input, .size = u->end, .pos = u->at };
    ZSTD_outBuffer out = { .dst = to, .size = size, .pos = 0 };
    size_t rc = ZSTD_decompressStream(u->zstd, &out, &in);
    u->at = in.pos;
    *made = out.pos;
    u->inside = rc != 0;
    return ZSTD_isError(rc) ? JJ_EFORMAT : 0;
}

static void zstd_end(struct jj_unpack *u)
{
    ZSTD_freeDCtx(u->zstd);
}

static bool lz4_matches(const uint8_t *head)
{
    return memcmp(head, "\x04\x22\x4d\x18", 4) == 0;
}

static int lz4_begin(struct jj_unpack *u)
{
    return LZ4F_isError(LZ4F_createDecompressionContext(&u->lz4, LZ4F_VERSION)) ? -ENOMEM : 0;
}

static int lz4_step(struct jj_unpack *u, uint8_t *to, size_t size, size_t *made)
{
    size_t taken = u->end - u->at;
    *made = size;
    size_t rc = LZ4F_decompress(u->lz4, to, made, u->input + u->at, &taken, NULL);
    if (LZ4F_isError(rc)) {
        *made = 0;
        return JJ_EFORMAT;
    }
    u->at += taken;
    u->inside = rc != 0;
    return 0;
}

static void lz4_end(struct jj_unpack *u)
{
    LZ4F_freeDecompressionContext(u->lz4);
}

static const struct codec codecs[] = {
    { gzip_matches, gzip_begin, gzip_step, gzip_end },
    { zstd_matches, zstd_begin, zstd_step, zstd_end },
    { lz4_matches, lz4_begin, lz4_step, lz4_end },
};

static const struct codec *detect(const uint8_t *head, size_t size)
{
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        if (size >= JJ_UNPACK_MAGIC && codecs[i].matches(head)) {
            return &codecs[i];
        }
    }
    return NULL;
}

int jj_unpack_create(struct jj_unpack **out, const uint8_t *head, size_t size,
                     jj_unpack_read_fn read, void *context)
{
    *out = NULL;
    const struct codec *codec = detect(head, size);
    if (!codec) {
        return 0;
    }
    struct jj_unpack *u = malloc(sizeof *u);
    if (!u) {
        return -ENOMEM;
    }
    memset(u, 0, offsetof(struct jj_unpack, input));
    u->codec = codec;
    u->read = read;
    u->context = context;
    u->end = size;
    memcpy(u->input, head, size);
    int rc = codec->begin(u);
    if (rc < 0) {
        free(u);
        return rc;
    }
    *out = u;
    return 0;
}

static ssize_t refill(struct jj_unpack *u)
{
    ssize_t got = u->read(u->context, u->input, sizeof u->input);
    u->at = 0;
    u->end = got > 0 ? (size_t)got : 0;
    return got == 0 && u->inside ? JJ_EEOF : got;
}

/* The decoder is asked before the input, because it may still hold bytes that did not fit before.
 */
ssize_t jj_unpack_read(struct jj_unpack *u, void *to, size_t size)
{
    while (!u->failed) {
        if (u->inside || u->at < u->end) {
            size_t made = 0, before = u->at;
            u->failed = u->codec->step(u, to, size, &made);
            bool stuck = made == 0 && u->at == before && u->at < u->end;
            if (!u->failed && stuck) {
                u->failed = JJ_EFORMAT;
            }
            if (made > 0) {
                return (ssize_t)made;
            }
        }
        if (!u->failed && u->at == u->end) {
            ssize_t got = refill(u);
            if (got <= 0) {
                return got;
            }
        }
    }
    return u->failed;
}

void jj_unpack_destroy(struct jj_unpack *u)
{
    if (u) {
        u->codec->end(u);
        free(u);
    }
}
