/* SPDX-License-Identifier: MIT
 *
 * The pcapng format: sections of blocks, each with its own byte order and interfaces. Blocks that
 * carry no packets are passed over; a packet block that makes no sense inside is counted and passed
 * over as long as its frame holds. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "engine/capture/file_reader.h"

enum block_type {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET_OLD = 2,
    BLOCK_PACKET_SIMPLE = 3,
    BLOCK_PACKET = 6,
};

enum option_code {
    OPTION_END = 0,
    OPTION_PACKET_FLAGS = 2,
    OPTION_IF_NAME = 2,
    OPTION_IF_TSRESOL = 9,
    OPTION_IF_TSOFFSET = 14,
};

#define ORDER_MAGIC    0x1a2b3c4du
#define BLOCK_OVERHEAD 12u /* type, length, length again */
#define BLOCK_LIMIT    (JJ_FILE_RECORD_MAX + 65536)
#define NS_PER_SECOND  1000000000

struct block {
    uint32_t type;
    uint32_t length;
    struct jj_cursor body;
};

static uint16_t u16(struct jj_cursor *c, bool swapped)
{
    const uint8_t *p = jj_bytes(c, 2);
    return p ? jj_load16(p, swapped) : 0;
}

static uint32_t u32(struct jj_cursor *c, bool swapped)
{
    const uint8_t *p = jj_bytes(c, 4);
    return p ? jj_load32(p, swapped) : 0;
}

static uint64_t u64(struct jj_cursor *c, bool swapped)
{
    uint64_t value;
    const uint8_t *p = jj_bytes(c, sizeof value);
    if (!p) {
        return 0;
    }
    memcpy(&value, p, sizeof value);
    return swapped ? __builtin_bswap64(value) : value;
}

static bool next_option(struct jj_cursor *c, bool swapped, uint16_t *code, struct jj_cursor *value)
{
    *code = u16(c, swapped);
    uint16_t length = u16(c, swapped);
    const uint8_t *bytes = jj_bytes(c, length);
    if (!bytes || *code == OPTION_END) {
        return false;
    }
    *value = jj_cursor(bytes, length);
    jj_skip(c, -(size_t)length & 3);
    return true;
}

static bool pcapng_matches(const uint8_t *head)
{
    return jj_load32(head, false) == BLOCK_SECTION;
}

static bool is_packet(uint32_t type)
{
    return type == BLOCK_PACKET || type == BLOCK_PACKET_SIMPLE || type == BLOCK_PACKET_OLD;
}

/* A section header's type reads the same in both orders; the word behind its length tells which. */
static bool find_order(struct jj_reader *r, const uint8_t *head)
{
    if (jj_load32(head, false) != BLOCK_SECTION) {
        return true;
    }
    r->swapped = jj_load32(head + 8, false) != ORDER_MAGIC;
    return jj_load32(head + 8, r->swapped) == ORDER_MAGIC;
}

/* The block at the cursor. 0: it does not stand whole in the window, `need` says what does;
 * JJ_EFORMAT: the framing makes no sense, so the next block cannot be found. */
static int next_block(struct jj_reader *r, struct jj_cursor *c, struct block *block)
{
    r->need = BLOCK_OVERHEAD;
    struct jj_cursor ahead = *c;
    const uint8_t *head = jj_bytes(&ahead, BLOCK_OVERHEAD);
    if (!head) {
        return 0;
    }
    if (!find_order(r, head)) {
        return JJ_EFORMAT;
    }
    block->type = jj_load32(head, r->swapped);
    block->length = jj_load32(head + 4, r->swapped);
    if (block->length < BLOCK_OVERHEAD || block->length % 4 || block->length > BLOCK_LIMIT) {
        return JJ_EFORMAT;
    }
    r->need = block->length;
    if (block->length > jj_left(c)) {
        return 0;
    }
    jj_skip(c, 8);
    size_t inside = block->length - BLOCK_OVERHEAD;
    block->body = jj_cursor(jj_bytes(c, inside), inside);
    return u32(c, r->swapped) == block->length ? 1 : JJ_EFORMAT;
}

static bool begin_section(struct jj_reader *r, struct jj_cursor body)
{
    jj_skip(&body, 4);
    uint16_t major = u16(&body, r->swapped);
    u16(&body, r->swapped);
    u64(&body, r->swapped);
    r->pcapng.section = r->interface_count;
    return !body.failed && major == 1;
}

/* 10^-n, or 2^-n when the top bit is set. 0 when it does not fit. */
static uint64_t ticks_of(uint8_t resolution)
{
    unsigned power = resolution & 0x7f;
    if (resolution & 0x80) {
        return power < 64 ? UINT64_C(1) << power : 0;
    }
    uint64_t ticks = 1;
    for (unsigned i = 0; i < power && ticks; i++) {
        if (__builtin_mul_overflow(ticks, 10, &ticks)) {
            return 0;
        }
    }
    return ticks;
}

static void read_interface_options(struct jj_cursor *body, bool swapped,
                                   struct jj_interface *interface, struct jj_file_clock *clock)
{
    uint16_t code;
    struct jj_cursor value;
    while (next_option(body, swapped, &code, &value)) {
        size_t length = jj_left(&value);
        if (code == OPTION_IF_NAME) {
            size_t kept = length < sizeof interface->name ? length : sizeof interface->name - 1;
            memcpy(interface->name, value.at, kept);
        } else if (code == OPTION_IF_TSRESOL && length == 1) {
            clock->ticks_per_second = ticks_of(jj_u8(&value));
        } else if (code == OPTION_IF_TSOFFSET && length == 8) {
            clock->offset_s = (int64_t)u64(&value, swapped);
        }
    }
}

/* A damaged description still takes its number, so that the others keep theirs. */
static bool add_interface(struct jj_reader *r, struct jj_cursor body)
{
    struct jj_interface *interface = jj_reader_interface(r);
    if (!interface) {
        return false;
    }
    size_t bytes = r->interface_count * sizeof *r->pcapng.clocks;
    struct jj_file_clock *clocks = realloc(r->pcapng.clocks, bytes);
    if (!clocks) {
        return false;
    }
    r->pcapng.clocks = clocks;
    struct jj_file_clock clock = { .ticks_per_second = 1000000 };
    interface->linktype = u16(&body, r->swapped);
    u16(&body, r->swapped);
    interface->snaplen = u32(&body, r->swapped);
    if (body.failed) {
        clock.ticks_per_second = 0;
    } else {
        read_interface_options(&body, r->swapped, interface, &clock);
    }
    interface->ticks_per_second = clock.ticks_per_second;
    if (clock.ticks_per_second && NS_PER_SECOND % clock.ticks_per_second == 0) {
        clock.ns_per_tick = NS_PER_SECOND / clock.ticks_per_second;
    }
    clocks[r->interface_count - 1] = clock;
    return true;
}

/* False when the time is beyond what 64 bits of nanoseconds hold. */
static bool to_ns(const struct jj_file_clock *clock, uint64_t ticks, int64_t *ns)
{
    unsigned __int128 scaled =
        clock->ns_per_tick ? (unsigned __int128)ticks * clock->ns_per_tick
                           : (unsigned __int128)ticks * NS_PER_SECOND / clock->ticks_per_second;
    __int128 time = (__int128)scaled + (__int128)clock->offset_s * NS_PER_SECOND;
    *ns = (int64_t)time;
    return time == *ns;
}

static uint8_t packet_direction(struct jj_cursor *body, bool swapped)
{
    uint16_t code;
    struct jj_cursor value;
    while (jj_left(body) >= 8 && next_option(body, swapped, &code, &value)) {
        if (code == OPTION_PACKET_FLAGS && jj_left(&value) == 4) {
            uint32_t way = u32(&value, swapped) & 3;
            return way == 1 ? JJ_DIR_IN : way == 2 ? JJ_DIR_OUT : JJ_DIR_UNKNOWN;
        }
    }
    return JJ_DIR_UNKNOWN;
}

static void set_time(struct jj_reader *r, struct jj_frame *frame, uint64_t ticks)
{
    if (to_ns(&r->pcapng.clocks[frame->interface], ticks, &frame->time)) {
        r->last_time = frame->time;
    } else {
        frame->time = r->last_time;
        frame->flags = JJ_FRAME_NO_TIME;
    }
}

/* Fills what all kinds of packet blocks have: interface, lengths, bytes. */
static bool take_packet(struct jj_reader *r, struct jj_frame *frame, uint32_t interface,
                        uint32_t cap_len, uint32_t wire_len, struct jj_cursor *body)
{
    const uint8_t *data = jj_bytes(body, cap_len);
    if (!data || interface >= r->interface_count - r->pcapng.section) {
        return false;
    }
    interface += r->pcapng.section;
    *frame = (struct jj_frame){
        .data = data,
        .cap_len = cap_len < r->snaplen ? cap_len : r->snaplen,
        .wire_len = wire_len > cap_len ? wire_len : cap_len,
        .interface = interface,
        .linktype = r->interfaces[interface].linktype,
    };
    return r->pcapng.clocks[interface].ticks_per_second != 0;
}

static bool read_packet(struct jj_reader *r, const struct block *block, struct jj_frame *frame)
{
    bool swapped = r->swapped;
    struct jj_cursor body = block->body;
    uint32_t interface;
    if (block->type == BLOCK_PACKET) {
        interface = u32(&body, swapped);
    } else {
        interface = u16(&body, swapped);
        jj_skip(&body, 2); /* how many were dropped before it */
    }
    uint64_t high = u32(&body, swapped), low = u32(&body, swapped);
    uint32_t cap_len = u32(&body, swapped), wire_len = u32(&body, swapped);
    if (!take_packet(r, frame, interface, cap_len, wire_len, &body)) {
        return false;
    }
    set_time(r, frame, high << 32 | low);
    if (jj_skip(&body, -(size_t)cap_len & 3)) {
        frame->direction = packet_direction(&body, swapped);
    }
    return true;
}

/* It has neither time, nor interface, nor captured length: the snaplen tells the last. */
static bool read_simple(struct jj_reader *r, const struct block *block, struct jj_frame *frame)
{
    struct jj_cursor body = block->body;
    uint32_t wire_len = u32(&body, r->swapped);
    if (body.failed || r->interface_count == r->pcapng.section) {
        return false;
    }
    uint32_t snaplen = r->interfaces[r->pcapng.section].snaplen;
    uint32_t cap_len = snaplen && snaplen < wire_len ? snaplen : wire_len;
    if (!take_packet(r, frame, 0, cap_len, wire_len, &body)) {
        return false;
    }
    frame->time = r->last_time;
    frame->flags = JJ_FRAME_NO_TIME;
    return true;
}

/* 1 when the block gave a frame, 0 when not, JJ_EFORMAT when nothing behind it can be understood.
 */
static int take_block(struct jj_reader *r, const struct block *block, struct jj_frame *frame)
{
    bool fine;
    switch (block->type) {
    case BLOCK_PACKET:
    case BLOCK_PACKET_OLD:
        fine = read_packet(r, block, frame);
        break;
    case BLOCK_PACKET_SIMPLE:
        fine = read_simple(r, block, frame);
        break;
    case BLOCK_SECTION:
        return begin_section(r, block->body) ? 0 : JJ_EFORMAT;
    case BLOCK_INTERFACE:
        return add_interface(r, block->body) ? 0 : JJ_EFORMAT;
    default:
        return 0;
    }
    if (!fine) {
        jj_reader_damaged(r);
    }
    return fine;
}

static int pcapng_batch(struct jj_reader *r, struct jj_frame *frames, unsigned max)
{
    struct jj_cursor c = jj_stream_cursor(&r->stream);
    unsigned n = 0;
    int rc = 0;
    while (n < max) {
        struct block block;
        rc = next_block(r, &c, &block);
        if (rc == 1 && (rc = take_block(r, &block, &frames[n])) >= 0) {
            n += (unsigned)rc;
            r->stream.at = (size_t)(c.at - r->stream.bytes);
        } else {
            break;
        }
    }
    if (n > 0 || rc >= 0) {
        return (int)n;
    }
    jj_reader_note(
        r, "%s: damaged behind packet %" PRIu64 "; the %" PRIu64 " packets before that were read",
        r->name, r->stats.received, r->stats.delivered);
    return JJ_EFORMAT;
}

static void pcapng_cut(struct jj_reader *r)
{
    struct jj_cursor c = jj_stream_cursor(&r->stream);
    if (is_packet(u32(&c, r->swapped))) {
        jj_reader_note(r,
                       "%s: cut short in the middle of packet %" PRIu64 "; the %" PRIu64
                       " packets before it were read",
                       r->name, r->stats.received + 1, r->stats.delivered);
        jj_reader_damaged(r);
    } else {
        jj_reader_note(r, "%s: cut short behind packet %" PRIu64 "; what stands before was read",
                       r->name, r->stats.received);
    }
}

/* Reads the first section header, and refuses files that begin with anything else. */
static int pcapng_begin(struct jj_reader *r, struct jj_error *err)
{
    struct jj_cursor c = jj_stream_cursor(&r->stream);
    struct block block;
    r->pcapng = (struct jj_file_pcapng){ 0 };
    int rc = next_block(r, &c, &block);
    if (rc == 0 && jj_stream_need(&r->stream, r->need) == 0) {
        c = jj_stream_cursor(&r->stream);
        rc = next_block(r, &c, &block);
    }
    if (rc == 0) {
        return jj_fail(err, JJ_EFORMAT, "%s is cut short in its file header; no packet is in it",
                       r->name);
    }
    if (rc < 0 || !begin_section(r, block.body)) {
        return jj_fail(err, JJ_EFORMAT, "%s: its pcapng file header is damaged", r->name);
    }
    r->stream.at = (size_t)(c.at - r->stream.bytes);
    return 0;
}

const struct jj_format jj_format_pcapng = {
    .header = BLOCK_OVERHEAD,
    .matches = pcapng_matches,
    .begin = pcapng_begin,
    .batch = pcapng_batch,
    .cut = pcapng_cut,
};
