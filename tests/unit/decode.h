/* SPDX-License-Identifier: MIT
 *
 * Packets written down in hex, for the decoder's tests. A frame lives in memory of its exact size,
 * so that a sanitizer sees a read behind it. */
#pragma once
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet/decode.h"
#include "test.h"

#define MACS "0a0b0c0d0e0f 020304050607 "
#define ETH4 MACS "0800 "
#define ETH6 MACS "86dd "

/* 10.0.0.1 > 172.16.0.2, ttl 64, tos 0x10, id 0x1234. Lengths and so on are hex digits. */
#define IP4_FRAG(length, frag, protocol) \
    "4510 " length " 1234 " frag " 40 " protocol " 0000 0a000001 ac100002 "
#define IP4(length, protocol) IP4_FRAG(length, "0000", protocol)
/* 2001:db8::1 > 2001:db8::2, hop limit 63, traffic class 0x20. */
#define IP6_ADDRESSES     "20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define IP6(length, next) "62000001 " length " " next " 3f " IP6_ADDRESSES

/* 4660 > 443, seq 0x01020304, ack 0x05060708, NS PSH ACK, window 4096. */
#define TCP_OFFSET(offset)   "1234 01bb 01020304 05060708 " offset "118 1000 0000 0000 "
#define TCP20                TCP_OFFSET("5")
#define UDP(length)          "1234 0035 " length " 0000 "
#define UDP_TO(port, length) "c000 " port " " length " 0000 "

static struct jj_frame test_frame(uint16_t linktype, const char *hex)
{
    uint8_t *bytes = malloc(strlen(hex) / 2 + 1);
    uint32_t digits = 0;
    unsigned value = 0;
    for (; *hex; hex++) {
        if (!isxdigit((unsigned char)*hex))
            continue;
        int c = tolower((unsigned char)*hex);
        value = value << 4 | (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
        if (digits++ & 1)
            bytes[digits / 2 - 1] = (uint8_t)value;
    }
    uint32_t size = digits / 2;
    bytes = realloc(bytes, size ? size : 1);
    return (struct jj_frame){ .time = 1000000000,
                              .data = bytes,
                              .cap_len = size,
                              .wire_len = size,
                              .interface = 3,
                              .linktype = linktype,
                              .direction = JJ_DIR_OUT };
}

static inline void test_free(struct jj_frame *frame)
{
    free((void *)(uintptr_t)frame->data);
}

/* Decodes a whole frame with a decoder of its own; what was in *out before must not matter. */
static inline int decode_hex(struct jj_packet *out, bool outer, uint16_t linktype, const char *hex)
{
    struct jj_decoder *decoder;
    struct jj_frame frame = test_frame(linktype, hex);
    memset(out, 0xa5, sizeof *out);
    if (jj_decoder_create(&decoder, outer) != 0)
        return -1;
    int result = jj_decode(decoder, &frame, out);
    jj_decoder_destroy(decoder);
    test_free(&frame);
    return result;
}

static inline struct jj_packet decode(uint16_t linktype, const char *hex)
{
    struct jj_packet packet;
    CHECK_INT(decode_hex(&packet, false, linktype, hex), JJ_DECODE_OK);
    return packet;
}

/* As if only `captured` bytes had been kept. */
static inline struct jj_packet decode_cut(uint16_t linktype, const char *hex, uint32_t captured)
{
    struct jj_packet packet;
    struct jj_decoder *decoder;
    struct jj_frame whole = test_frame(linktype, hex), frame = whole;
    uint8_t *bytes = malloc(captured);
    memcpy(bytes, whole.data, captured);
    frame.data = bytes;
    frame.cap_len = captured;
    memset(&packet, 0xa5, sizeof packet);
    CHECK_INT(jj_decoder_create(&decoder, false), 0);
    CHECK_INT(jj_decode(decoder, &frame, &packet), JJ_DECODE_OK);
    jj_decoder_destroy(decoder);
    free(bytes);
    test_free(&whole);
    return packet;
}
