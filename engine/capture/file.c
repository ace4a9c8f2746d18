/* SPDX-License-Identifier: MIT
 *
 * The source that reads capture files: pcap and pcapng, plain or compressed, a pipe as well as a
 * file. It streams: frames point into the stream's window, which only moves at the start of next().
 * All on the caller's thread, but for stop and the counters. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/capture/file_reader.h"

#define INTERFACES_MAX 65536u

extern const struct jj_source_ops jj_source_file;

struct jj_interface *jj_reader_interface(struct jj_reader *r)
{
    if (r->interface_count == INTERFACES_MAX) {
        jj_reader_note(r, "%s: more than %u interfaces; reading stopped at packet %" PRIu64,
                       r->name, INTERFACES_MAX, r->stats.received);
        return NULL;
    }
    size_t bytes = (r->interface_count + 1) * sizeof *r->interfaces;
    struct jj_interface *interfaces = realloc(r->interfaces, bytes);
    if (!interfaces) {
        return NULL;
    }
    r->interfaces = interfaces;
    struct jj_interface *added = &interfaces[r->interface_count++];
    *added = (struct jj_interface){ 0 };
    return added;
}

void jj_reader_note(struct jj_reader *r, const char *format, ...)
{
    if (!r->note[0]) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(r->note, sizeof r->note, format, arguments);
        va_end(arguments);
    }
}

static void count(uint64_t *counter, uint64_t more)
{
    __atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

void jj_reader_damaged(struct jj_reader *r)
{
    count(&r->stats.received, 1);
    count(&r->stats.failed, 1);
}

/* What messages call the file: its path, or the end of a long one. */
static void set_name(struct jj_reader *r, const char *where)
{
    size_t length = strlen(where), room = sizeof r->name - 4;
    if (strcmp(where, "-") == 0) {
        snprintf(r->name, sizeof r->name, "standard input");
    } else if (length <= room) {
        memcpy(r->name, where, length + 1);
    } else {
        snprintf(r->name, sizeof r->name, "...%s", where + length - room);
    }
}

static int begin(struct jj_reader *r, struct jj_error *err)
{
    static const struct jj_format *const formats[] = { &jj_format_pcap, &jj_format_pcapng };
    int rc = jj_stream_need(&r->stream, 4);
    if (rc == JJ_EFORMAT || r->stream.cut) {
        return jj_fail(err, JJ_EFORMAT, "%s: its compressed data are damaged from the beginning",
                       r->name);
    }
    if (rc < 0 && rc != JJ_EEOF) {
        return jj_fail(err, rc, "cannot read %s: %s", r->name, jj_strerror(rc));
    }
    for (size_t i = 0; rc == 0 && i < sizeof formats / sizeof formats[0]; i++) {
        if (formats[i]->matches(r->stream.bytes)) {
            r->format = formats[i];
            jj_stream_need(&r->stream, r->format->header);
            return r->format->begin(r, err);
        }
    }
    return jj_fail(err, JJ_EFORMAT,
                   "%s is not a pcap or pcapng file; convert other captures with editcap first",
                   r->name);
}

static void file_close(struct jj_source *source)
{
    struct jj_reader *r = (struct jj_reader *)source;
    if (r) {
        if (r->format == &jj_format_pcapng) {
            free(r->pcapng.clocks);
        }
        free(r->interfaces);
        jj_stream_close(&r->stream);
        free(r);
    }
}

static int file_open(struct jj_source **out, const char *where,
                     const struct jj_source_options *options, struct jj_error *err)
{
    struct jj_reader *r = calloc(1, sizeof *r);
    if (!r) {
        return jj_fail(err, -ENOMEM, "no memory to read %s", where);
    }
    r->super.ops = &jj_source_file;
    r->snaplen = options && options->snaplen ? options->snaplen : UINT32_MAX;
    set_name(r, where);
    int rc = jj_stream_open(&r->stream, where, r->name, err);
    if (rc < 0) {
        free(r);
        return rc;
    }
    rc = begin(r, err);
    if (rc < 0) {
        file_close(&r->super);
        return rc;
    }
    r->stream.opened = true;
    *out = &r->super;
    return 0;
}

/* The stream gave no more, `why`: says what that leaves unread. */
static int finish(struct jj_reader *r, int why, struct jj_error *err)
{
    r->ended = true;
    if (why == -ECANCELED) {
        return JJ_EEOF;
    }
    if (why == JJ_EFORMAT || r->stream.cut) {
        jj_reader_note(r,
                       "%s: its compressed data are %s behind packet %" PRIu64
                       "; what stands before was read",
                       r->name, r->stream.cut ? "cut short" : "damaged", r->stats.received);
    }
    if (jj_stream_left(&r->stream) > 0) {
        r->format->cut(r);
    }
    if (why != JJ_EEOF && why != JJ_EFORMAT) {
        return jj_fail(err, why, "cannot read %s: %s", r->name, jj_strerror(why));
    }
    if (r->stats.failed) {
        jj_reader_note(r, "%s: %" PRIu64 " damaged packets were left out", r->name,
                       r->stats.failed);
    }
    return JJ_EEOF;
}

static int file_next(struct jj_source *source, struct jj_frame *frames, unsigned max,
                     int timeout_ms, struct jj_error *err)
{
    struct jj_reader *r = (struct jj_reader *)source;
    (void)timeout_ms;
    while (!r->ended) {
        int n = r->format->batch(r, frames, max);
        if (n > 0) {
            count(&r->stats.received, (unsigned)n);
            count(&r->stats.delivered, (unsigned)n);
            return n;
        }
        if (n < 0) {
            r->ended = true;
            break;
        }
        int rc = jj_stream_need(&r->stream, r->need);
        if (rc < 0) {
            return finish(r, rc, err);
        }
    }
    return JJ_EEOF;
}

static void file_stop(struct jj_source *source)
{
    jj_stream_stop(&((struct jj_reader *)source)->stream);
}

static void file_stats(const struct jj_source *source, struct jj_source_stats *out)
{
    const struct jj_source_stats *stats = &((const struct jj_reader *)source)->stats;
    *out = (struct jj_source_stats){
        .received = __atomic_load_n(&stats->received, __ATOMIC_RELAXED),
        .delivered = __atomic_load_n(&stats->delivered, __ATOMIC_RELAXED),
        .failed = __atomic_load_n(&stats->failed, __ATOMIC_RELAXED),
    };
}

static unsigned file_interfaces(const struct jj_source *source, const struct jj_interface **out)
{
    const struct jj_reader *r = (const struct jj_reader *)source;
    *out = r->interfaces;
    return r->interface_count;
}

static const char *file_note(const struct jj_source *source)
{
    const struct jj_reader *r = (const struct jj_reader *)source;
    return r->note[0] ? r->note : NULL;
}

const struct jj_source_ops jj_source_file = {
    .name = "file",
    .summary = "pcap and pcapng files, also compressed (gzip, zstd, lz4), and pipes",
    .live = false,
    .open = file_open,
    .next = file_next,
    .stop = file_stop,
    .stats = file_stats,
    .interfaces = file_interfaces,
    .note = file_note,
    .close = file_close,
};
