/* SPDX-License-Identifier: MIT
 *
 * Saved captures: what is written is read back the same by the file source, by libpcap, tcpdump and
 * capinfos; a full disk leaves whole packets; what a format cannot hold is said. */
#include "engine/capture/savefile.c"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "file_make.h"
#include "test.h"

static struct seen seen;
static struct jj_interface interfaces[] = {
    { .name = "eth0", .linktype = 1, .ticks_per_second = 1000000000 },
    { .name = "cooked", .linktype = 113, .snaplen = 96, .ticks_per_second = 1000000000 },
};
static unsigned interface_count = 2;

static unsigned list_interfaces(const struct jj_source *source, const struct jj_interface **out)
{
    (void)source;
    *out = interfaces;
    return interface_count;
}

static const struct jj_source_ops ops = { .name = "test", .interfaces = list_interfaces };
static const struct jj_source source = { .ops = &ops };
static uint8_t payload[70000];

static struct jj_frame frame_of(unsigned i, unsigned interface)
{
    return (struct jj_frame){
        .time = INT64_C(1700000000123456789) + i * INT64_C(1000000007),
        .data = payload,
        .cap_len = 60 + i * 13 % 1000,
        .wire_len = 60 + i * 13 % 1000 + i % 3,
        .interface = interface,
        .linktype = interfaces[interface].linktype,
        .direction = (uint8_t)(i % 3),
    };
}

static int save(const char *path, unsigned count, unsigned interface_mask, struct jj_error *err)
{
    struct jj_savefile *s;
    int rc = jj_savefile_open(&s, path, &source, err);
    for (unsigned i = 0; rc == 0 && i < count; i++) {
        struct jj_frame frame = frame_of(i, i & interface_mask);
        rc = jj_savefile_write(s, &frame, 1, err);
    }
    struct jj_stats stats = { .received = 1234, .ring_full = 30, .failed = 4, .nic_dropped = 5 };
    int closed = jj_savefile_close(s, &stats, err);
    return rc ? rc : closed;
}

static unsigned compare(const char *path, unsigned interface_mask, bool pcapng)
{
    read_file(jj_source_find("file"), path, &seen);
    CHECK_INT(seen.opened, 0);
    for (unsigned i = 0; i < seen.count; i++) {
        struct jj_frame want = frame_of(i, i & interface_mask);
        CHECK_INT(seen.frames[i].time, want.time);
        CHECK_INT(seen.frames[i].cap_len, want.cap_len);
        CHECK_INT(seen.frames[i].wire_len, want.wire_len);
        CHECK_INT(seen.frames[i].linktype, want.linktype);
        CHECK_INT(seen.frames[i].interface, want.interface);
        CHECK_INT(seen.frames[i].direction, pcapng ? want.direction : 0);
        CHECK(seen.hash[i] == hash_bytes(payload, want.cap_len));
    }
    return seen.count;
}

static bool output_has(const char *command, const char *path, const char *text)
{
    char line[400], full[300];
    bool found = false;
    snprintf(full, sizeof full, "%s %s 2>&1", command, path);
    FILE *pipe = popen(full, "r");
    while (fgets(line, sizeof line, pipe)) {
        found |= strstr(line, text) != NULL;
    }
    int rc = pclose(pipe);
    if (rc >> 8 == 127) {
        printf("no program for: %s\n", command);
        return true;
    }
    if (!found || rc != 0) {
        fprintf(stderr, "%s: %d, and not: %s\n", full, rc, text);
    }
    return found && rc == 0;
}

static void test_pcap(const char *path)
{
    struct jj_error err;
    CHECK_INT(save(path, 1000, 0, &err), 0);
    CHECK_INT(compare(path, 0, false), 1000);
    CHECK_STR(seen.note, "");
    CHECK_INT(same_as_libpcap(path, &seen), 1000);
    CHECK_INT(seen.interface[0].ticks_per_second, 1000000000);
    CHECK(output_has("tcpdump -nr", path, "reading from file"));
    CHECK(output_has("capinfos -c -M", path, "1000"));
    CHECK_INT(save(path, 0, 0, &err), 0);
    CHECK_INT(compare(path, 0, false), 0);
    CHECK_INT(same_as_libpcap(path, &seen), 0);
}

static void test_pcapng(const char *path)
{
    struct jj_error err;
    CHECK_INT(save(path, 1000, 1, &err), 0);
    CHECK_INT(compare(path, 1, true), 1000);
    CHECK_STR(seen.note, "");
    CHECK_STR(seen.interface[0].name, "eth0");
    CHECK_STR(seen.interface[1].name, "cooked");
    CHECK_INT(seen.interface[1].snaplen, 96);
    CHECK(output_has("capinfos", path, "jj-engine"));
    CHECK(output_has("capinfos", path, "Name = cooked"));
    CHECK(output_has("capinfos -c -M", path, "1000"));
    CHECK(output_has("tshark -r", path, "1000"));

    CHECK_INT(save(path, 1000, 0, &err), 0);
    CHECK_INT(compare(path, 0, true), 1000);
    interface_count = 1;
    CHECK_INT(save(path, 1000, 0, &err), 0);
    CHECK_INT(compare(path, 0, true), 1000);
    CHECK_INT(same_as_libpcap(path, &seen), 1000);
    CHECK(output_has("tcpdump -nr", path, "reading from file"));
    interface_count = 2;
    CHECK_INT(save(path, 0, 0, &err), 0);
    CHECK_INT(compare(path, 0, true), 0);
    CHECK_INT(seen.interfaces, 2);
}

/* A source that finds its second interface later, and a second source after the first. */
static void test_late_interfaces(const char *path)
{
    struct jj_savefile *s;
    struct jj_error err;
    struct jj_frame frames[2] = { frame_of(0, 0), frame_of(1, 1) };
    interface_count = 0;
    CHECK_INT(jj_savefile_open(&s, path, &source, &err), 0);
    interface_count = 1;
    CHECK_INT(jj_savefile_write(s, frames, 1, &err), 0);
    interface_count = 2;
    CHECK_INT(jj_savefile_write(s, frames + 1, 1, &err), 0);
    jj_savefile_source(s, &source);
    CHECK_INT(jj_savefile_write(s, frames, 2, &err), 0);
    CHECK_INT(jj_savefile_close(s, NULL, &err), 0);
    read_file(jj_source_find("file"), path, &seen);
    CHECK_INT(seen.count, 4);
    CHECK_INT(seen.interfaces, 4);
    CHECK_INT(seen.frames[3].interface, 3);
    CHECK_INT(seen.frames[3].linktype, 113);

    struct jj_frame stray = frames[0];
    stray.interface = 7;
    CHECK_INT(jj_savefile_open(&s, path, &source, &err), 0);
    CHECK_INT(jj_savefile_write(s, &stray, 1, &err), JJ_EUSAGE);
    CHECK_INT(jj_savefile_close(s, NULL, &err), 0);
}

static void test_limits(const char *pcap, const char *pcapng)
{
    struct jj_error err;
    CHECK_INT(save(pcap, 10, 1, &err), JJ_EUSAGE);
    CHECK(strstr(err.text, "one link type, 1 here, but packet 2 has 113; save to a name that ends "
                           "in .pcapng"));
    CHECK_INT(compare(pcap, 1, false), 1);
    CHECK_STR(seen.note, "");

    struct jj_savefile *s;
    struct jj_frame frame = frame_of(0, 0);
    frame.time = -1;
    CHECK_INT(jj_savefile_open(&s, pcap, &source, &err), 0);
    CHECK_INT(jj_savefile_write(s, &frame, 1, &err), JJ_EUSAGE);
    CHECK_INT(jj_savefile_close(s, NULL, &err), 0);
    CHECK_INT(jj_savefile_open(&s, pcapng, &source, &err), 0);
    CHECK_INT(jj_savefile_write(s, &frame, 1, &err), JJ_EUSAGE);
    CHECK_INT(jj_savefile_close(s, NULL, &err), 0);
    CHECK_INT(jj_savefile_open(&s, "/nonexistent/x.pcap", &source, &err), -ENOENT);
    CHECK_STR(err.text, "cannot write /nonexistent/x.pcap: No such file or directory");
    CHECK_INT(jj_savefile_open(&s, "/tmp", &source, &err), -EISDIR);
}

/* A file size limit stands for the full disk: a write stops in the middle of a packet. */
static void test_full(const char *path, bool pcapng)
{
    struct jj_error err;
    for (rlim_t limit = 10; limit < 500000; limit = limit * 3 + 7) {
        struct rlimit old, small;
        getrlimit(RLIMIT_FSIZE, &old);
        small = old;
        small.rlim_cur = limit;
        setrlimit(RLIMIT_FSIZE, &small);
        CHECK_INT(save(path, 1000, 0, &err), -EFBIG);
        setrlimit(RLIMIT_FSIZE, &old);
        CHECK(strstr(err.text, path) && strstr(err.text, "File too large"));
        read_file(jj_source_find("file"), path, &seen);
        if (limit < 300) {
            continue;
        }
        CHECK_INT(compare(path, 0, pcapng), seen.count);
        CHECK_STR(seen.note, "");
        struct stat st;
        CHECK(stat(path, &st) == 0 && (rlim_t)st.st_size <= limit &&
              (rlim_t)st.st_size + 1100 > limit);
    }
}

/* Through a pipe, every batch can be read when its write returns. */
static void test_stdout(void)
{
    int ends[2], saved = dup(STDOUT_FILENO);
    uint8_t bytes[4096];
    struct jj_savefile *s;
    struct jj_frame frame = frame_of(0, 0);
    CHECK_INT(pipe(ends), 0);
    fflush(stdout);
    dup2(ends[1], STDOUT_FILENO);
    CHECK_INT(jj_savefile_open(&s, "-", &source, NULL), 0);
    CHECK_INT(jj_savefile_write(s, &frame, 1, NULL), 0);
    CHECK_INT(read(ends[0], bytes, sizeof bytes), 24 + 16 + 60);
    CHECK_INT(jj_savefile_write(s, &frame, 1, NULL), 0);
    CHECK_INT(read(ends[0], bytes, sizeof bytes), 16 + 60);
    close(ends[0]);
    struct jj_error err;
    CHECK_INT(jj_savefile_write(s, &frame, 1, &err), -EPIPE);
    CHECK_INT(jj_savefile_write(s, &frame, 1, &err), -EPIPE);
    CHECK_INT(jj_savefile_close(s, NULL, &err), 0);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(ends[1]);
}

/* Larger than the buffer. */
static void test_large(const char *path)
{
    enum { SIZE = 200000, COUNT = 3 };
    uint8_t *bytes = calloc(1, 3 * SIZE);
    struct jj_savefile *s;
    for (int i = 1; i <= COUNT; i++) {
        struct jj_frame frame = { .data = bytes,
                                  .cap_len = (uint32_t)(i * SIZE),
                                  .wire_len = (uint32_t)(i * SIZE),
                                  .linktype = 1 };
        CHECK_INT(jj_savefile_open(&s, path, &source, NULL), 0);
        CHECK_INT(jj_savefile_write(s, &frame, 1, NULL), 0);
        CHECK_INT(jj_savefile_write(s, &frame, 1, NULL), 0);
        CHECK_INT(jj_savefile_close(s, NULL, NULL), 0);
        read_file(jj_source_find("file"), path, &seen);
        CHECK_INT(seen.count, 2);
        CHECK_INT(seen.frames[1].cap_len, i * SIZE);
    }
    free(bytes);
}

int main(void)
{
    char folder[] = "/tmp/jj-savefile-XXXXXX", pcap[64], pcapng[64];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(pcap, sizeof pcap, "%s/x.pcap", folder);
    snprintf(pcapng, sizeof pcapng, "%s/x.pcapng", folder);
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)(i * 31 >> 3);
    }
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    test_pcap(pcap);
    test_pcapng(pcapng);
    test_late_interfaces(pcapng);
    test_limits(pcap, pcapng);
    test_full(pcap, false);
    test_full(pcapng, true);
    test_stdout();
    test_large(pcapng);
    unlink(pcap);
    unlink(pcapng);
    rmdir(folder);
    return test_end();
}
