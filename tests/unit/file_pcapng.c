/* SPDX-License-Identifier: MIT
 *
 * The pcapng reader: sections of both orders, interfaces with every kind of clock, all packet
 * blocks, damage inside blocks and between them, cuts at every length; against libpcap where it can
 * read the file and against tshark where there is one. */
#include "engine/capture/file_pcapng.c"

#include <stdio.h>

#include "file_make.h"
#include "test.h"

static struct seen seen;
static struct maker made;

static void see(const struct maker *m)
{
    char path[32];
    int fd = as_file(m->bytes, m->size, path);
    read_file(jj_source_find("file"), path, &seen);
    close(fd);
}

/* libpcap takes one section and interfaces that are alike. */
static void test_against_libpcap(void)
{
    static const uint8_t resolutions[] = { 0, 3, 6, 9, 12, 0x80 | 10, 0x80 | 30, 0x80 | 33 };
    for (unsigned i = 0; i < 16; i++) {
        made = (struct maker){ .swapped = i & 1 };
        make_section(&made);
        make_interface(&made, 1, 65535, "eth0", 0, 0);
        make_interface(&made, 1, 65535, "eth1", resolutions[i / 2], i & 2 ? 86400 * 365 : 0);
        for (unsigned j = 0; j < 100; j++) {
            uint8_t resolution = j & 1 ? resolutions[i / 2] : 0;
            uint64_t rate = resolution ? ticks_of(resolution) : 1000000;
            make_packet(&made, j & 1, rate * 1234567 + j * 98765, 14 + j, 60 + j, j % 4);
        }
        char path[32];
        int fd = as_file(made.bytes, made.size, path);
        read_file(jj_source_find("file"), path, &seen);
        CHECK_INT(seen.count, 100);
        CHECK_INT(seen.interfaces, 2);
        CHECK_STR(seen.interface[1].name, "eth1");
        CHECK_INT(seen.frames[1].direction, JJ_DIR_IN);
        CHECK_INT(seen.frames[2].direction, JJ_DIR_OUT);
        CHECK_INT(seen.frames[3].direction, JJ_DIR_UNKNOWN);
        int same = same_as_libpcap(path, &seen);
        if (same != 100) {
            fprintf(stderr, "resolution %u\n", resolutions[i / 2]);
        }
        CHECK_INT(same, 100);
        close(fd);
    }
}

static void make_simple(struct maker *m, unsigned wire, unsigned cap)
{
    size_t at = make_open(m, 3);
    make32(m, wire);
    make_payload(m, cap);
    make_close(m, at);
}

static void make_old(struct maker *m, uint16_t interface, uint64_t ticks, unsigned cap)
{
    size_t at = make_open(m, 2);
    make16(m, interface);
    make16(m, 3);
    make32(m, (uint32_t)(ticks >> 32));
    make32(m, (uint32_t)ticks);
    make32(m, cap);
    make32(m, cap);
    make_payload(m, cap);
    make_bytes(m, "\0\0\0", -(size_t)cap & 3);
    make_option(m, 2, m->swapped ? "\0\0\0\2" : "\2\0\0\0", 4);
    make32(m, 0);
    make_close(m, at);
}

static void make_other(struct maker *m, uint32_t type, unsigned size)
{
    size_t at = make_open(m, type);
    memset(m->bytes + m->size, 0, size);
    m->size += size;
    make_close(m, at);
}

/* Two sections of different order, link type and clock, with every kind of block. */
static void make_mixed(void)
{
    made = (struct maker){ 0 };
    make_section(&made);
    make_interface(&made, 1, 96, "lan", 9, 0);
    make_other(&made, 4, 4);
    make_interface(&made, 113, 0, NULL, 0, 0);
    make_packet(&made, 0, 1700000000123456789, 60, 60, 1);
    make_packet(&made, 1, 1700000001000001, 70, 90, 2);
    make_simple(&made, 200, 96);
    make_old(&made, 1, 1700000002000002, 33);
    make_other(&made, 0x7777, 0);
    made.swapped = true;
    make_section(&made);
    make_interface(&made, 101, 0, "wan", 0x80 | 20, -3600);
    make_packet(&made, 0, (UINT64_C(1700003600) << 20) + 1, 21, 21, 0);
    make_other(&made, 5, 12);
}

static void test_mixed(void)
{
    make_mixed();
    see(&made);
    CHECK_INT(seen.count, 5);
    CHECK_STR(seen.note, "");
    CHECK_INT(seen.interfaces, 3);
    CHECK_STR(seen.interface[0].name, "lan");
    CHECK_STR(seen.interface[2].name, "wan");
    CHECK_INT(seen.interface[2].ticks_per_second, 1 << 20);
    static const struct jj_frame want[] = {
        { .time = 1700000000123456789,
          .cap_len = 60,
          .wire_len = 60,
          .linktype = 1,
          .direction = JJ_DIR_IN },
        { .time = 1700000001000001000,
          .cap_len = 70,
          .wire_len = 90,
          .interface = 1,
          .linktype = 113,
          .direction = JJ_DIR_OUT },
        { .time = 1700000001000001000,
          .cap_len = 96,
          .wire_len = 200,
          .linktype = 1,
          .flags = JJ_FRAME_NO_TIME },
        { .time = 1700000002000002000,
          .cap_len = 33,
          .wire_len = 33,
          .interface = 1,
          .linktype = 113,
          .direction = JJ_DIR_OUT },
        { .time = 1700000000000000953,
          .cap_len = 21,
          .wire_len = 21,
          .interface = 2,
          .linktype = 101 },
    };
    for (unsigned i = 0; i < 5; i++) {
        seen.frames[i].data = NULL;
        CHECK(memcmp(&seen.frames[i], &want[i], sizeof want[i]) == 0);
    }
}

/* tshark numbers the interfaces of a second section in its own way: they are not compared. */
static void test_against_tshark(void)
{
    char name[] = "/tmp/jj-file-XXXXXX", command[200], line[200];
    if (system("command -v tshark >/dev/null") != 0) {
        printf("no tshark: the mixed file was not compared with it\n");
        return;
    }
    make_mixed();
    int fd = mkstemp(name);
    CHECK_INT(write(fd, made.bytes, made.size), made.size);
    read_file(jj_source_find("file"), name, &seen);
    snprintf(command, sizeof command,
             "tshark -r %s -T fields -e frame.time_epoch -e frame.cap_len -e frame.len 2>/dev/null",
             name);
    FILE *tshark = popen(command, "r");
    unsigned n = 0;
    for (; fgets(line, sizeof line, tshark) && n < seen.count; n++) {
        long long s = 0, ns = 0;
        unsigned cap_len = 0, wire_len = 0;
        bool timed = sscanf(line, "%lld.%9lld %u %u", &s, &ns, &cap_len, &wire_len) == 4;
        if (timed) {
            CHECK_INT(seen.frames[n].time, s * 1000000000 + ns);
        } else {
            CHECK_INT(sscanf(line, "%u %u", &cap_len, &wire_len), 2);
            CHECK_INT(seen.frames[n].flags, JJ_FRAME_NO_TIME);
        }
        CHECK_INT(seen.frames[n].cap_len, cap_len);
        CHECK_INT(seen.frames[n].wire_len, wire_len);
    }
    CHECK_INT(n, 5);
    pclose(tshark);
    close(fd);
    unlink(name);
}

static void test_cuts(void)
{
    size_t ends[6];
    made = (struct maker){ 0 };
    make_section(&made);
    make_interface(&made, 1, 0, "eth0", 9, 0);
    size_t first = made.size;
    for (unsigned i = 0; i < 6; i++) {
        make_packet(&made, 0, i, 11 * i, 11 * i, i & 1);
        ends[i] = made.size;
    }
    struct maker cut = made;
    for (cut.size = 1; cut.size < made.size; cut.size++) {
        unsigned whole = 0;
        while (ends[whole] <= cut.size) {
            whole++;
        }
        see(&cut);
        if (cut.size < 28) {
            CHECK_INT(seen.opened, JJ_EFORMAT);
            continue;
        }
        bool clean = cut.size == 28 || cut.size == first || (whole && ends[whole - 1] == cut.size);
        CHECK_INT(seen.count, whole);
        CHECK_INT(seen.ended, JJ_EEOF);
        CHECK_INT(seen.note[0] == 0, clean);
        CHECK_INT(seen.stats.received, seen.stats.delivered + seen.stats.failed);
    }
    CHECK_INT(seen.stats.failed, 1);
    CHECK(strstr(seen.note, ": cut short in the middle of packet 6; the 5 packets before it "));
}

/* Damage inside a block costs that block; damage to the framing costs the rest. */
static void test_damage(void)
{
    made = (struct maker){ 0 };
    make_section(&made);
    make_simple(&made, 60, 60); /* there is no interface yet */
    make_interface(&made, 1, 0, NULL, 60, 0);
    make_interface(&made, 1, 0, NULL, 0, 0);
    make_packet(&made, 0, 5, 60, 60, 0); /* 10^-60 is no resolution */
    make_packet(&made, 1, 5, 60, 60, 0);
    make_packet(&made, 2, 5, 60, 60, 0);          /* interface 2 is not there */
    make_packet(&made, 1, UINT64_MAX, 60, 60, 0); /* a time beyond all times */
    size_t at = made.size;
    make_packet(&made, 1, 7, 60, 60, 0);
    made.bytes[at + 21] = 0xff; /* longer than its block */
    make_packet(&made, 1, 8, 60, 60, 0);
    see(&made);
    CHECK_INT(seen.count, 3);
    CHECK_INT(seen.stats.failed, 4);
    CHECK_INT(seen.stats.received, 7);
    CHECK_INT(seen.frames[1].flags, JJ_FRAME_NO_TIME);
    CHECK_INT(seen.frames[1].time, 5000);
    CHECK_INT(seen.frames[2].time, 8000);
    CHECK(strstr(seen.note, ": 4 damaged packets were left out"));

    made.bytes[made.size - 4] ^= 4; /* the last block's second length */
    see(&made);
    CHECK_INT(seen.count, 2);
    CHECK_INT(seen.ended, JJ_EEOF);
    CHECK(strstr(seen.note, ": damaged behind packet 6; the 2 packets before that were read"));
}

static void test_refusals(void)
{
    made = (struct maker){ 0 };
    make_section(&made);
    made.bytes[12] = 9; /* version 9 */
    see(&made);
    CHECK_INT(seen.opened, JJ_EFORMAT);
    made.bytes[12] = 1;
    made.bytes[8] = 9; /* no byte order */
    see(&made);
    CHECK_INT(seen.opened, JJ_EFORMAT);
}

int main(void)
{
    test_against_libpcap();
    test_mixed();
    test_against_tshark();
    test_cuts();
    test_damage();
    test_refusals();
    return test_end();
}
