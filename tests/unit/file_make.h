/* SPDX-License-Identifier: MIT
 *
 * For the tests of capture files: builds pcap and pcapng bytes in either byte order, reads them
 * through the file source, and compares with libpcap. */
#pragma once
#include <fcntl.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <sys/mman.h>
#include <unistd.h>

#include "jj/source.h"

struct maker {
    uint8_t bytes[1 << 17];
    size_t size;
    bool swapped;
};

static inline void make_bytes(struct maker *m, const void *bytes, size_t size)
{
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

static inline void make16(struct maker *m, uint16_t v)
{
    v = m->swapped ? __builtin_bswap16(v) : v;
    make_bytes(m, &v, 2);
}

static inline void make32(struct maker *m, uint32_t v)
{
    v = m->swapped ? __builtin_bswap32(v) : v;
    make_bytes(m, &v, 4);
}

static inline void make64(struct maker *m, uint64_t v)
{
    v = m->swapped ? __builtin_bswap64(v) : v;
    make_bytes(m, &v, 8);
}

static inline void make_payload(struct maker *m, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        m->bytes[m->size++] = (uint8_t)(i * 7 + size);
    }
}

static inline void make_pcap(struct maker *m, uint32_t magic, uint32_t linktype)
{
    make32(m, magic);
    make16(m, 2);
    make16(m, 4);
    make64(m, 0);
    make32(m, 65535);
    make32(m, linktype);
}

static inline void make_record(struct maker *m, uint32_t s, uint32_t fraction, unsigned cap,
                               unsigned wire)
{
    make32(m, s);
    make32(m, fraction);
    make32(m, cap);
    make32(m, wire);
    make_payload(m, cap);
}

/* A pcapng block is opened, filled and closed, which sets both of its lengths. */
static inline size_t make_open(struct maker *m, uint32_t type)
{
    size_t at = m->size;
    make32(m, type);
    make32(m, 0);
    return at;
}

static inline void make_close(struct maker *m, size_t at)
{
    while ((m->size - at) % 4) {
        m->bytes[m->size++] = 0;
    }
    uint32_t length = (uint32_t)(m->size - at) + 4;
    make32(m, length);
    memcpy(m->bytes + at + 4, m->bytes + m->size - 4, 4);
}

static inline void make_option(struct maker *m, uint16_t code, const void *value, uint16_t size)
{
    make16(m, code);
    make16(m, size);
    make_bytes(m, value, size);
    make_bytes(m, "\0\0\0", -(size_t)size & 3);
}

static inline void make_section(struct maker *m)
{
    size_t at = make_open(m, 0x0a0d0d0a);
    make32(m, 0x1a2b3c4d);
    make16(m, 1);
    make16(m, 0);
    make64(m, UINT64_MAX);
    make_close(m, at);
}

/* resolution and offset: 0 leaves the option out. */
static inline void make_interface(struct maker *m, uint16_t linktype, uint32_t snaplen,
                                  const char *name, uint8_t resolution, int64_t offset)
{
    size_t at = make_open(m, 1);
    make16(m, linktype);
    make16(m, 0);
    make32(m, snaplen);
    if (name) {
        make_option(m, 2, name, (uint16_t)strlen(name));
    }
    if (resolution) {
        make_option(m, 9, &resolution, 1);
    }
    if (offset) {
        make16(m, 14);
        make16(m, 8);
        make64(m, (uint64_t)offset);
    }
    make32(m, 0);
    make_close(m, at);
}

static inline void make_packet(struct maker *m, uint32_t interface, uint64_t ticks, unsigned cap,
                               unsigned wire, uint32_t flags)
{
    size_t at = make_open(m, 6);
    make32(m, interface);
    make32(m, (uint32_t)(ticks >> 32));
    make32(m, (uint32_t)ticks);
    make32(m, cap);
    make32(m, wire);
    make_payload(m, cap);
    make_bytes(m, "\0\0\0", -(size_t)cap & 3);
    if (flags) {
        make_option(m, 1, "a comment", 9);
        make16(m, 2);
        make16(m, 4);
        make32(m, flags);
        make32(m, 0);
    }
    make_close(m, at);
}

/* Bytes as a file of no name; `path` opens it. */
static inline int as_file(const void *bytes, size_t size, char path[32])
{
    int fd = memfd_create("capture", 0);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0) {
        perror("memfd");
        exit(1);
    }
    snprintf(path, 32, "/proc/self/fd/%d", fd);
    return fd;
}

#define SEEN_MAX 1024

/* What a file gave, to its end. */
struct seen {
    int opened;
    int ended;
    unsigned count;
    unsigned interfaces;
    struct jj_source_stats stats;
    struct jj_frame frames[SEEN_MAX]; /* data is not valid any more */
    struct jj_interface interface[16];
    uint64_t hash[SEEN_MAX]; /* of the captured bytes */
    char note[320];
    struct jj_error err;
};

static inline uint64_t hash_bytes(const uint8_t *p, size_t size)
{
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ p[i]) * 1099511628211u;
    }
    return hash;
}

static inline void read_file(const struct jj_source_ops *ops, const char *path, struct seen *seen)
{
    struct jj_source *source;
    struct jj_frame batch[JJ_BATCH];
    memset(seen, 0, sizeof *seen);
    seen->opened = ops->open(&source, path, NULL, &seen->err);
    if (seen->opened < 0) {
        return;
    }
    int n;
    while ((n = ops->next(source, batch, JJ_BATCH, -1, &seen->err)) > 0) {
        for (int i = 0; i < n && seen->count < SEEN_MAX; i++, seen->count++) {
            seen->frames[seen->count] = batch[i];
            seen->hash[seen->count] = hash_bytes(batch[i].data, batch[i].cap_len);
        }
    }
    seen->ended = n;
    ops->stats(source, &seen->stats);
    const struct jj_interface *list;
    seen->interfaces = ops->interfaces(source, &list);
    for (unsigned i = 0; i < seen->interfaces && i < 16; i++) {
        seen->interface[i] = list[i];
    }
    if (ops->note(source)) {
        snprintf(seen->note, sizeof seen->note, "%s", ops->note(source));
    }
    ops->close(source);
}

/* How many records libpcap and `seen` agree on from the beginning; -1 when libpcap refuses. */
static inline int same_as_libpcap(const char *path, const struct seen *seen)
{
    char text[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, text);
    if (!pcap) {
        return -1;
    }
    struct pcap_pkthdr *head;
    const u_char *data;
    int same = 0;
    while (pcap_next_ex(pcap, &head, &data) == 1 && (unsigned)same < seen->count) {
        const struct jj_frame *frame = &seen->frames[same];
        int64_t time = (int64_t)head->ts.tv_sec * 1000000000 + head->ts.tv_usec;
        if (time != frame->time || head->caplen != frame->cap_len || head->len != frame->wire_len ||
            pcap_datalink(pcap) != frame->linktype ||
            hash_bytes(data, head->caplen) != seen->hash[same]) {
            break;
        }
        same++;
    }
    pcap_close(pcap);
    return same;
}
