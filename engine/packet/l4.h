/* SPDX-License-Identifier: MIT
 *
 * Layer 4: ports, TCP and ICMP fields, and how much payload there is. */
#pragma once
#include "jj/packet.h"

#include "engine/packet/ip.h"

/* Fills the layer-4 fields of *out from ip->payload and adds to out->flags; out->data is set. */
void jj_l4_decode(struct jj_packet *out, const struct jj_ip *ip);
