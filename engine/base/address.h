/* SPDX-License-Identifier: MIT
 *
 * Addresses and bytes as text, exactly as inet_ntop() has them and fast. Every function returns the
 * length, writes no '\0', and may scribble over JJ_ADDRESS_ROOM bytes at `to`. Any thread. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define JJ_ADDRESS_ROOM 64 /* to be free at `to` */
#define JJ_ADDRESS_MAX  45 /* no result is longer: INET6_ADDRSTRLEN - 1 */

size_t jj_write_ipv4(char *to, const uint8_t address[4]);
size_t jj_write_ipv6(char *to, const uint8_t address[16]);

/* `version` 4: the first four bytes. 6: all. Anything else: no text, 0. */
size_t jj_write_ip(char *to, const uint8_t address[16], unsigned version);

/* Two lower-case digits a byte, exactly 2 * size of them. */
size_t jj_write_hex(char *to, const void *bytes, size_t size);
