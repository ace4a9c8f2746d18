/* SPDX-License-Identifier: MIT
 *
 * Streaming decompression of gzip, zstd and lz4, several frames in a row included. The kind is told
 * by the first bytes, never by a name. Memory is bounded by the window that the format itself asks
 * for, so a bomb costs time but no memory. One thread. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define JJ_UNPACK_MAGIC 4u
#define JJ_UNPACK_INPUT 65536u

struct jj_unpack;

/* Where the compressed bytes come from: their number, 0 at the end, or a negative code. */
typedef ssize_t (*jj_unpack_read_fn)(void *context, void *to, size_t size);

/* `head` is what was read so far, JJ_UNPACK_INPUT bytes at most. Gives NULL in *out when the bytes
 * are not compressed. */
int jj_unpack_create(struct jj_unpack **out, const uint8_t *head, size_t size,
                     jj_unpack_read_fn read, void *context);

/* The number of bytes, 0 at the clean end, JJ_EEOF when the compressed data stop in the middle,
 * JJ_EFORMAT when they are damaged, or what the read function failed with. */
ssize_t jj_unpack_read(struct jj_unpack *unpack, void *to, size_t size);

void jj_unpack_destroy(struct jj_unpack *unpack);
