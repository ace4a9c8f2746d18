/* SPDX-License-Identifier: MIT
 *
 * A buffer of whole records in front of write(2). The records are appended in place; the buffer is
 * written when the next one does not fit, and after every batch when the file is a pipe. Words are
 * in the machine's byte order, as both formats allow. */
#include "engine/capture/savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES    (256u << 10)
#define USUAL_SNAPLEN   262144u
#define NS_PER_SECOND   1000000000
#define LINKTYPE_NONE   UINT32_MAX
#define PCAP_HEADER     24u
#define PCAP_RECORD     16u
#define PACKET_OVERHEAD 44u /* of a packet block: frame, fixed part, direction, end of options */

struct jj_savefile {
    int fd;
    bool regular; /* a file of its own: not standard output, which may have been written before */
    bool pcapng;
    int failed; /* sticky */
    const struct jj_source *source;
    uint32_t linktype;          /* pcap: of all packets; LINKTYPE_NONE before the first */
    uint32_t section_interface; /* pcapng: number of the source's first interface */
    uint32_t interfaces;        /* pcapng: written so far */
    uint64_t packets;
    int64_t last_time;
    uint64_t written;
    uint8_t *buffer;
    size_t size;
    size_t used;
    char path[128];
};

static void put(struct jj_savefile *s, const void *bytes, size_t size)
{
    memcpy(s->buffer + s->used, bytes, size);
    s->used += size;
}

static void put16(struct jj_savefile *s, uint16_t value)
{
    put(s, &value, sizeof value);
}

static void put32(struct jj_savefile *s, uint32_t value)
{
    put(s, &value, sizeof value);
}

static void put64(struct jj_savefile *s, uint64_t value)
{
    put(s, &value, sizeof value);
}

static void put_padded(struct jj_savefile *s, const void *bytes, size_t size)
{
    put(s, bytes, size);
    put(s, "\0\0\0", -size & 3);
}

/* How much of the buffer's first `size` bytes is whole records, by their own lengths. */
static size_t whole_records(const struct jj_savefile *s, size_t size)
{
    size_t at = s->pcapng || s->written > 0 ? 0 : PCAP_HEADER;
    size_t whole = 0;
    while (at <= size) {
        whole = at;
        size_t length_at = at + (s->pcapng ? 4 : 8);
        if (length_at + 4 > s->used) {
            break;
        }
        uint32_t length;
        memcpy(&length, s->buffer + length_at, sizeof length);
        at += s->pcapng ? length : PCAP_RECORD + (size_t)length;
    }
    return whole;
}

/* Leaves whole packets only behind a write that stopped in the middle of one. */
static int write_failed(struct jj_savefile *s, size_t done, int error, struct jj_error *err)
{
    if (s->regular) {
        s->written += whole_records(s, done);
        if (ftruncate(s->fd, (off_t)s->written) < 0) {
            error = errno;
        }
    }
    s->used = 0;
    s->failed = -error;
    return jj_fail(err, -error, "cannot write %s: %s; it holds the packets before this", s->path,
                   strerror(error));
}

static int flush(struct jj_savefile *s, struct jj_error *err)
{
    size_t done = 0;
    while (done < s->used) {
        ssize_t put_out = write(s->fd, s->buffer + done, s->used - done);
        if (put_out < 0 && errno != EINTR) {
            return write_failed(s, done, errno, err);
        }
        done += put_out > 0 ? (size_t)put_out : 0;
    }
    s->written += s->used;
    s->used = 0;
    return 0;
}

/* Makes room for one record. The buffer grows when even an empty one could not hold it. */
static int reserve(struct jj_savefile *s, size_t size, struct jj_error *err)
{
    if (size <= s->size - s->used) {
        return 0;
    }
    int rc = flush(s, err);
    if (rc < 0 || size <= s->size) {
        return rc;
    }
    uint8_t *buffer = realloc(s->buffer, size);
    if (!buffer) {
        s->failed = -ENOMEM;
        return jj_fail(err, -ENOMEM, "no memory to write a packet of %zu bytes to %s", size,
                       s->path);
    }
    s->buffer = buffer;
    s->size = size;
    return 0;
}

static unsigned source_interfaces(const struct jj_savefile *s, const struct jj_interface **list)
{
    return s->source ? s->source->ops->interfaces(s->source, list) : 0;
}

/* Readers refuse packets far beyond the snaplen of the header. */
static uint32_t pcap_snaplen(const struct jj_savefile *s)
{
    uint32_t snaplen = USUAL_SNAPLEN;
    const struct jj_interface *list = NULL;
    unsigned count = source_interfaces(s, &list);
    for (unsigned i = 0; i < count; i++) {
        snaplen = list[i].snaplen > snaplen ? list[i].snaplen : snaplen;
    }
    return snaplen;
}

static int put_pcap_header(struct jj_savefile *s, uint32_t linktype, struct jj_error *err)
{
    int rc = reserve(s, PCAP_HEADER, err);
    if (rc < 0) {
        return rc;
    }
    put32(s, 0xa1b23c4d);
    put16(s, 2);
    put16(s, 4);
    put64(s, 0);
    put32(s, pcap_snaplen(s));
    put32(s, linktype);
    s->linktype = linktype;
    return 0;
}

static int put_pcap(struct jj_savefile *s, const struct jj_frame *frame, struct jj_error *err)
{
    int rc = 0;
    if (s->linktype == LINKTYPE_NONE) {
        rc = put_pcap_header(s, frame->linktype, err);
    }
    if (rc < 0) {
        return rc;
    }
    if (frame->linktype != s->linktype) {
        s->failed = JJ_EUSAGE;
        return jj_fail(err, JJ_EUSAGE,
                       "%s: a pcap file holds one link type, %" PRIu32 " here, but packet %" PRIu64
                       " has %u; save to a name that ends in .pcapng",
                       s->path, s->linktype, s->packets + 1, frame->linktype);
    }
    if (frame->time < 0 || frame->time / NS_PER_SECOND > UINT32_MAX) {
        s->failed = JJ_EUSAGE;
        return jj_fail(err, JJ_EUSAGE,
                       "%s: the time of packet %" PRIu64 " is not in 1970 ... 2106, which is what "
                       "pcap can hold; save to a name that ends in .pcapng",
                       s->path, s->packets + 1);
    }
    rc = reserve(s, PCAP_RECORD + (size_t)frame->cap_len, err);
    if (rc < 0) {
        return rc;
    }
    put32(s, (uint32_t)(frame->time / NS_PER_SECOND));
    put32(s, (uint32_t)(frame->time % NS_PER_SECOND));
    put32(s, frame->cap_len);
    put32(s, frame->wire_len);
    put(s, frame->data, frame->cap_len);
    return 0;
}

static int put_section(struct jj_savefile *s, struct jj_error *err)
{
    static const char application[] = "jj-engine";
    const uint16_t length = sizeof application - 1;
    const uint32_t total = 28 + 4 + 12 + 4;
    int rc = reserve(s, total, err);
    if (rc < 0) {
        return rc;
    }
    put32(s, 0x0a0d0d0a);
    put32(s, total);
    put32(s, 0x1a2b3c4d);
    put16(s, 1);
    put16(s, 0);
    put64(s, UINT64_MAX); /* the section's length is not known beforehand */
    put16(s, 4);          /* shb_userappl */
    put16(s, length);
    put_padded(s, application, length);
    put32(s, 0);
    put32(s, total);
    return 0;
}

static int put_interface(struct jj_savefile *s, const struct jj_interface *interface,
                         struct jj_error *err)
{
    const uint16_t length = (uint16_t)strnlen(interface->name, sizeof interface->name);
    const uint32_t name = length ? 4u + ((length + 3u) & ~3u) : 0;
    const uint32_t total = 20 + name + 8 + 4;
    int rc = reserve(s, total, err);
    if (rc < 0) {
        return rc;
    }
    put32(s, 1);
    put32(s, total);
    put16(s, interface->linktype);
    put16(s, 0);
    put32(s, interface->snaplen);
    if (length) {
        put16(s, 2); /* if_name */
        put16(s, length);
        put_padded(s, interface->name, length);
    }
    put16(s, 9); /* if_tsresol: 10^-9 s */
    put16(s, 1);
    put_padded(s, "\x09", 1);
    put32(s, 0);
    put32(s, total);
    s->interfaces++;
    return 0;
}

/* Describes the interfaces that the source has found since, up to number `wanted` at least. */
static int put_interfaces(struct jj_savefile *s, const struct jj_frame *frame, struct jj_error *err)
{
    const struct jj_interface *list = NULL;
    unsigned count = source_interfaces(s, &list);
    int rc = 0;
    while (rc == 0 && s->interfaces - s->section_interface < count) {
        rc = put_interface(s, &list[s->interfaces - s->section_interface], err);
    }
    if (rc == 0 && frame && frame->interface >= count) {
        s->failed = JJ_EUSAGE;
        rc = jj_fail(err, JJ_EUSAGE,
                     "%s: packet %" PRIu64 " is of interface %" PRIu32
                     ", which its source does not know",
                     s->path, s->packets + 1, frame->interface);
    }
    return rc;
}

static int put_pcapng(struct jj_savefile *s, const struct jj_frame *frame, struct jj_error *err)
{
    int rc = 0;
    if (s->interfaces - s->section_interface <= frame->interface) {
        rc = put_interfaces(s, frame, err);
    }
    if (rc < 0) {
        return rc;
    }
    if (frame->time < 0) {
        s->failed = JJ_EUSAGE;
        return jj_fail(err, JJ_EUSAGE, "%s: packet %" PRIu64 " is from before 1970", s->path,
                       s->packets + 1);
    }
    const uint32_t total =
        PACKET_OVERHEAD - (frame->direction ? 0 : 12) + ((frame->cap_len + 3u) & ~3u);
    rc = reserve(s, total, err);
    if (rc < 0) {
        return rc;
    }
    put32(s, 6);
    put32(s, total);
    put32(s, s->section_interface + frame->interface);
    put32(s, (uint32_t)((uint64_t)frame->time >> 32));
    put32(s, (uint32_t)frame->time);
    put32(s, frame->cap_len);
    put32(s, frame->wire_len);
    put_padded(s, frame->data, frame->cap_len);
    if (frame->direction) {
        put16(s, 2); /* epb_flags */
        put16(s, 4);
        put32(s, frame->direction == JJ_DIR_IN ? 1 : 2);
        put32(s, 0);
    }
    put32(s, total);
    return 0;
}

static void put_counter(struct jj_savefile *s, uint16_t code, uint64_t value)
{
    put16(s, code);
    put16(s, 8);
    put64(s, value);
}

/* The run's losses, on the first interface: the engine counts them for the run as a whole. */
static int put_statistics(struct jj_savefile *s, const struct jj_stats *stats, struct jj_error *err)
{
    const uint32_t total = 24 + 4 * 12 + 4;
    int rc = reserve(s, total, err);
    if (rc < 0) {
        return rc;
    }
    put32(s, 5);
    put32(s, total);
    put32(s, 0);
    put32(s, (uint32_t)((uint64_t)s->last_time >> 32));
    put32(s, (uint32_t)s->last_time);
    put_counter(s, 4, stats->received);                  /* isb_ifrecv */
    put_counter(s, 5, stats->nic_dropped);               /* isb_ifdrop */
    put_counter(s, 7, stats->ring_full + stats->failed); /* isb_osdrop */
    put_counter(s, 8, s->packets);                       /* isb_usrdeliv */
    put32(s, 0);
    put32(s, total);
    return 0;
}

static int open_fd(struct jj_savefile *s, const char *path, struct jj_error *err)
{
    struct stat st;
    s->fd = strcmp(path, "-") == 0 ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                                   : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (s->fd < 0 || fstat(s->fd, &st) < 0) {
        return jj_fail(err, -errno, "cannot write %s: %s", s->path, strerror(errno));
    }
    if (isatty(s->fd)) {
        return jj_fail(err, JJ_EUSAGE, "%s is a terminal; name a file, or pipe it", s->path);
    }
    s->regular = S_ISREG(st.st_mode) && strcmp(path, "-") != 0;
    return 0;
}

static void destroy(struct jj_savefile *s)
{
    if (s->fd >= 0) {
        close(s->fd);
    }
    free(s->buffer);
    free(s);
}

static void set_path(struct jj_savefile *s, const char *path)
{
    size_t length = strlen(path), room = sizeof s->path - 1;
    if (strcmp(path, "-") == 0) {
        path = "standard output";
    } else if (length > room) {
        path += length - room;
    }
    memcpy(s->path, path, strlen(path) + 1);
}

int jj_savefile_open(struct jj_savefile **out, const char *path, const struct jj_source *source,
                     struct jj_error *err)
{
    struct jj_savefile *s = calloc(1, sizeof *s);
    if (!s) {
        return jj_fail(err, -ENOMEM, "no memory to write %s", path);
    }
    size_t length = strlen(path);
    s->pcapng = length >= 7 && strcmp(path + length - 7, ".pcapng") == 0;
    s->linktype = LINKTYPE_NONE;
    s->source = source;
    s->size = BUFFER_BYTES;
    s->buffer = malloc(s->size);
    set_path(s, path);
    int rc = open_fd(s, path, err);
    if (rc == 0 && !s->buffer) {
        rc = jj_fail(err, -ENOMEM, "no memory to write %s", s->path);
    }
    if (rc == 0 && s->pcapng && (rc = put_section(s, err)) == 0) {
        rc = put_interfaces(s, NULL, err);
    }
    if (rc < 0) {
        destroy(s);
        return rc;
    }
    *out = s;
    return 0;
}

void jj_savefile_source(struct jj_savefile *s, const struct jj_source *source)
{
    s->source = source;
    s->section_interface = s->interfaces;
}

int jj_savefile_write(struct jj_savefile *s, const struct jj_frame *frames, unsigned count,
                      struct jj_error *err)
{
    if (s->failed) {
        return jj_fail(err, s->failed, "%s could not be written", s->path);
    }
    for (unsigned i = 0; i < count; i++) {
        int rc = s->pcapng ? put_pcapng(s, &frames[i], err) : put_pcap(s, &frames[i], err);
        if (rc < 0) {
            return rc;
        }
        s->packets++;
        s->last_time = frames[i].time;
    }
    return s->regular ? 0 : flush(s, err);
}

/* A pcap file without packets still needs its header. */
static int complete(struct jj_savefile *s, const struct jj_stats *stats, struct jj_error *err)
{
    int rc = 0;
    if (!s->pcapng && s->linktype == LINKTYPE_NONE) {
        rc = put_pcap_header(s, 1, err);
    } else if (s->pcapng && stats && s->interfaces > 0) {
        rc = put_statistics(s, stats, err);
    }
    return rc < 0 ? rc : flush(s, err);
}

int jj_savefile_close(struct jj_savefile *s, const struct jj_stats *stats, struct jj_error *err)
{
    int rc = 0;
    if (!s) {
        return 0;
    }
    s->source = NULL;
    if (!s->failed) {
        rc = complete(s, stats, err);
    } else if (s->used > 0) {
        rc = flush(s, err);
    }
    if (close(s->fd) < 0 && rc == 0) {
        rc = jj_fail(err, -errno, "cannot write %s: %s", s->path, strerror(errno));
    }
    s->fd = -1;
    destroy(s);
    return rc;
}
