/* SPDX-License-Identifier: MIT
 *
 * One IP header with its extension headers, parsed into the few facts that choosing between an
 * outer and an inner packet needs. The rest is read from `header` once the choice is made. */
#pragma once
#include "engine/packet/view.h"

struct jj_ip {
    const uint8_t *header;
    struct jj_view payload; /* behind the extension headers, as long as the header says */
    uint32_t len;           /* the whole datagram */
    uint32_t fixed_len;     /* 40, or IPv4 with options */
    uint32_t frag_id;
    uint16_t flags; /* JJ_PKT_FRAGMENT, _LATER_FRAGMENT, _EXTENSIONS, _L4_CUT */
    uint8_t version;
    uint8_t protocol; /* behind the extension headers */
};

/* False when it is no IP header of that version, or contradicts itself. A chain of IPv6 extension
 * headers that cannot be followed to its end leaves JJ_PKT_L4_CUT and an empty payload. */
bool jj_ip_parse(struct jj_ip *ip, struct jj_view view, int version);
