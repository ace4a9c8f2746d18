/* SPDX-License-Identifier: MIT
 *
 * The file source: every kind of pcap file against libpcap, cuts at every length, damage, refusals,
 * standard input, pipes and stop. */
#include "engine/capture/file.c"

#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#include "file_make.h"
#include "test.h"

static struct seen seen;
static struct maker made;

static void see(const struct maker *m)
{
    char path[32];
    int fd = as_file(m->bytes, m->size, path);
    read_file(&jj_source_file, path, &seen);
    close(fd);
}

static void test_kinds(void)
{
    static const uint32_t magics[] = { 0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34 };
    for (int kind = 0; kind < 6; kind++) {
        made = (struct maker){ .swapped = kind >= 3 };
        make_pcap(&made, magics[kind % 3], 1);
        for (unsigned i = 0; i < 200; i++) {
            size_t at = made.size;
            make_record(&made, 1700000000 + i, i * 4999, 14 + i, 14 + 2 * i);
            if (kind % 3 == 2) { /* 8 bytes stand behind the usual header */
                memmove(made.bytes + at + 24, made.bytes + at + 16, 14 + i);
                memset(made.bytes + at + 16, 0xee, 8);
                made.size += 8;
            }
        }
        char path[32];
        int fd = as_file(made.bytes, made.size, path);
        read_file(&jj_source_file, path, &seen);
        CHECK_INT(seen.count, 200);
        CHECK_INT(seen.ended, JJ_EEOF);
        CHECK_STR(seen.note, "");
        CHECK_INT(same_as_libpcap(path, &seen), 200);
        CHECK_INT(seen.stats.received, 200);
        CHECK_INT(seen.interface[0].ticks_per_second, kind % 3 == 1 ? 1000000000 : 1000000);
        close(fd);
    }
}

static void test_fields(void)
{
    made = (struct maker){ 0 };
    make_pcap(&made, 0xa1b2c3d4, 0x54000071); /* 113, and an FCS of 4 bytes */
    make_record(&made, 0xfffffff0, 999999, 20, 10);
    see(&made);
    CHECK_INT(seen.count, 1);
    CHECK_INT(seen.frames[0].linktype, 113);
    CHECK_INT(seen.frames[0].time, 4294967280999999000);
    CHECK_INT(seen.frames[0].wire_len, 20);

    made = (struct maker){ 0 };
    make_pcap(&made, 0xa1b2c3d4, 1);
    made.bytes[6] = 2; /* version 2.2 has the lengths the other way round */
    make_record(&made, 1, 0, 40, 40);
    memcpy(made.bytes + 24 + 8, "\x50\0\0\0\x28\0\0\0", 8);
    see(&made);
    CHECK_INT(seen.frames[0].cap_len, 40);
    CHECK_INT(seen.frames[0].wire_len, 80);
}

static void test_snaplen(void)
{
    made = (struct maker){ 0 };
    make_pcap(&made, 0xa1b2c3d4, 1);
    make_record(&made, 1, 0, 100, 1500);
    make_record(&made, 1, 0, 30, 30);
    char path[32];
    int fd = as_file(made.bytes, made.size, path);
    struct jj_source_options options = { .snaplen = 64 };
    struct jj_source *source;
    struct jj_frame frames[4];
    CHECK_INT(jj_source_file.open(&source, path, &options, NULL), 0);
    CHECK_INT(jj_source_file.next(source, frames, 4, 0, NULL), 2);
    CHECK_INT(frames[0].cap_len, 64);
    CHECK_INT(frames[0].wire_len, 1500);
    CHECK_INT(frames[1].cap_len, 30);
    CHECK_INT(jj_source_file.next(source, frames, 4, 0, NULL), JJ_EEOF);
    CHECK_INT(jj_source_file.next(source, frames, 4, 0, NULL), JJ_EEOF);
    jj_source_file.close(source);
    close(fd);
}

static void test_cuts(void)
{
    size_t ends[12];
    made = (struct maker){ 0 };
    make_pcap(&made, 0xa1b2c3d4, 1);
    for (unsigned i = 0; i < 12; i++) {
        make_record(&made, i, i, 5 * i, 5 * i);
        ends[i] = made.size;
    }
    struct maker cut = made;
    for (cut.size = 0; cut.size < made.size; cut.size++) {
        unsigned whole = 0;
        while (ends[whole] <= cut.size) {
            whole++;
        }
        see(&cut);
        if (cut.size < 24) {
            CHECK_INT(seen.opened, JJ_EFORMAT);
            continue;
        }
        bool clean = cut.size == 24 || (whole && ends[whole - 1] == cut.size);
        CHECK_INT(seen.count, whole);
        CHECK_INT(seen.ended, JJ_EEOF);
        CHECK_INT(seen.stats.failed, !clean);
        CHECK_INT(seen.note[0] == 0, clean);
    }
    CHECK(strstr(seen.note, ": cut short in the middle of packet 12; the 11 packets before it "
                            "were read"));
}

static void test_damage(void)
{
    made = (struct maker){ 0 };
    make_pcap(&made, 0xa1b2c3d4, 1);
    make_record(&made, 1, 0, 60, 60);
    make_record(&made, 2, 0, 60, 60);
    memcpy(made.bytes + 24 + 76 + 8, "\xff\xff\xff\x7f", 4);
    see(&made);
    CHECK_INT(seen.count, 1);
    CHECK_INT(seen.ended, JJ_EEOF);
    CHECK_INT(seen.stats.received, 2);
    CHECK_INT(seen.stats.failed, 1);
    CHECK(strstr(seen.note, "packet 2 is damaged (it claims 2147483647 bytes)"));
}

/* A record larger than the window makes it grow. */
static void test_large(void)
{
    enum { SIZE = 3 << 20 };
    made = (struct maker){ 0 };
    make_pcap(&made, 0xa1b2c3d4, 189);
    uint8_t *bytes = calloc(1, made.size + 2 * (SIZE + 16));
    memcpy(bytes, made.bytes, made.size);
    uint32_t head[4] = { 1, 0, SIZE, SIZE };
    memcpy(bytes + 24, head, 16);
    memcpy(bytes + 24 + 16 + SIZE, head, 16);
    char path[32];
    int fd = as_file(bytes, 24 + 2 * (SIZE + 16), path);
    read_file(&jj_source_file, path, &seen);
    CHECK_INT(seen.count, 2);
    CHECK_INT(seen.frames[1].cap_len, SIZE);
    CHECK_STR(seen.note, "");
    close(fd);
    free(bytes);
}

static void refuse(const char *path, int code, const char *text)
{
    read_file(&jj_source_file, path, &seen);
    CHECK_INT(seen.opened, code);
    CHECK_INT(seen.err.code, code);
    if (!strstr(seen.err.text, text)) {
        CHECK_STR(seen.err.text, text);
    }
}

static void test_refusals(void)
{
    char path[32];
    refuse("/nonexistent/x.pcap", -ENOENT, "cannot read /nonexistent/x.pcap: No such file");
    refuse("/tmp", -EISDIR, "/tmp is a directory");
    refuse("/dev/null", JJ_EFORMAT, "/dev/null is empty");
    int fd = as_file("#!/bin/sh\necho this is no capture file at all\n", 46, path);
    refuse(path, JJ_EFORMAT, "is not a pcap or pcapng file");
    fchmod(fd, 0);
    if (geteuid() != 0) {
        refuse(path, -EACCES, "Permission denied");
    }
    close(fd);
    fd = as_file("a", 1, path);
    refuse(path, JJ_EFORMAT, "is not a pcap or pcapng file");
    close(fd);
    made = (struct maker){ 0 };
    make_pcap(&made, 0xa1b2c3d4, 1);
    made.bytes[4] = 7;
    fd = as_file(made.bytes, made.size, path);
    refuse(path, JJ_EUNSUPPORTED, "version 7.4");
    close(fd);
    char longer[400];
    memset(longer, 'x', sizeof longer);
    memcpy(longer, "/tmp/", 5);
    strcpy(longer + 390, ".pcap");
    refuse(longer, -ENAMETOOLONG, "xxx.pcap: File name too long");
}

/* Records that are written to a pipe come out at once, each on its own. */
static void test_pipe(void)
{
    int ends[2], saved = dup(STDIN_FILENO);
    CHECK_INT(pipe(ends), 0);
    made = (struct maker){ 0 };
    make_pcap(&made, 0xa1b2c3d4, 1);
    size_t header = made.size;
    make_record(&made, 1, 0, 60, 60);
    CHECK_INT(write(ends[1], made.bytes, header), header);
    dup2(ends[0], STDIN_FILENO);
    struct jj_source *source;
    struct jj_frame frame[2];
    CHECK_INT(jj_source_file.open(&source, "-", NULL, NULL), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(write(ends[1], made.bytes + header, 76), 76);
        CHECK_INT(jj_source_file.next(source, frame, 2, -1, NULL), 1);
    }
    CHECK_INT(write(ends[1], made.bytes + header, 10), 10);
    close(ends[1]);
    CHECK_INT(jj_source_file.next(source, frame, 2, -1, NULL), JJ_EEOF);
    CHECK_STR(jj_source_file.note(source), "standard input: cut short in the middle of packet 4; "
                                           "the 3 packets before it were read");
    jj_source_file.close(source);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(ends[0]);
}

static void *stop_soon(void *source)
{
    nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    jj_source_file.stop(source);
    return NULL;
}

static void test_stop(void)
{
    int ends[2];
    char path[32];
    CHECK_INT(pipe(ends), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    made = (struct maker){ 0 };
    make_pcap(&made, 0xa1b2c3d4, 1);
    make_record(&made, 1, 0, 60, 60);
    make_record(&made, 1, 0, 60, 60);
    CHECK_INT(write(ends[1], made.bytes, made.size - 1), made.size - 1);
    struct jj_source *source;
    struct jj_frame frame[2];
    pthread_t thread;
    CHECK_INT(jj_source_file.open(&source, path, NULL, NULL), 0);
    CHECK_INT(jj_source_file.next(source, frame, 2, -1, NULL), 1);
    pthread_create(&thread, NULL, stop_soon, source);
    CHECK_INT(jj_source_file.next(source, frame, 2, -1, NULL), JJ_EEOF);
    CHECK(jj_source_file.note(source) == NULL);
    pthread_join(thread, NULL);
    jj_source_file.close(source);
    close(ends[0]);
    close(ends[1]);
}

static void test_registry(void)
{
    CHECK(jj_source_find("file") == &jj_source_file || jj_source_find("file")->open);
    CHECK(jj_source_find("nothing") == NULL);
    CHECK_STR(jj_sources()[0]->name, "file");
}

int main(void)
{
    test_kinds();
    test_fields();
    test_snaplen();
    test_cuts();
    test_damage();
    test_large();
    test_refusals();
    test_pipe();
    test_stop();
    test_registry();
    return test_end();
}
