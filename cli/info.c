/* SPDX-License-Identifier: MIT
 *
 * `info`: packets, bytes, time and protocols of capture files, without making flows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "jj/source.h"

#include "cli/human.h"
#include "cli/inputs.h"
#include "cli/interrupt.h"
#include "cli/message.h"
#include "engine/packet/decode.h"

struct tally {
    uint64_t packets;
    uint64_t bytes;
    uint64_t not_ip;
    uint64_t malformed;
    uint64_t protocols[256];
    int64_t first;
    int64_t last;
};

struct share {
    const char *name;
    char number[16];
    uint64_t count;
};

/* iana.org/assignments/protocol-numbers: those that are seen. */
static const char *const protocol_names[256] = {
    [1] = "ICMP",   [2] = "IGMP",    [4] = "IPv4",   [6] = "TCP",       [17] = "UDP",
    [33] = "DCCP",  [41] = "IPv6",   [46] = "RSVP",  [47] = "GRE",      [50] = "ESP",
    [51] = "AH",    [58] = "ICMPv6", [88] = "EIGRP", [89] = "OSPF",     [103] = "PIM",
    [112] = "VRRP", [115] = "L2TP",  [132] = "SCTP", [136] = "UDPLite",
};

static const char *format_of(const char *path)
{
    static const struct {
        unsigned char magic[4];
        const char *name;
    } formats[] = {
        { { 0xd4, 0xc3, 0xb2, 0xa1 }, "pcap" },
        { { 0xa1, 0xb2, 0xc3, 0xd4 }, "pcap, big-endian" },
        { { 0x4d, 0x3c, 0xb2, 0xa1 }, "pcap, nanoseconds" },
        { { 0xa1, 0xb2, 0x3c, 0x4d }, "pcap, nanoseconds, big-endian" },
        { { 0x0a, 0x0d, 0x0d, 0x0a }, "pcapng" },
        { { 0x28, 0xb5, 0x2f, 0xfd }, "packed with zstd" },
        { { 0x04, 0x22, 0x4d, 0x18 }, "packed with lz4" },
        { { 0x1f, 0x8b, 0x08, 0x00 }, "packed with gzip" },
    };
    unsigned char magic[4] = { 0 };
    FILE *file = fopen(path, "re");
    size_t size = file ? fread(magic, 1, sizeof magic, file) : 0;
    if (file)
        fclose(file);
    for (size_t i = 0; size == 4 && i < sizeof formats / sizeof *formats; i++)
        if (memcmp(magic, formats[i].magic, magic[0] == 0x1f ? 3 : 4) == 0)
            return formats[i].name;
    return "another format";
}

static void count_frame(struct tally *tally, struct jj_decoder *decoder,
                        const struct jj_frame *frame)
{
    struct jj_packet packet;
    bool timed = !(frame->flags & JJ_FRAME_NO_TIME);
    if (timed && (tally->packets == 0 || frame->time < tally->first))
        tally->first = frame->time;
    if (timed && (tally->packets == 0 || frame->time > tally->last))
        tally->last = frame->time;
    tally->packets++;
    tally->bytes += frame->wire_len;
    switch (jj_decode(decoder, frame, &packet)) {
    case JJ_DECODE_OK:
        tally->protocols[packet.protocol]++;
        break;
    case JJ_DECODE_NOT_IP:
        tally->not_ip++;
        break;
    case JJ_DECODE_MALFORMED:
        tally->malformed++;
        break;
    }
}

static void stop_source(void *context)
{
    struct jj_source *source = context;
    source->ops->stop(source);
}

static int count_source(struct tally *tally, struct jj_source *source, struct jj_error *err)
{
    struct jj_frame frames[JJ_BATCH];
    struct jj_decoder *decoder;
    int count = jj_decoder_create(&decoder, false);
    if (count < 0)
        return jj_fail(err, count, "no memory for the decoder");
    jj_interrupt_calls(stop_source, source);
    while ((count = source->ops->next(source, frames, JJ_BATCH, 0, err)) >= 0)
        for (int i = 0; i < count; i++)
            count_frame(tally, decoder, &frames[i]);
    jj_interrupt_calls(NULL, NULL);
    jj_decoder_destroy(decoder);
    return count == JJ_EEOF ? 0 : count;
}

static void print_interfaces(const struct jj_source *source)
{
    const struct jj_interface *all;
    unsigned count = source->ops->interfaces(source, &all);
    for (unsigned i = 0; i < count; i++) {
        const struct jj_interface *one = &all[i];
        printf("Interface:   %s%s%s, %s ticks a second", one->name, *one->name ? ", " : "",
               jj_linktype_name(one->linktype), jj_human_count(one->ticks_per_second));
        if (one->snaplen)
            printf(", snaplen %s", jj_human_count(one->snaplen));
        puts(jj_linktype_supported(one->linktype) ? "" : " (this link type is not decoded)");
    }
}

static int by_count(const void *a, const void *b)
{
    const struct share *x = a, *y = b;
    return x->count < y->count ? 1 : x->count > y->count ? -1 : strcmp(x->name, y->name);
}

static void print_protocols(const struct tally *tally)
{
    struct share shares[258];
    unsigned count = 0;
    for (unsigned p = 0; p < 256; p++) {
        if (!tally->protocols[p])
            continue;
        struct share *share = &shares[count++];
        snprintf(share->number, sizeof share->number, "%u", p);
        share->name = protocol_names[p] ? protocol_names[p] : share->number;
        share->count = tally->protocols[p];
    }
    if (count == 0)
        puts("\nNo IP packets found in file.");
    if (tally->not_ip)
        shares[count++] = (struct share){ .name = "not IP", .count = tally->not_ip };
    if (tally->malformed)
        shares[count++] = (struct share){ .name = "malformed", .count = tally->malformed };
    qsort(shares, count, sizeof *shares, by_count);
    puts(count ? "\nProtocols:" : "");
    for (unsigned i = 0; i < count; i++)
        printf("  %-10s %12s  (%.1f%%)\n", shares[i].name, jj_human_count(shares[i].count),
               100.0 * (double)shares[i].count / (double)tally->packets);
}

static void print_times(const struct tally *tally)
{
    char text[40];
    struct tm parts;
    time_t first = (time_t)(tally->first / 1000000000);
    double seconds = (double)(tally->last - tally->first) / 1e9;
    if (tally->packets == 0)
        return;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&first, &parts));
    printf("Start:       %s\n", text);
    printf("Duration:    %.2f seconds\n", seconds);
    if (seconds > 0)
        printf("Packets/sec: %.2f\n", (double)tally->packets / seconds);
    else
        puts("Packets/sec: N/A");
}

static void print_report(const struct tally *tally, const struct jj_source *source,
                         const char *path)
{
    struct stat status;
    printf("Format:      %s", strcmp(path, "-") == 0 ? "standard input" : format_of(path));
    if (strcmp(path, "-") != 0 && stat(path, &status) == 0)
        printf(", %s", jj_human_bytes((uint64_t)status.st_size));
    putchar('\n');
    print_interfaces(source);
    printf("Packets:     %s\n", jj_human_count(tally->packets));
    printf("Bytes:       %s\n", jj_human_count(tally->bytes));
    print_times(tally);
    print_protocols(tally);
    const char *note = source->ops->note ? source->ops->note(source) : NULL;
    if (note)
        jj_warn("%s", note);
}

static int analyze(const char *path, struct jj_error *err)
{
    static const struct jj_source_options options;
    struct jj_source *source;
    struct tally tally = { 0 };
    int code = jj_source_find("file")->open(&source, path, &options, err);
    if (code)
        return code;
    code = count_source(&tally, source, err);
    if (!code) {
        printf("Analyzing: %s\n\n", path);
        print_report(&tally, source, path);
    }
    source->ops->close(source);
    return code;
}

static int analyze_all(const struct jj_list *paths)
{
    int result = JJ_EXIT_DONE;
    for (unsigned i = 0; i < paths->count && !jj_interrupted(); i++) {
        struct jj_error err = { 0 };
        int code = analyze(paths->items[i], &err);
        if (code) {
            jj_error("%s", *err.text ? err.text : jj_strerror(code));
            result = JJ_EXIT_FAILED;
        }
        if (i + 1 < paths->count)
            putchar('\n');
    }
    return jj_interrupted() ? JJ_EXIT_INTERRUPTED : result;
}

int jj_command_info(const struct jj_options *options)
{
    struct jj_inputs inputs = { 0 };
    struct jj_error err = { 0 };
    int code = jj_inputs_expand(&inputs, &options->operands, &err);
    if (code) {
        jj_error("%s", *err.text ? err.text : jj_strerror(code));
        code = code == JJ_EUSAGE ? JJ_EXIT_USAGE : JJ_EXIT_FAILED;
    } else {
        code = analyze_all(&inputs.paths);
    }
    jj_inputs_done(&inputs);
    return code;
}
