/* SPDX-License-Identifier: MIT
 *
 * Remembers the ports of first fragments, so that later ones belong to the same flow. Fixed
 * memory, set-associative: a full set gives up its oldest entry. Owned by one decoder. */
#pragma once
#include "jj/packet.h"

struct jj_frag_cache;

struct jj_frag_cache *jj_frag_create(void); /* NULL: no memory */
void jj_frag_destroy(struct jj_frag_cache *cache);

/* For a packet with JJ_PKT_FRAGMENT, decoded otherwise. A first fragment is remembered; a later
 * one gets ports, upper protocol and JJ_PKT_PORTS_CACHED when its first was seen in the last 30 s
 * of packet time. `id` is the IPv4 or IPv6 identification. */
void jj_frag_apply(struct jj_frag_cache *cache, struct jj_packet *packet, uint32_t id);
