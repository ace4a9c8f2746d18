/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a capture file, compressed ones included. Beyond not crashing: the counters balance,
 * every frame lies in memory that may be read, and interfaces and lengths are what frames promise.
 * A small input that unpacks to very much is left after a while. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "jj/source.h"

#define FRAMES_MAX 20000u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

static int open_bytes(struct jj_source **out, const struct jj_source_ops *ops, const uint8_t *bytes,
                      size_t size)
{
    static int fd = -1;
    char path[32];
    if (fd < 0) {
        fd = memfd_create("capture", 0);
    }
    require(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return ops->open(out, path, NULL, NULL);
}

static void check_frames(const struct jj_source *source, const struct jj_frame *frames, int n)
{
    const struct jj_interface *interfaces;
    unsigned count = source->ops->interfaces(source, &interfaces);
    volatile uint8_t sum = 0; /* the bytes are only touched */
    (void)sum;
    for (int i = 0; i < n; i++) {
        require(frames[i].interface < count && frames[i].cap_len <= frames[i].wire_len);
        require(frames[i].linktype == interfaces[frames[i].interface].linktype);
        for (uint32_t j = 0; j < frames[i].cap_len; j += 61) {
            sum ^= frames[i].data[j];
        }
        if (frames[i].cap_len > 0) {
            sum ^= frames[i].data[frames[i].cap_len - 1];
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct jj_source_ops *ops = jj_source_find("file");
    struct jj_source *source;
    struct jj_frame frames[JJ_BATCH];
    struct jj_source_stats stats;
    uint64_t seen = 0;
    int n;
    if (open_bytes(&source, ops, bytes, size) < 0) {
        return 0;
    }
    while ((n = ops->next(source, frames, JJ_BATCH, 0, NULL)) > 0 && seen < FRAMES_MAX) {
        check_frames(source, frames, n);
        seen += (unsigned)n;
    }
    require(n > 0 || n == JJ_EEOF);
    ops->stats(source, &stats);
    require(stats.received == stats.delivered + stats.failed && stats.delivered >= seen);
    require(stats.failed == 0 || n > 0 || ops->note(source) != NULL);
    ops->close(source);
    return 0;
}
