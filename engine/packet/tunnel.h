/* SPDX-License-Identifier: MIT
 *
 * Tells whether an IP packet carries another one, and where. */
#pragma once
#include "engine/packet/ip.h"

/* Parses what `outer` carries into *inner and gives its tunnel type (enum jj_tunnel_type) and id.
 * JJ_TUNNEL_NONE, and *inner undefined, when it carries no well-formed IP packet. */
int jj_tunnel_enter(const struct jj_ip *outer, struct jj_ip *inner, uint32_t *id);
