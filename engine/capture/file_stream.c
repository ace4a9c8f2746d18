/* SPDX-License-Identifier: MIT
 *
 * read(2) into a window. Pipes are polled first, so that a stop is seen while nothing comes, and
 * are never read further than to what is there. */
#include "engine/capture/file_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/capture/file_unpack.h"

#define WINDOW_BYTES (1u << 20)
#define STOP_POLL_MS 100

/* 0 when a read gives something at once. */
static int wait_readable(struct jj_stream *s)
{
    struct pollfd ready = { .fd = s->fd, .events = POLLIN };
    while (s->may_wait) {
        if (atomic_load_explicit(&s->stopped, memory_order_relaxed)) {
            return -ECANCELED;
        }
        int rc = poll(&ready, 1, STOP_POLL_MS);
        if (rc > 0) {
            break;
        }
        if (rc < 0 && (errno != EINTR || !s->opened)) {
            return -errno;
        }
    }
    return 0;
}

static ssize_t read_raw(void *context, void *to, size_t size)
{
    struct jj_stream *s = context;
    for (;;) {
        if (atomic_load_explicit(&s->stopped, memory_order_relaxed)) {
            return -ECANCELED;
        }
        int rc = wait_readable(s);
        if (rc < 0) {
            return rc;
        }
        ssize_t got = read(s->fd, to, size);
        if (got >= 0 || (errno != EINTR && errno != EAGAIN)) {
            return got >= 0 ? got : -errno;
        }
    }
}

/* One piece of the stream as the formats see it. */
static ssize_t read_piece(struct jj_stream *s, void *to, size_t size)
{
    if (!s->unpack) {
        return read_raw(s, to, size);
    }
    ssize_t got = jj_unpack_read(s->unpack, to, size);
    if (got == JJ_EEOF) {
        s->cut = true;
    }
    return got;
}

static int make_room(struct jj_stream *s, size_t need)
{
    size_t left = jj_stream_left(s);
    memmove(s->bytes, s->bytes + s->at, left);
    s->at = 0;
    s->end = left;
    size_t size = s->size;
    while (size < need) {
        size *= 2;
    }
    if (size == s->size) {
        return 0;
    }
    uint8_t *bytes = realloc(s->bytes, size);
    if (!bytes) {
        return -ENOMEM;
    }
    s->bytes = bytes;
    s->size = size;
    return 0;
}

int jj_stream_need(struct jj_stream *s, size_t need)
{
    int rc = make_room(s, need);
    if (rc < 0) {
        return rc;
    }
    while (s->end < need) {
        ssize_t got = read_piece(s, s->bytes + s->end, s->size - s->end);
        if (got <= 0) {
            return got == 0 ? JJ_EEOF : (int)got;
        }
        s->end += (size_t)got;
    }
    return 0;
}

static int open_fd(struct jj_stream *s, const char *where, const char *name, struct jj_error *err)
{
    bool standard_input = strcmp(where, "-") == 0;
    s->fd = standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                           : open(where, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    if (s->fd < 0 || fstat(s->fd, &st) < 0) {
        return jj_fail(err, -errno, "cannot read %s: %s", name, strerror(errno));
    }
    if (S_ISDIR(st.st_mode)) {
        return jj_fail(err, -EISDIR, "%s is a directory; name the capture files in it", name);
    }
    if (isatty(s->fd)) {
        return jj_fail(err, JJ_EUSAGE, "%s is a terminal; pipe a capture into it", name);
    }
    s->may_wait = !S_ISREG(st.st_mode);
    if (!s->may_wait) {
        posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return 0;
}

/* The first bytes, as many as one read gives but enough to tell the kind by. */
static int read_head(struct jj_stream *s, const char *name, struct jj_error *err)
{
    while (s->end < JJ_UNPACK_MAGIC) {
        ssize_t got = read_raw(s, s->bytes + s->end, JJ_UNPACK_INPUT - s->end);
        if (got < 0) {
            return jj_fail(err, (int)got, "cannot read %s: %s", name, jj_strerror((int)got));
        }
        if (got == 0) {
            break;
        }
        s->end += (size_t)got;
    }
    return s->end > 0 ? 0 : jj_fail(err, JJ_EFORMAT, "%s is empty", name);
}

int jj_stream_open(struct jj_stream *s, const char *where, const char *name, struct jj_error *err)
{
    memset(s, 0, sizeof *s);
    s->size = WINDOW_BYTES;
    s->bytes = malloc(s->size);
    int rc = open_fd(s, where, name, err);
    if (rc == 0 && !s->bytes) {
        rc = jj_fail(err, -ENOMEM, "no memory to read %s", name);
    }
    if (rc == 0) {
        rc = read_head(s, name, err);
    }
    if (rc == 0 && (rc = jj_unpack_create(&s->unpack, s->bytes, s->end, read_raw, s)) < 0) {
        jj_fail(err, rc, "no memory to unpack %s", name);
    }
    if (rc < 0) {
        jj_stream_close(s);
    } else if (s->unpack) {
        s->end = 0;
    }
    return rc;
}

void jj_stream_stop(struct jj_stream *s)
{
    atomic_store_explicit(&s->stopped, true, memory_order_relaxed);
}

void jj_stream_close(struct jj_stream *s)
{
    jj_unpack_destroy(s->unpack);
    free(s->bytes);
    if (s->fd >= 0) {
        close(s->fd);
    }
}
