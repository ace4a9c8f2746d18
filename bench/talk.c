/* SPDX-License-Identifier: MIT */
#include "bench/talk.h"

#include <stdio.h>
#include <string.h>

enum { ETHERNET = 14, IPV4 = 20, IPV6 = 40, TCP = 20, UDP = 8, ICMP = 8 };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMP6 = 58 };
enum { PORTS_A_CLIENT = 16, MSS = 1440 };

/* One frame as it is made: from whom, and what of layer 4. */
struct frame {
    const struct talk *talk;
    uint8_t *at;
    unsigned size; /* wanted, or 0 */
    bool reply;
    uint8_t protocol;
};

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

static uint32_t sum16(uint32_t sum, const uint8_t *bytes, unsigned size)
{
    for (unsigned i = 0; i + 1 < size; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    return size % 2 ? sum + ((uint32_t)bytes[size - 1] << 8) : sum;
}

static unsigned checksum(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return ~(sum + (sum >> 16)) & 0xffff;
}

static unsigned header_size(const struct frame *f)
{
    return ETHERNET + (f->talk->ipv6 ? IPV6 : IPV4);
}

/* How much a packet may carry behind `header` bytes of layer 4: `usual`, but exactly what fits when
 * a size is wanted. */
static unsigned payload_size(const struct frame *f, unsigned header, unsigned usual)
{
    unsigned before = header_size(f) + header;
    if (!f->size)
        return usual;
    return f->size > before ? f->size - before : 0;
}

static unsigned client_port(const struct talk *t)
{
    return 32768 + t->number % PORTS_A_CLIENT * 2048 + (unsigned)(t->dice % 2048);
}

static unsigned server_port(const struct talk *t)
{
    static const uint16_t tcp[] = { 443, 443, 443, 443, 443, 80, 80, 22, 25, 993, 3306, 8080 };
    static const uint16_t udp[] = { 443, 443, 443, 123, 3478, 5060, 1194, 51820 };
    unsigned n = (unsigned)(t->dice >> 20);
    if (t->kind == TALK_DNS)
        return 53;
    if (t->kind == TALK_SCAN)
        return 1 + n % 10000;
    return t->kind == TALK_TCP ? tcp[n % 12] : udp[n % 8];
}

/* Conversations have clients of their own, a few each; servers are shared. A scan comes from one
 * host and goes to many. */
static void put_address(const struct talk *t, uint8_t *to, bool server)
{
    uint32_t client = t->number / PORTS_A_CLIENT;
    uint32_t host = server ? (uint32_t)(t->dice >> 40) % 20000 : client;
    if (t->kind == TALK_SCAN)
        host = server ? client : 20000 + (uint32_t)(t->dice >> 40) % 3;
    bool outside = server != (t->kind == TALK_SCAN);
    if (t->ipv6) {
        memcpy(to, (uint8_t[12]){ 0x20, 1, 0xd, 0xb8, [7] = outside }, 12);
        put32(to + 12, host + 1);
    } else {
        put32(to, (outside ? 0xac100000 : 0x0a000000) + (host + 1) % 0xfffff);
    }
}

static void put_ethernet(const struct frame *f)
{
    static const uint8_t inside[6] = { 2, 0, 0, 0, 0, 1 }, outside[6] = { 2, 0, 0, 0, 0, 2 };
    memcpy(f->at, f->reply ? inside : outside, 6);
    memcpy(f->at + 6, f->reply ? outside : inside, 6);
    put16(f->at + 12, f->talk->ipv6 ? 0x86dd : 0x0800);
}

static void put_ip(const struct frame *f, unsigned payload)
{
    const struct talk *t = f->talk;
    uint8_t *ip = f->at + ETHERNET;
    unsigned ttl = f->reply ? 48 + (unsigned)(t->dice >> 8) % 12 : 64;
    if (t->ipv6) {
        memcpy(ip, (uint8_t[8]){ 0x60, [6] = f->protocol, (uint8_t)ttl }, 8);
        put16(ip + 4, payload);
        put_address(t, ip + 8, f->reply);
        put_address(t, ip + 24, !f->reply);
        return;
    }
    memcpy(ip, (uint8_t[12]){ 0x45, [6] = 0x40, [8] = (uint8_t)ttl, f->protocol }, 12);
    put16(ip + 2, IPV4 + payload);
    put16(ip + 4, (unsigned)(t->dice + t->said) & 0xffff);
    put_address(t, ip + 12, f->reply);
    put_address(t, ip + 16, !f->reply);
    put16(ip + 10, checksum(sum16(0, ip, IPV4)));
}

/* Headers around `size` bytes of layer 4, whose checksum field is at `sum_at`. Returns the frame's
 * size, padded as Ethernet wants it or to the size that is wanted. */
static unsigned wrap(const struct frame *f, unsigned size, unsigned sum_at)
{
    unsigned end = header_size(f) + size;
    unsigned least = f->size ? f->size : TALK_SMALLEST;
    uint8_t *l4 = f->at + header_size(f);
    unsigned addresses = f->talk->ipv6 ? 32 : 8;
    put_ethernet(f);
    put_ip(f, size);
    uint32_t sum =
        f->protocol == PROTOCOL_ICMP ? 0 : sum16(size + f->protocol, l4 - addresses, addresses);
    unsigned value = checksum(sum16(sum, l4, size));
    put16(l4 + sum_at, value || f->protocol != PROTOCOL_UDP ? value : 0xffff);
    if (end >= least)
        return end;
    memset(f->at + end, 0, least - end);
    return least;
}

static void put_ports(const struct frame *f, uint8_t *l4)
{
    unsigned client = client_port(f->talk), server = server_port(f->talk);
    put16(l4, f->reply ? server : client);
    put16(l4 + 2, f->reply ? client : server);
}

static void fill(uint8_t *to, unsigned size, uint64_t dice)
{
    for (unsigned i = 0; i < size; i += 8) {
        dice = dice * 6364136223846793005 + 1442695040888963407;
        memcpy(to + i, &dice, size - i < 8 ? size - i : 8);
    }
}

static unsigned tcp(struct talk *t, struct frame *f, unsigned flags, unsigned payload)
{
    uint8_t *l4 = f->at + header_size(f);
    unsigned options = flags & SYN && !f->size ? 4 : 0;
    f->protocol = PROTOCOL_TCP;
    memset(l4, 0, TCP);
    put_ports(f, l4);
    put32(l4 + 4, t->seq[f->reply]);
    put32(l4 + 8, flags & ACK ? t->seq[!f->reply] : 0);
    l4[12] = (uint8_t)((TCP + options) / 4 << 4);
    l4[13] = (uint8_t)flags;
    put16(l4 + 14, 64240 - (unsigned)(t->dice + t->said) % 2000);
    if (options)
        memcpy(l4 + TCP, (uint8_t[4]){ 2, 4, MSS >> 8, MSS & 255 }, 4);
    fill(l4 + TCP + options, payload, t->dice + t->said);
    t->seq[f->reply] += payload + (flags & (SYN | FIN) ? 1 : 0);
    return wrap(f, TCP + options + payload, 16);
}

/* Handshake; requests, answers in full segments, acknowledgements; FIN, FIN, ACK when there is
 * room for all of it. */
static unsigned next_tcp(struct talk *t, struct frame *f)
{
    unsigned left = t->length - t->said;
    unsigned turn = (t->said - 3) % 6;
    if (t->said < 3) {
        f->reply = t->said == 1;
        return tcp(t, f, t->said == 0 ? SYN : t->said == 1 ? SYN | ACK : ACK, 0);
    }
    if (t->length >= 7 && left <= 3) {
        f->reply = left == 2;
        return tcp(t, f, left == 1 ? ACK : FIN | ACK, 0);
    }
    f->reply = turn == 1 || turn == 2 || turn == 4;
    unsigned usual = turn == 0 ? 80 + (unsigned)(t->dice >> 12) % 500 : f->reply ? MSS : 0;
    if (turn == 4)
        usual = 1 + (unsigned)(t->dice >> 24) % MSS;
    unsigned payload = payload_size(f, TCP, usual);
    return tcp(t, f, payload ? PSH | ACK : ACK, payload);
}

static unsigned udp(struct frame *f, unsigned payload)
{
    uint8_t *l4 = f->at + header_size(f);
    f->protocol = PROTOCOL_UDP;
    put_ports(f, l4);
    put16(l4 + 4, UDP + payload);
    put16(l4 + 6, 0);
    return wrap(f, UDP + payload, 6);
}

static unsigned next_udp(struct talk *t, struct frame *f)
{
    uint64_t dice = talk_dice(t->dice + t->said);
    f->reply = t->said == 1 || (t->said > 1 && dice % 4 != 0);
    unsigned payload = payload_size(
        f, UDP, f->reply ? 100 + (unsigned)(dice >> 8) % 1300 : 30 + (unsigned)(dice >> 8) % 200);
    fill(f->at + header_size(f) + UDP, payload, dice);
    return udp(f, payload);
}

/* A question for an A record and its answer. */
static unsigned next_dns(struct talk *t, struct frame *f)
{
    uint8_t *dns = f->at + header_size(f) + UDP, *at = dns + 12;
    f->reply = t->said % 2;
    memset(dns, 0, 12);
    put16(dns, (unsigned)(t->dice >> 7) & 0xffff);
    put16(dns + 2, f->reply ? 0x8180 : 0x0100);
    put16(dns + 4, 1);
    put16(dns + 6, f->reply);
    at += 1 + (*at = (uint8_t)sprintf((char *)at + 1, "host%u", (unsigned)(t->dice >> 33) % 5000));
    memcpy(at, "\7example\3com\0\0\1\0\1", 17);
    at += 17;
    if (f->reply) {
        memcpy(at, "\300\14\0\1\0\1\0\0\1\54\0\4", 12);
        put32(at + 12, 0xcb007100 + (unsigned)(t->dice >> 50) % 254); /* 203.0.113.0/24 */
        at += 16;
    }
    return udp(f, (unsigned)(at - dns));
}

static unsigned next_ping(struct talk *t, struct frame *f)
{
    uint8_t *l4 = f->at + header_size(f);
    unsigned payload = payload_size(f, ICMP, 56);
    f->reply = t->said % 2;
    f->protocol = t->ipv6 ? PROTOCOL_ICMP6 : PROTOCOL_ICMP;
    memset(l4, 0, ICMP);
    l4[0] = t->ipv6 ? 128 + f->reply : f->reply ? 0 : 8;
    put16(l4 + 4, client_port(t));
    put16(l4 + 6, t->said / 2 + 1);
    fill(l4 + ICMP, payload, t->dice);
    return wrap(f, ICMP + payload, 2);
}

/* SYN; most ports are closed. */
static unsigned next_scan(struct talk *t, struct frame *f)
{
    f->reply = t->said % 2;
    return tcp(t, f, f->reply ? RST | ACK : SYN, 0);
}

unsigned talk_next(struct talk *talk, uint8_t *frame, unsigned size)
{
    static unsigned (*const next[])(struct talk *, struct frame *) = {
        [TALK_TCP] = next_tcp,   [TALK_UDP] = next_udp,   [TALK_DNS] = next_dns,
        [TALK_PING] = next_ping, [TALK_SCAN] = next_scan,
    };
    struct frame f = { .talk = talk, .at = frame, .size = size };
    unsigned made = next[talk->kind](talk, &f);
    talk->said++;
    return made;
}
