/* SPDX-License-Identifier: MIT
 *
 * A datagram is addresses, identification and (IPv4) protocol, within its VLAN and tunnel: the
 * same private addresses may live in many of those. */
#include "engine/packet/frag.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 1024, WAYS = 4 };
#define LIFETIME INT64_C(30000000000) /* ns: RFC 1122 and RFC 8200 give up after 60 s, Linux 30 */

/* Compared as bytes: no padding. */
struct datagram {
    uint8_t src[16];
    uint8_t dst[16];
    uint32_t id;
    uint32_t tunnel_id;
    uint16_t vlan;
    uint8_t tunnel_type;
    uint8_t ip_version;
    uint8_t protocol; /* 0 for IPv6: later fragments may not know it */
    uint8_t unused[3];
};

struct entry {
    struct datagram key;
    uint16_t src_port;
    uint16_t dst_port;
    uint8_t protocol;
    bool used;
    int64_t time;
};

struct jj_frag_cache {
    struct entry sets[SETS][WAYS];
};

_Static_assert(sizeof(struct datagram) == 48, "padding would be compared");

struct jj_frag_cache *jj_frag_create(void)
{
    return calloc(1, sizeof(struct jj_frag_cache));
}

void jj_frag_destroy(struct jj_frag_cache *cache)
{
    free(cache);
}

static struct datagram datagram_of(const struct jj_packet *p, uint32_t id)
{
    struct datagram key = {
        .id = id,
        .tunnel_id = p->tunnel.type ? p->tunnel.id : 0,
        .vlan = p->vlan[0],
        .tunnel_type = p->tunnel.type,
        .ip_version = p->ip_version,
        .protocol = p->ip_version == 4 ? p->protocol : 0,
    };
    memcpy(key.src, p->src, sizeof key.src);
    memcpy(key.dst, p->dst, sizeof key.dst);
    return key;
}

static struct entry *set_of(struct jj_frag_cache *cache, const struct datagram *key)
{
    uint64_t word, hash = 0;
    for (size_t i = 0; i < sizeof *key; i += sizeof word) {
        memcpy(&word, (const uint8_t *)key + i, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return cache->sets[hash % SETS];
}

/* Captures merged from several queues go back in time a little, so age has no sign. */
static bool fresh(const struct entry *e, int64_t now)
{
    uint64_t age =
        now > e->time ? (uint64_t)now - (uint64_t)e->time : (uint64_t)e->time - (uint64_t)now;
    return e->used && age <= LIFETIME;
}

static struct entry *lookup(struct entry *set, const struct datagram *key)
{
    for (int i = 0; i < WAYS; i++)
        if (set[i].used && memcmp(&set[i].key, key, sizeof *key) == 0)
            return &set[i];
    return NULL;
}

static struct entry *victim(struct entry *set)
{
    struct entry *oldest = set;
    for (int i = 0; i < WAYS; i++) {
        if (!set[i].used)
            return &set[i];
        if (set[i].time < oldest->time)
            oldest = &set[i];
    }
    return oldest;
}

static void remember(struct entry *set, const struct datagram *key, const struct jj_packet *p)
{
    struct entry *e = lookup(set, key);
    if (!e)
        e = victim(set);
    *e = (struct entry){
        .key = *key,
        .src_port = p->src_port,
        .dst_port = p->dst_port,
        .protocol = p->protocol,
        .used = true,
        .time = p->time,
    };
}

void jj_frag_apply(struct jj_frag_cache *cache, struct jj_packet *packet, uint32_t id)
{
    struct datagram key = datagram_of(packet, id);
    struct entry *set = set_of(cache, &key);
    if (!(packet->flags & JJ_PKT_LATER_FRAGMENT)) {
        remember(set, &key, packet);
        return;
    }
    const struct entry *e = lookup(set, &key);
    if (!e || !fresh(e, packet->time))
        return;
    packet->src_port = e->src_port;
    packet->dst_port = e->dst_port;
    packet->protocol = e->protocol;
    packet->flags |= JJ_PKT_PORTS_CACHED;
}
