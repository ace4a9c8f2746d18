/* SPDX-License-Identifier: MIT
 *
 * From a packet to the flow's key: the same key and hash for both directions. The hash folds
 * 64 x 64 -> 128 bit products of key words and secret words, so that nobody outside can choose
 * packets that collide. */
#pragma once
#include <string.h>

#include "jj/flow.h"
#include "jj/packet.h"

struct jj_hash_seed {
    uint64_t word[5];
};

/* Random words from the system. */
int jj_hash_seed(struct jj_hash_seed *seed);

/* Which side of the key the packet's source is: 0 when it is the smaller endpoint. Any order
 * will do, as long as it is one; this one needs no bytes swapped. */
static inline unsigned jj_key_side(const struct jj_packet *packet)
{
    uint64_t src[2], dst[2];
    memcpy(src, packet->src, 16);
    memcpy(dst, packet->dst, 16);
    for (unsigned i = 0; i < 2; i++)
        if (src[i] != dst[i])
            return src[i] > dst[i];
    return packet->src_port > packet->dst_port;
}

/* Fills *key and returns the side of the packet's source. */
static inline unsigned jj_key_of(struct jj_key *key, const struct jj_packet *packet)
{
    unsigned side = jj_key_side(packet);
    memcpy(key->addr[side], packet->src, 16);
    memcpy(key->addr[side ^ 1], packet->dst, 16);
    key->port[side] = packet->src_port;
    key->port[side ^ 1] = packet->dst_port;
    key->protocol = packet->protocol;
    key->ip_version = packet->ip_version;
    key->reserved = 0;
    return side;
}

static inline uint64_t jj_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t jj_key_hash(const struct jj_key *key, const struct jj_hash_seed *seed)
{
    uint64_t word[5];
    _Static_assert(sizeof word == sizeof *key, "the whole key is hashed");
    memcpy(word, key, sizeof word);
    uint64_t hash = jj_fold(word[0] ^ seed->word[0], word[1] ^ seed->word[1]) ^
                    jj_fold(word[2] ^ seed->word[2], word[3] ^ seed->word[3]);
    return jj_fold(hash ^ word[4], seed->word[4]);
}

static inline bool jj_key_equal(const struct jj_key *a, const struct jj_key *b)
{
    uint64_t x[5], y[5];
    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4])) == 0;
}
