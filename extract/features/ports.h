/* SPDX-License-Identifier: MIT
 *
 * The names of well-known ports that dst_port_class uses. */
#pragma once
#include <stdint.h>

/* "https", or the IANA range (RFC 6335): "system", "registered", "dynamic". */
const char *jj_port_class(uint16_t port);
