/* SPDX-License-Identifier: MIT
 *
 * The ring of a packet socket, TPACKET_V3: blocks that the kernel fills with frames and hands over
 * one after the other, each when it is full or 10 ms old. Frames are lent out where they stand; a
 * block goes back when none of its frames is lent any more. Owns the mapping; one reader thread. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "jj/packet.h"

struct jj_tpacket_ring {
    uint8_t *map;
    size_t block_bytes;
    unsigned blocks;
    unsigned current; /* block being read */
    unsigned left;    /* frames of it not looked at yet */
    uint8_t *at;      /* the next one */
    unsigned held;    /* blocks before `current` that were read and are lent out */
    uint32_t snaplen;
    uint16_t linktype;
};

#define JJ_TPACKET_SMALLEST (256u << 10) /* two blocks that the largest GSO packet fits in */

/* Gives the socket a ring of `bytes`, a power of two. Before it is bound. */
int jj_tpacket_ring_map(struct jj_tpacket_ring *ring, int fd, size_t bytes);
void jj_tpacket_ring_unmap(struct jj_tpacket_ring *ring);

/* Up to `max` frames, without waiting; lent until jj_tpacket_ring_give_back. */
unsigned jj_tpacket_ring_take(struct jj_tpacket_ring *ring, struct jj_frame *frames, unsigned max);
void jj_tpacket_ring_give_back(struct jj_tpacket_ring *ring);
