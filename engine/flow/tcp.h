/* SPDX-License-Identifier: MIT
 *
 * How a TCP connection shows that it began and ended (RFC 9293 3.5, 3.6; RFC 5961 for resets). */
#pragma once
#include <stdbool.h>

#include "jj/flow.h"
#include "jj/packet.h"

/* Whether this packet of `side` opens another connection on the same ports. */
bool jj_tcp_opens_anew(const struct jj_flow *flow, const struct jj_packet *packet, unsigned side);

/* Takes the packet into account. Returns JJ_END_FIN or JJ_END_RST when it ended the connection,
 * else JJ_END_NONE. */
enum jj_end_reason jj_tcp_follow(struct jj_flow *flow, const struct jj_packet *packet,
                                 unsigned side);
