/* SPDX-License-Identifier: MIT */
#include "engine/base/address.h"

#include <stdbool.h>
#include <string.h>

static const char hex[16] = "0123456789abcdef";

static inline size_t write_octet(char *to, unsigned value)
{
    unsigned hundreds = value / 100, tens = value / 10;
    size_t at = 0;
    if (hundreds)
        to[at++] = (char)('0' + hundreds);
    if (tens)
        to[at++] = (char)('0' + tens - 10 * hundreds);
    to[at++] = (char)('0' + value - 10 * tens);
    return at;
}

size_t jj_write_ipv4(char *to, const uint8_t address[4])
{
    size_t at = 0;
    for (unsigned i = 0; i < 4; i++) {
        at += write_octet(to + at, address[i]);
        to[at++] = '.';
    }
    return at - 1;
}

static inline size_t write_group(char *to, unsigned value)
{
    unsigned digits = (35u - (unsigned)__builtin_clz(value | 1)) / 4;
    for (unsigned i = 0; i < digits; i++)
        to[i] = hex[value >> 4 * (digits - 1 - i) & 15];
    return digits;
}

struct run {
    unsigned first, length; /* of zero groups */
};

/* The first of the longest runs of zeros; a single zero is no run (RFC 5952, 4.2). */
static struct run longest_zeros(const uint16_t groups[8])
{
    struct run best = { 8, 1 }, now = { 0, 0 };
    for (unsigned i = 0; i < 8; i++) {
        if (groups[i] != 0) {
            now.length = 0;
            continue;
        }
        if (now.length++ == 0)
            now.first = i;
        if (now.length > best.length)
            best = now;
    }
    return best;
}

/* "::1.2.3.4", "::ffff:1.2.3.4": what inet_ntop() takes for an IPv4 address inside. */
static bool ends_in_ipv4(const uint16_t groups[8], struct run zeros)
{
    if (zeros.first != 0)
        return false;
    return zeros.length == 6 || (zeros.length == 5 && groups[5] == 0xffff);
}

size_t jj_write_ipv6(char *to, const uint8_t address[16])
{
    uint16_t groups[8];
    for (unsigned i = 0; i < 8; i++)
        groups[i] = (uint16_t)(address[2 * i] << 8 | address[2 * i + 1]);
    struct run zeros = longest_zeros(groups);
    bool ipv4 = ends_in_ipv4(groups, zeros);
    unsigned end = ipv4 ? 6 : 8;
    size_t at = 0;
    for (unsigned i = 0; i < end; i++) {
        if (i == zeros.first) {
            to[at++] = ':';
            i += zeros.length - 1;
            continue;
        }
        if (i != 0)
            to[at++] = ':';
        at += write_group(to + at, groups[i]);
    }
    if (zeros.first + zeros.length == end || ipv4)
        to[at++] = ':';
    return ipv4 ? at + jj_write_ipv4(to + at, address + 12) : at;
}

size_t jj_write_ip(char *to, const uint8_t address[16], unsigned version)
{
    if (version == 4)
        return jj_write_ipv4(to, address);
    return version == 6 ? jj_write_ipv6(to, address) : 0;
}

size_t jj_write_hex(char *to, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    for (size_t i = 0; i < size; i++) {
        to[2 * i] = hex[from[i] >> 4];
        to[2 * i + 1] = hex[from[i] & 15];
    }
    return 2 * size;
}
