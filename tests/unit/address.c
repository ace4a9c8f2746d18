/* SPDX-License-Identifier: MIT
 *
 * Addresses as text against the C library's inet_ntop(). */
#include "engine/base/address.c"

#include <arpa/inet.h>

#include "test.h"

static uint64_t seed = 88172645463325252ull;

static uint64_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static void compare(int family, const uint8_t address[16])
{
    char got[JJ_ADDRESS_ROOM], want[INET6_ADDRSTRLEN];
    size_t length = jj_write_ip(got, address, family == AF_INET ? 4 : 6);
    got[length] = 0;
    inet_ntop(family, address, want, sizeof want);
    if (length > JJ_ADDRESS_MAX || strcmp(got, want) != 0)
        CHECK_STR(got, want);
}

/* Every pattern of zero groups, with groups of every width. */
static void test_zero_patterns(void)
{
    static const uint16_t fill[] = { 1, 0xf, 0x10, 0xff, 0x100, 0xfff, 0x1000, 0xffff };
    uint8_t address[16];
    for (unsigned pattern = 0; pattern < 256; pattern++)
        for (unsigned f = 0; f < 64; f++) {
            for (unsigned i = 0; i < 8; i++) {
                uint16_t group = pattern >> i & 1 ? 0 : fill[(f + i * (f >> 3)) % 8];
                address[2 * i] = (uint8_t)(group >> 8);
                address[2 * i + 1] = (uint8_t)group;
            }
            compare(AF_INET6, address);
            compare(AF_INET, address);
        }
}

static void test_random(void)
{
    uint8_t address[16];
    for (int i = 0; i < 2000000; i++) {
        uint64_t words[2] = { next(), next() };
        memcpy(address, words, 16);
        uint64_t sparse = next();
        if (i & 1)
            for (unsigned b = 0; b < 16; b++)
                address[b] = sparse >> b & 1 ? 0 : (sparse >> (16 + b) & 1 ? 0xff : address[b]);
        compare(AF_INET6, address);
        compare(AF_INET, address);
    }
}

static void test_others(void)
{
    char text[JJ_ADDRESS_ROOM];
    uint8_t bytes[16] = { 0, 0x1f, 0xa0, 0xff };
    CHECK_INT(jj_write_hex(text, bytes, 4), 8);
    CHECK(memcmp(text, "001fa0ff", 8) == 0);
    CHECK_INT(jj_write_hex(text, bytes, 0), 0);
    CHECK_INT(jj_write_ip(text, bytes, 0), 0);
}

int main(void)
{
    test_zero_patterns();
    test_random();
    test_others();
    return test_end();
}
