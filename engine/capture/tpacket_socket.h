/* SPDX-License-Identifier: MIT
 *
 * A packet socket (packet(7)) that watches one device: what the sources "tap" and "tpacket" have in
 * common. Whatever it did to the device ends with the socket, so also when the process is killed.
 * Functions return -errno. */
#pragma once
#include <stdbool.h>

#include "jj/error.h"
#include "jj/source.h"

#include "engine/capture/device.h"

/* A descriptor that receives nothing yet. */
int jj_packet_socket_open(void);

/* From here on frames come. Set up the socket before. */
int jj_packet_socket_start(int fd, const struct jj_device *device,
                           const struct jj_source_options *options);

/* The device went away, or into another network namespace; not: it is down. */
bool jj_packet_socket_is_orphan(int fd);

/* Off the device for good, and no frame is being put into the socket's ring any more on return. */
void jj_packet_socket_unhook(int fd, const struct jj_device *device);

/* Closing the socket, and no frame is being handed to it any more on return. Accepts -1. */
void jj_packet_socket_close(int *fd);

/* The sentence when such a socket was refused; `needs` as in "the source x needs ...". */
int jj_packet_socket_refused(int code, const char *what, const char *needs, const char *setcap,
                             struct jj_error *err);
