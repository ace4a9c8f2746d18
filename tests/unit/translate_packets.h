/* SPDX-License-Identifier: MIT
 *
 * Frames for the translator's test: random, but of the shapes that filters look at, with the values
 * that its expressions name more likely than others; some cut short, some damaged. */
#pragma once
#include <stdint.h>
#include <string.h>

#define FRAME_ROOM 512

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint32_t random_word(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 24);
}

static uint32_t below(uint32_t limit)
{
    return random_word() % limit;
}

#define ONE_OF(list) list[below(sizeof(list) / sizeof(list)[0])]

struct frame {
    uint32_t size;
    uint8_t bytes[FRAME_ROOM];
};

static void put(struct frame *f, uint32_t value, unsigned bytes)
{
    while (bytes--)
        f->bytes[f->size++] = (uint8_t)(value >> bytes * 8);
}

static void put_random(struct frame *f, unsigned bytes)
{
    while (bytes--)
        put(f, random_word(), 1);
}

static void put_mac(struct frame *f)
{
    static const uint8_t known[] = { 2, 0, 0, 0, 0, 10 };
    if (below(2))
        for (unsigned i = 0; i < sizeof known; i++)
            put(f, known[i], 1);
    else if (below(4))
        put_random(f, 6);
    else
        put(f, ~0u, 4), put(f, ~0u, 2);
}

static void put_ports(struct frame *f)
{
    static const uint16_t known[] = { 22, 53, 80, 443, 443, 1000, 1500, 2000, 2001, 65535 };
    for (unsigned i = 0; i < 2; i++)
        put(f, below(4) ? ONE_OF(known) : random_word(), 2);
}

static void put_tcp(struct frame *f)
{
    static const char *const payload[] = { "GET / HTTP/1.1", "HTTP/1.1 200", "\x16\x03\x01", "" };
    unsigned words = 5 + below(6);
    put_ports(f);
    put_random(f, 8);
    put(f, words << 4, 1);
    put(f, below(2) ? 1u << below(6) : random_word(), 1);
    put_random(f, 6 + (words - 5) * 4);
    for (const char *c = ONE_OF(payload); *c; c++)
        put(f, (uint8_t)*c, 1);
}

static void put_l4(struct frame *f, unsigned protocol)
{
    static const uint8_t icmp[] = { 0, 8, 3, 11, 128, 129, 135 };
    if (protocol == 6) {
        put_tcp(f);
    } else if (protocol == 17 || protocol == 132) {
        put_ports(f);
        put(f, 8 + below(60), 2);
        put_random(f, 2);
    } else if (protocol == 1 || protocol == 58) {
        put(f, ONE_OF(icmp), 1);
        put_random(f, 7);
    }
    put_random(f, below(80));
}

static void put_ipv4(struct frame *f)
{
    static const uint32_t addresses[] = { 0x0a000001, 0x0a000002, 0x0a4d0001, 0xc0a80101,
                                          0x08080808, 0xe0000001, ~0u };
    static const uint8_t protocols[] = { 6, 6, 6, 17, 17, 17, 1, 2, 47, 50, 51, 89, 103, 112, 132 };
    unsigned words = 5 + (below(4) ? 0 : below(11)), protocol = ONE_OF(protocols);
    put(f, 0x40 | words, 1);
    put(f, below(4) ? 0 : random_word(), 1);
    put(f, words * 4 + 20 + below(100), 2);
    put_random(f, 2);
    put(f, below(4) ? 0x4000 : below(2) ? 0x2000 | below(3) : random_word(), 2);
    put_random(f, 1);
    put(f, protocol, 1);
    put_random(f, 2);
    put(f, below(5) ? ONE_OF(addresses) : random_word(), 4);
    put(f, below(5) ? ONE_OF(addresses) : random_word(), 4);
    put_random(f, (words - 5) * 4);
    put_l4(f, protocol);
}

/* One extension header; returns what follows it. */
static unsigned put_extension(struct frame *f, unsigned kind)
{
    static const uint8_t next[] = { 6, 17, 58, 44 };
    unsigned protocol = ONE_OF(next), units = kind == 44 ? 0 : below(2);
    put(f, protocol, 1);
    put(f, units, 1);
    put(f, below(2) ? 0 : random_word(), 2);
    put_random(f, 4 + units * 8);
    return protocol;
}

static void put_ipv6_address(struct frame *f)
{
    if (below(3)) {
        put(f, 0xfd770000, 4);
        put(f, 0, 4), put(f, 0, 4);
        put(f, 1 + below(2), 4);
    } else {
        put_random(f, 16);
    }
}

static void put_ipv6(struct frame *f)
{
    static const uint8_t protocols[] = { 6, 6, 17, 17, 58, 58, 0, 43, 44, 60, 132, 59 };
    unsigned protocol = ONE_OF(protocols);
    put(f, 0x60000000, 4);
    put_random(f, 2);
    put(f, protocol, 1);
    put(f, 64, 1);
    put_ipv6_address(f);
    put_ipv6_address(f);
    if (protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60)
        protocol = put_extension(f, protocol);
    put_l4(f, protocol);
}

static void put_arp(struct frame *f)
{
    put(f, 0x00010800, 4);
    put(f, 0x06040000 | (1 + below(2)), 4);
    put_mac(f);
    put(f, 0x0a000001 + below(3), 4);
    put_mac(f);
    put(f, 0xc0a80101, 4);
    put_random(f, below(20));
}

static void put_mpls(struct frame *f)
{
    unsigned labels = 1 + below(2);
    put(f, 0x8847, 2);
    for (unsigned i = 1; i <= labels; i++)
        put(f, (below(2) ? 1024 : below(1 << 20)) << 12 | (i == labels) << 8 | 64, 4);
    put_ipv4(f);
}

static void put_pppoe(struct frame *f)
{
    put(f, 0x88641100, 4);
    put(f, below(2) ? 7 : random_word(), 2);
    put(f, below(200), 2);
    if (below(2))
        put(f, 0x0021, 2), put_ipv4(f);
    else
        put(f, 0x0057, 2), put_ipv6(f);
}

static void put_tags(struct frame *f)
{
    static const uint16_t kinds[] = { 0x8100, 0x8100, 0x88a8, 0x9100 };
    unsigned tags = below(4) ? 0 : 1 + below(2);
    while (tags--) {
        put(f, ONE_OF(kinds), 2);
        put(f, (below(3) ? 5 : below(4096)) | below(8) << 13, 2);
    }
}

static void put_payload(struct frame *f)
{
    switch (below(16)) {
    case 0:
        put(f, 0x0806, 2), put_arp(f);
        break;
    case 1:
        put_mpls(f);
        break;
    case 2:
        put_pppoe(f);
        break;
    case 3: /* 802.3 with LLC */
        put(f, below(1500), 2), put(f, below(2) ? 0x424203 : 0xaaaa03, 3), put_random(f, 30);
        break;
    case 4:
        put_random(f, 40);
        break;
    case 5:
    case 6:
    case 7:
    case 8:
        put(f, 0x86dd, 2), put_ipv6(f);
        break;
    default:
        put(f, 0x0800, 2), put_ipv4(f);
    }
}

/* At least an Ethernet header, because the kernel tests no shorter ones. */
static void make_frame(struct frame *f)
{
    f->size = 0;
    put_mac(f);
    put_mac(f);
    put_tags(f);
    put_payload(f);
    if (below(6) == 0)
        f->size = 14 + below(f->size - 13);
    for (unsigned i = below(10) ? 0 : 5; i; i--)
        f->bytes[12 + below(f->size - 12)] = (uint8_t)random_word();
}
