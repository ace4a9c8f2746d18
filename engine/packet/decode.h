/* SPDX-License-Identifier: MIT
 *
 * Decodes a frame once: link layer, VLAN, MPLS, PPPoE, IP with its extension headers and
 * fragments, tunnels, layer 4. Pure but for the decoder's own fragment cache: no clock (age is
 * measured in packet time), no allocation after create. One decoder belongs to one reader, on one
 * thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "jj/packet.h"

struct jj_decoder;

enum jj_decode_result {
    JJ_DECODE_OK,
    JJ_DECODE_NOT_IP,    /* ARP, STP, an unknown ethertype or link type, link header cut */
    JJ_DECODE_MALFORMED, /* IP header cut, or its version or lengths contradict themselves */
};

/* `outer`: never look inside tunnels. Returns 0 or -ENOMEM. */
int jj_decoder_create(struct jj_decoder **out, bool outer);
void jj_decoder_destroy(struct jj_decoder *decoder);

/* *out is complete after JJ_DECODE_OK (but `ordinal` and `hash`, which others set) and undefined
 * otherwise. It borrows the frame's bytes. */
enum jj_decode_result jj_decode(struct jj_decoder *decoder, const struct jj_frame *frame,
                                struct jj_packet *out);

/* The name never is NULL; of a number nobody knows it is "unknown". */
bool jj_linktype_supported(uint16_t linktype);
const char *jj_linktype_name(uint16_t linktype);
