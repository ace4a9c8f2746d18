/* SPDX-License-Identifier: MIT */
#include "transport/sink/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_stdout(const char *where)
{
    return strcmp(where, "-") == 0;
}

int jj_output_open(struct jj_output *output, const char *where, struct jj_error *err)
{
    *output = (struct jj_output){ .fd = -1 };
    output->name = strdup(is_stdout(where) ? "standard output" : where);
    if (!output->name || jj_output_room(output, JJ_OUTPUT_PIECE) < 0) {
        jj_output_close(output, NULL);
        return jj_fail(err, -ENOMEM, "no memory to write %s", where);
    }
    output->fd = is_stdout(where) ? STDOUT_FILENO
                                  : open(where, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (output->fd < 0) {
        int code = -errno;
        jj_output_close(output, NULL);
        return jj_fail(err, code, "cannot create %s: %s", where, jj_strerror(code));
    }
    return 0;
}

int jj_output_room(struct jj_output *output, size_t size)
{
    if (size <= output->capacity - output->used)
        return 0;
    size_t capacity = (output->used + size) * 2;
    char *data = realloc(output->data, capacity);
    if (!data)
        return -ENOMEM;
    output->data = data;
    output->capacity = capacity;
    return 0;
}

static int fail(const struct jj_output *output, int code, struct jj_error *err)
{
    return jj_fail(err, code, "cannot write %s: %s (%" PRIu64 " rows are safe)", output->name,
                   jj_strerror(code), output->rows_safe);
}

/* Standard output may be a pipe that someone else made non-blocking. */
static int wait_writable(int fd)
{
    struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
    return poll(&poll_fd, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        int code = written < 0 ? -errno : 0;
        if (code == -EAGAIN)
            code = wait_writable(fd);
        if (code < 0 && code != -EINTR)
            return code;
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

int jj_output_flush(struct jj_output *output, struct jj_error *err)
{
    int code = write_all(output->fd, output->data, output->used);
    if (code < 0)
        return fail(output, code, err);
    output->used = 0;
    output->rows_safe = output->rows;
    return 0;
}

int jj_output_close(struct jj_output *output, struct jj_error *err)
{
    int code = 0;
    if (output->name && output->fd > STDOUT_FILENO && close(output->fd) < 0)
        code = fail(output, -errno, err);
    free(output->name);
    free(output->data);
    *output = (struct jj_output){ .fd = -1 };
    return code;
}
