/* SPDX-License-Identifier: MIT
 *
 * --compat=joyfuljay, as far as packets and the ends of flows go. JoyfulJay 0.1.6.1 counts link
 * padding as payload, gives later fragments no ports, knows ports of TCP and UDP only, and looks at
 * timeouts once in 10,000 packets. Its arithmetic is the extractors' policy, its way of closing a
 * connection the flow table's. */
#pragma once
#include "engine/flow/flows.h"

/* Changes lengths and ports of a decoded packet to what JoyfulJay has. */
void jj_compat_packet(struct jj_packet *packet);

/* Like jj_flows_add, with JoyfulJay's timeouts in between. */
void jj_compat_add(struct jj_flows *flows, const struct jj_packet *packets, unsigned count);
