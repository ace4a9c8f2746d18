/* SPDX-License-Identifier: MIT
 *
 * What the two file formats share: the state of one open capture file, and how a format is called.
 * A format only cuts records out of the stream's window; file.c reads, counts and ends. */
#pragma once
#include <string.h>

#include "jj/source.h"

#include "engine/base/cursor.h"
#include "engine/capture/file_stream.h"

/* Longer records are damage. */
#define JJ_FILE_RECORD_MAX (64u << 20)

struct jj_reader;

struct jj_format {
    size_t header;                        /* bytes that begin wants in the window */
    bool (*matches)(const uint8_t *head); /* by 4 bytes */

    /* Takes the file's header off the window. */
    int (*begin)(struct jj_reader *r, struct jj_error *err);

    /* Up to `max` frames that stand whole in the window. 0: `need` more bytes are wanted;
     * JJ_EFORMAT: nothing behind this can be read, `note` says why. */
    int (*batch)(struct jj_reader *r, struct jj_frame *frames, unsigned max);

    /* The stream ended inside a record: `note` and the counters say so. */
    void (*cut)(struct jj_reader *r);
};

struct jj_file_pcap {
    size_t record_header;
    uint32_t fraction_ns; /* 1000 or 1 */
    uint32_t limit;       /* longer records are damage */
    bool old;             /* before 2.4 the two lengths could change places */
};

/* How one interface of a pcapng section counts time, and cuts. */
struct jj_file_clock {
    uint64_t ticks_per_second; /* 0: its description was damaged, so its packets cannot be read */
    uint64_t ns_per_tick;      /* 0: not a whole number */
    int64_t offset_s;
};

struct jj_file_pcapng {
    unsigned section;             /* index of the section's first interface */
    struct jj_file_clock *clocks; /* beside `interfaces` */
};

struct jj_reader {
    struct jj_source super;
    const struct jj_format *format;
    struct jj_stream stream;
    size_t need;
    int64_t last_time;
    uint32_t snaplen; /* of the caller; never 0 */
    bool swapped;     /* the file has the other byte order */
    bool ended;
    union {
        struct jj_file_pcap pcap;
        struct jj_file_pcapng pcapng;
    };
    struct jj_interface *interfaces;
    unsigned interface_count;
    struct jj_source_stats stats; /* relaxed: others read them */
    char name[128];
    char note[320];
};

extern const struct jj_format jj_format_pcap;
extern const struct jj_format jj_format_pcapng;

static inline uint16_t jj_load16(const uint8_t *p, bool swapped)
{
    uint16_t value;
    memcpy(&value, p, sizeof value);
    return swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t jj_load32(const uint8_t *p, bool swapped)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return swapped ? __builtin_bswap32(value) : value;
}

/* Room for one interface more, zeroed; NULL when there is no memory or there are absurdly many. */
struct jj_interface *jj_reader_interface(struct jj_reader *r);

/* Sets the note, unless there is one: the first fault tells most. */
void jj_reader_note(struct jj_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Counts one damaged record. */
void jj_reader_damaged(struct jj_reader *r);
