/* SPDX-License-Identifier: MIT
 *
 * The pcap format: one file header, then records. Both byte orders, microseconds, nanoseconds and
 * the longer records of Kuznetzov's patched libpcap. */
#include <errno.h>
#include <inttypes.h>

#include "engine/capture/file_reader.h"

#define MAGIC_US      0xa1b2c3d4u
#define MAGIC_NS      0xa1b23c4du
#define MAGIC_PATCHED 0xa1b2cd34u

#define FILE_HEADER   24u
#define LINKTYPE_BITS 0x03ffffffu /* above stands the length of the FCS */
#define USUAL_LIMIT   (256u << 10)

static bool is_magic(uint32_t word)
{
    return word == MAGIC_US || word == MAGIC_NS || word == MAGIC_PATCHED;
}

static bool pcap_matches(const uint8_t *head)
{
    return is_magic(jj_load32(head, false)) || is_magic(jj_load32(head, true));
}

/* USB and D-Bus captures have records of many megabytes whatever their snaplen says. */
static uint32_t record_limit(uint32_t linktype, uint32_t snaplen)
{
    enum { USB_LINUX = 189, USB_LINUX_MMAPPED = 220, DBUS = 231, USBPCAP = 249 };
    if (linktype == USB_LINUX || linktype == USB_LINUX_MMAPPED || linktype == DBUS ||
        linktype == USBPCAP || snaplen > JJ_FILE_RECORD_MAX) {
        return JJ_FILE_RECORD_MAX;
    }
    return snaplen > USUAL_LIMIT ? snaplen : USUAL_LIMIT;
}

static int pcap_begin(struct jj_reader *r, struct jj_error *err)
{
    struct jj_cursor c = jj_stream_cursor(&r->stream);
    const uint8_t *head = jj_bytes(&c, FILE_HEADER);
    if (!head) {
        return jj_fail(err, JJ_EFORMAT, "%s is cut short in its file header; no packet is in it",
                       r->name);
    }
    r->swapped = !is_magic(jj_load32(head, false));
    uint32_t magic = jj_load32(head, r->swapped);
    unsigned major = jj_load16(head + 4, r->swapped), minor = jj_load16(head + 6, r->swapped);
    uint32_t snaplen = jj_load32(head + 16, r->swapped);
    uint32_t linktype = jj_load32(head + 20, r->swapped) & LINKTYPE_BITS;
    if (major != 2 && major != 543) { /* 543: DG/UX */
        return jj_fail(err, JJ_EUNSUPPORTED, "%s is a pcap file of version %u.%u; 2.4 is handled",
                       r->name, major, minor);
    }
    if (linktype > UINT16_MAX) {
        return jj_fail(err, JJ_EFORMAT, "%s: its file header is damaged (link type %" PRIu32 ")",
                       r->name, linktype);
    }
    r->pcap = (struct jj_file_pcap){
        .record_header = magic == MAGIC_PATCHED ? 24 : 16,
        .fraction_ns = magic == MAGIC_NS ? 1 : 1000,
        .limit = record_limit(linktype, snaplen),
        .old = major != 2 || minor < 4,
    };
    struct jj_interface *interface = jj_reader_interface(r);
    if (!interface) {
        return jj_fail(err, -ENOMEM, "no memory to read %s", r->name);
    }
    interface->snaplen = snaplen;
    interface->linktype = (uint16_t)linktype;
    interface->ticks_per_second = 1000000000u / r->pcap.fraction_ns;
    r->stream.at += FILE_HEADER;
    return 0;
}

static int damaged(struct jj_reader *r, uint32_t cap_len)
{
    jj_reader_note(r,
                   "%s: packet %" PRIu64 " is damaged (it claims %" PRIu32 " bytes); the %" PRIu64
                   " packets before it were read",
                   r->name, r->stats.received + 1, cap_len, r->stats.delivered);
    jj_reader_damaged(r);
    return JJ_EFORMAT;
}

static int pcap_batch(struct jj_reader *r, struct jj_frame *frames, unsigned max)
{
    const struct jj_file_pcap pcap = r->pcap;
    const bool swapped = r->swapped;
    const uint16_t linktype = r->interfaces[0].linktype;
    struct jj_cursor c = jj_stream_cursor(&r->stream);
    const uint8_t *done = c.at;
    uint32_t absurd = 0;
    unsigned n = 0;
    while (n < max) {
        r->need = pcap.record_header;
        const uint8_t *head = jj_bytes(&c, pcap.record_header);
        if (!head) {
            break;
        }
        uint32_t cap_len = jj_load32(head + 8, swapped), wire_len = jj_load32(head + 12, swapped);
        if (pcap.old && cap_len > wire_len) {
            uint32_t other = cap_len;
            cap_len = wire_len;
            wire_len = other;
        }
        if (cap_len > pcap.limit) {
            absurd = cap_len;
            break;
        }
        r->need += cap_len;
        const uint8_t *data = jj_bytes(&c, cap_len);
        if (!data) {
            break;
        }
        frames[n++] = (struct jj_frame){
            .time = (int64_t)jj_load32(head, swapped) * 1000000000 +
                    (int64_t)jj_load32(head + 4, swapped) * pcap.fraction_ns,
            .data = data,
            .cap_len = cap_len < r->snaplen ? cap_len : r->snaplen,
            .wire_len = wire_len > cap_len ? wire_len : cap_len,
            .linktype = linktype,
        };
        done = c.at;
    }
    r->stream.at = (size_t)(done - r->stream.bytes);
    return n == 0 && absurd ? damaged(r, absurd) : (int)n;
}

static void pcap_cut(struct jj_reader *r)
{
    jj_reader_note(r,
                   "%s: cut short in the middle of packet %" PRIu64 "; the %" PRIu64
                   " packets before it were read",
                   r->name, r->stats.received + 1, r->stats.delivered);
    jj_reader_damaged(r);
}

const struct jj_format jj_format_pcap = {
    .header = FILE_HEADER,
    .matches = pcap_matches,
    .begin = pcap_begin,
    .batch = pcap_batch,
    .cut = pcap_cut,
};
