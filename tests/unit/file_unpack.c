/* SPDX-License-Identifier: MIT
 *
 * Compressed capture files, made by the libraries and by the programs gzip, zstd and lz4: whole,
 * joined, cut at every length and damaged at every byte. */
#include "engine/capture/file_unpack.c"

#include <stdio.h>

#include "file_make.h"
#include "test.h"

static struct seen plain, seen;
static struct maker made;

struct packed {
    size_t size;
    uint8_t bytes[1 << 17];
};

static struct packed whole, joined;

static void pack_gzip(struct packed *p, const uint8_t *from, size_t size)
{
    z_stream z = { .next_in = (uint8_t *)from,
                   .avail_in = (uInt)size,
                   .next_out = p->bytes,
                   .avail_out = sizeof p->bytes };
    deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
    p->size = z.total_out;
    deflateEnd(&z);
}

/* With a checksum, as the program writes it. */
static void pack_zstd(struct packed *p, const uint8_t *from, size_t size)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    p->size = ZSTD_compress2(zstd, p->bytes, sizeof p->bytes, from, size);
    ZSTD_freeCCtx(zstd);
}

static void pack_lz4(struct packed *p, const uint8_t *from, size_t size)
{
    LZ4F_preferences_t how = { .frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled };
    p->size = LZ4F_compressFrame(p->bytes, sizeof p->bytes, from, size, &how);
}

static void see(const struct packed *p)
{
    char path[32];
    int fd = as_file(p->bytes, p->size, path);
    read_file(jj_source_find("file"), path, &seen);
    close(fd);
}

static void join(const struct packed *p)
{
    memcpy(joined.bytes + joined.size, p->bytes, p->size);
    joined.size += p->size;
}

/* The first `seen.count` packets are those of the plain file. */
static void check_prefix(void)
{
    CHECK(seen.count <= plain.count);
    for (unsigned i = 0; i < seen.count && i < plain.count; i++) {
        CHECK(seen.hash[i] == plain.hash[i] && seen.frames[i].time == plain.frames[i].time);
    }
}

static void test_codec(void (*pack)(struct packed *, const uint8_t *, size_t))
{
    pack(&whole, made.bytes, made.size);
    see(&whole);
    CHECK_INT(seen.count, plain.count);
    CHECK_STR(seen.note, "");
    check_prefix();

    joined.size = 0;
    for (size_t at = 0, part = 0; at < made.size; at += part) {
        part = made.size - at < 1500 ? made.size - at : 1500;
        pack(&whole, made.bytes + at, part);
        join(&whole);
    }
    see(&joined);
    CHECK_INT(seen.count, plain.count);
    CHECK_STR(seen.note, "");
    check_prefix();

    size_t all = joined.size;
    for (joined.size = 1; joined.size < all; joined.size += 1 + joined.size / 100) {
        see(&joined);
        if (seen.opened == 0) {
            CHECK_INT(seen.ended, JJ_EEOF);
            check_prefix();
        }
        CHECK(seen.opened == JJ_EFORMAT || seen.count < plain.count);
    }
    pack(&whole, made.bytes, made.size);
    whole.size -= 3;
    see(&whole);
    CHECK(strstr(seen.note, ": its compressed data are cut short behind packet "));
}

/* Any byte: no crash, and never more packets than there are. */
static void test_damage(void (*pack)(struct packed *, const uint8_t *, size_t))
{
    pack(&whole, made.bytes, made.size);
    unsigned noted = 0;
    for (size_t at = 4; at < whole.size; at += 1 + whole.size / 300) {
        whole.bytes[at] ^= 0x41;
        see(&whole);
        CHECK(seen.opened < 0 || seen.ended == JJ_EEOF);
        noted += seen.opened < 0 || seen.note[0];
        whole.bytes[at] ^= 0x41;
    }
    CHECK(noted > 100);
}

static void test_program(const char *program)
{
    char name[] = "/tmp/jj-unpack-XXXXXX", command[200], path[64];
    snprintf(command, sizeof command, "command -v %s >/dev/null", program);
    if (system(command) != 0) {
        printf("no %s: its files were not tried\n", program);
        return;
    }
    int fd = mkstemp(name);
    CHECK_INT(write(fd, made.bytes, made.size), made.size);
    snprintf(path, sizeof path, "%s.packed", name);
    snprintf(command, sizeof command, "%s -c %s >%s 2>/dev/null", program, name, path);
    CHECK_INT(system(command), 0);
    read_file(jj_source_find("file"), path, &seen);
    CHECK_INT(seen.count, plain.count);
    check_prefix();
    close(fd);
    unlink(name);
    unlink(path);
}

int main(void)
{
    make_pcap(&made, 0xa1b2c3d4, 1);
    for (unsigned i = 0; i < 300; i++) {
        make_record(&made, i, i * 31, 40 + i % 170, 1500);
    }
    memcpy(whole.bytes, made.bytes, made.size);
    whole.size = made.size;
    see(&whole);
    plain = seen;
    CHECK_INT(plain.count, 300);
    test_codec(pack_gzip);
    test_codec(pack_zstd);
    test_codec(pack_lz4);
    test_damage(pack_gzip);
    test_damage(pack_zstd);
    test_damage(pack_lz4);
    test_program("gzip");
    test_program("zstd -q");
    test_program("lz4 -q");
    return test_end();
}
