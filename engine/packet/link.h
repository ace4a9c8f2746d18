/* SPDX-License-Identifier: MIT
 *
 * Everything before IP: takes link headers, tags and labels off a view. Also used inside tunnels
 * that carry Ethernet or an ethertype. */
#pragma once
#include "engine/packet/view.h"

/* What comes next: an ethertype, or one of these. */
enum jj_link_kind {
    JJ_LINK_IPV4 = 0x0800,
    JJ_LINK_IPV6 = 0x86dd,
    JJ_LINK_NOTHING = 0x10000,
    JJ_LINK_ETHERNET,
    JJ_LINK_LLC,
    JJ_LINK_PPP,
    JJ_LINK_PPPOE,
    JJ_LINK_HDLC,
    JJ_LINK_LOOPBACK,
    JJ_LINK_SLL,
    JJ_LINK_SLL2,
    JJ_LINK_IP, /* the version nibble says which */
};

struct jj_link {
    uint16_t flags; /* JJ_PKT_802_3, JJ_PKT_REWRAPPED */
    uint8_t tags;
    uint16_t vlan[2];
};

/* The kind a LINKTYPE_* starts with; JJ_LINK_NOTHING when it is not supported. */
uint32_t jj_link_start(uint16_t linktype);

/* Walks from `kind` to IP and returns 4 or 6, or 0 when there is none. */
int jj_link_walk(struct jj_link *link, struct jj_view *view, uint32_t kind);
