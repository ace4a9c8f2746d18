/* SPDX-License-Identifier: MIT
 *
 * What two synthetic hosts say to each other, frame by frame. Everything follows from the seed and
 * the conversation's number. Addresses are private and documentation ones; checksums are right. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum talk_kind { TALK_TCP, TALK_UDP, TALK_DNS, TALK_PING, TALK_SCAN };

struct talk {
    uint64_t dice; /* of this conversation */
    uint32_t number;
    uint32_t length; /* frames in all */
    uint32_t said;   /* frames so far */
    uint32_t seq[2]; /* TCP: next of client and server */
    uint8_t kind;    /* enum talk_kind */
    bool ipv6;
};

enum { TALK_LARGEST = 1514, TALK_SMALLEST = 60 };

/* A number that looks random, always the same for the same x. */
static inline uint64_t talk_dice(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/* Writes the next frame to `frame` (TALK_LARGEST bytes) and returns its size: `size`, or as it
 * comes when that is 0. */
unsigned talk_next(struct talk *talk, uint8_t *frame, unsigned size);
