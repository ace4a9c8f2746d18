/* SPDX-License-Identifier: MIT
 *
 * The questions of device.h, asked by ioctl and netlink: /sys may show another network namespace.
 */
#include "engine/capture/device.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef ARPHRD_RAWIP
#    define ARPHRD_RAWIP 519
#endif

enum { LINKTYPE_ETHERNET = 1, LINKTYPE_RAW = 101 };

static int no_such_device(const char *name, struct jj_error *err)
{
    char list[160] = "";
    size_t used = 0;
    struct if_nameindex *all = if_nameindex();
    for (struct if_nameindex *i = all; i && i->if_name && used < sizeof list; i++)
        used +=
            (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", i->if_name);
    if (all)
        if_freenameindex(all);
    return jj_fail(err, -ENODEV, "no interface '%.40s'; there are: %s", name, list);
}

static int request(const struct jj_device *device, unsigned long what, struct ifreq *out)
{
    *out = (struct ifreq){ 0 };
    memcpy(out->ifr_name, device->name, sizeof device->name);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int code = ioctl(fd, what, out) ? -errno : 0;
    close(fd);
    return code;
}

static int set_linktype(struct jj_device *device, struct jj_error *err)
{
    struct ifreq answer;
    int code = request(device, SIOCGIFHWADDR, &answer);
    if (code)
        return jj_fail(err, code, "cannot ask %s for its type: %s", device->name,
                       jj_strerror(code));
    switch (answer.ifr_hwaddr.sa_family) {
    case ARPHRD_LOOPBACK:
        device->loopback = true;
        /* fall through */
    case ARPHRD_ETHER:
        device->linktype = LINKTYPE_ETHERNET;
        return 0;
    case ARPHRD_NONE:
    case ARPHRD_RAWIP:
        device->linktype = LINKTYPE_RAW;
        return 0;
    default:
        return jj_fail(err, JJ_EUNSUPPORTED,
                       "%s is neither Ethernet nor raw IP (its type is %d): live capture reads "
                       "only these; capture on the device below it",
                       device->name, answer.ifr_hwaddr.sa_family);
    }
}

int jj_device_find(struct jj_device *device, const char *name, struct jj_error *err)
{
    device->ifindex = (int)if_nametoindex(name);
    if (!device->ifindex)
        return no_such_device(name, err);
    snprintf(device->name, sizeof device->name, "%s", name);
    return set_linktype(device, err);
}

bool jj_device_is_present(const struct jj_device *device)
{
    char name[IF_NAMESIZE];
    return if_indextoname((unsigned)device->ifindex, name) != NULL;
}

bool jj_device_is_up(const struct jj_device *device)
{
    struct ifreq answer;
    return request(device, SIOCGIFFLAGS, &answer) == 0 && answer.ifr_flags & IFF_UP;
}

/* Only rx_missed_errors: rx_dropped also counts what the stack threw away behind our hook. Not from
 * /sys, which may show another network namespace. */
uint64_t jj_device_missed(const struct jj_device *device)
{
    uint32_t missed = 0;
    struct ifaddrs *all;
    if (getifaddrs(&all))
        return 0;
    for (struct ifaddrs *i = all; i; i = i->ifa_next) {
        if (i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET && i->ifa_data &&
            !strcmp(i->ifa_name, device->name))
            missed = ((const struct rtnl_link_stats *)i->ifa_data)->rx_missed_errors;
    }
    freeifaddrs(all);
    return missed;
}

struct jj_interface jj_device_interface(const struct jj_device *device, uint32_t snaplen)
{
    struct jj_interface interface = { .index = (uint32_t)device->ifindex,
                                      .snaplen = snaplen,
                                      .linktype = device->linktype,
                                      .ticks_per_second = 1000000000 };
    snprintf(interface.name, sizeof interface.name, "%s", device->name);
    return interface;
}
