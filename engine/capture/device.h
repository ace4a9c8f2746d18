/* SPDX-License-Identifier: MIT
 *
 * What live sources want to know of the network device they capture on: number, type, state,
 * losses. Holds nothing open. */
#pragma once
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "jj/error.h"
#include "jj/source.h"

struct jj_device {
    int ifindex;
    char name[IF_NAMESIZE];
    bool loopback;
    uint16_t linktype; /* Ethernet or raw IP: others are refused */
};

int jj_device_find(struct jj_device *device, const char *name, struct jj_error *err);
bool jj_device_is_present(const struct jj_device *device);
bool jj_device_is_up(const struct jj_device *device);
uint64_t jj_device_missed(const struct jj_device *device); /* frames it had no room for */
struct jj_interface jj_device_interface(const struct jj_device *device, uint32_t snaplen);
