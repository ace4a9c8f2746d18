/* SPDX-License-Identifier: MIT
 *
 * Packet sockets, see tpacket_socket.h. */
#include "engine/capture/tpacket_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#    define PACKET_IGNORE_OUTGOING 23 /* Linux 4.20 */
#endif

/* Protocol 0: a socket with another one receives from all devices as soon as it is made. */
int jj_packet_socket_open(void)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

static int set(int fd, int option, const void *value, socklen_t size)
{
    return setsockopt(fd, SOL_PACKET, option, value, size) ? -errno : 0;
}

static int listen_to(int fd, const struct jj_device *device, unsigned short protocol)
{
    struct sockaddr_ll address = { .sll_family = AF_PACKET,
                                   .sll_protocol = htons(protocol),
                                   .sll_ifindex = device->ifindex };
    return bind(fd, (struct sockaddr *)&address, sizeof address) ? -errno : 0;
}

/* Loopback delivers all that it sends: seeing that too would count twice. A membership ends with
 * its socket, unlike the interface's flag. */
int jj_packet_socket_start(int fd, const struct jj_device *device,
                           const struct jj_source_options *options)
{
    int yes = 1, code = 0;
    struct packet_mreq wish = { .mr_ifindex = device->ifindex, .mr_type = PACKET_MR_PROMISC };
    if (options->ingress_only || device->loopback)
        code = set(fd, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
    if (!code && options->promiscuous && !device->loopback)
        code = set(fd, PACKET_ADD_MEMBERSHIP, &wish, sizeof wish);
    return code ? code : listen_to(fd, device, ETH_P_ALL);
}

/* A change of protocol makes the kernel wait for handlers that still run. The new one, a test of
 * 1980's Ethernet, hears next to nothing; the caller filters that. A device that vanished has
 * unhooked the socket itself. */
void jj_packet_socket_unhook(int fd, const struct jj_device *device)
{
    listen_to(fd, device, ETH_P_LOOP);
}

bool jj_packet_socket_is_orphan(int fd)
{
    struct sockaddr_ll address = { 0 };
    socklen_t size = sizeof address;
    return getsockname(fd, (struct sockaddr *)&address, &size) == 0 && address.sll_ifindex < 0;
}

/* The kernel itself waits for handlers that still run. */
void jj_packet_socket_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int jj_packet_socket_refused(int code, const char *what, const char *needs, const char *setcap,
                             struct jj_error *err)
{
    if (code == -EPERM || code == -EACCES)
        return jj_fail(err, code, "%s: run as root or `setcap %s+ep` the program", needs, setcap);
    if (code == -EAFNOSUPPORT)
        return jj_fail(err, code, "this kernel has no packet sockets (CONFIG_PACKET)");
    return jj_fail(err, code, "cannot %s: %s", what, jj_strerror(code));
}
