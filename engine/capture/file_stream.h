/* SPDX-License-Identifier: MIT
 *
 * The bytes of a capture file through one bounded window, unpacked when they are compressed. What
 * the window holds stays where it is until jj_stream_need, the only call that reads. One thread,
 * but for jj_stream_stop, which is safe anywhere. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jj/error.h"

#include "engine/base/cursor.h"

struct jj_unpack;

struct jj_stream {
    uint8_t *bytes; /* the window; bytes[at ... end) is read and not used yet */
    size_t size;
    size_t at;
    size_t end;
    struct jj_unpack *unpack; /* NULL for plain files */
    int fd;
    bool may_wait; /* no regular file: a read can take for ever */
    bool opened;   /* someone can call stop; until then a signal ends the wait */
    bool cut;      /* the compressed data stopped in the middle */
    atomic_bool stopped;
};

/* Opens `where` ("-" is standard input), reads its first bytes and sees what they are. The message
 * calls the file `name`. */
int jj_stream_open(struct jj_stream *stream, const char *where, const char *name,
                   struct jj_error *err);

/* Makes at least `need` bytes available. 0; JJ_EEOF when the stream ends before that; JJ_EFORMAT
 * when compressed data are damaged; -ECANCELED when stopped; -errno. What came before any of these
 * is in the window. */
int jj_stream_need(struct jj_stream *stream, size_t need);

void jj_stream_stop(struct jj_stream *stream);
void jj_stream_close(struct jj_stream *stream);

static inline struct jj_cursor jj_stream_cursor(const struct jj_stream *s)
{
    return jj_cursor(s->bytes + s->at, s->end - s->at);
}

static inline size_t jj_stream_left(const struct jj_stream *s)
{
    return s->end - s->at;
}
