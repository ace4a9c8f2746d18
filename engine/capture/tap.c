/* SPDX-License-Identifier: MIT
 *
 * The source "tap": frames of one interface in both directions, from a packet socket whose eBPF
 * filter copies them into the rings. Owns the socket; the rest is ring_source.h. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/socket.h>

#include "bpf/objects.h"
#include "engine/capture/ring_source.h"
#include "engine/capture/tpacket_socket.h"

extern const struct jj_source_ops jj_source_tap;

struct tap {
    struct jj_ring_source ring;
    int socket;
};

static const struct jj_kernel_needs needs = {
    .sentence = "the source tap needs CAP_BPF and CAP_NET_RAW",
    .setcap = "cap_bpf,cap_net_raw",
    .second = CAP_NET_RAW,
    .kernel = "Linux 6.1 (the source tpacket does without)",
};

static const struct jj_kernel_images images = { "jj_tap", &jj_bpf_tap_exact, &jj_bpf_tap_classes };

static int refused(int code, const char *what, struct jj_error *err)
{
    return jj_packet_socket_refused(code, what, needs.sentence, needs.setcap, err);
}

static int attach(struct jj_ring_source *source, const struct jj_source_options *options,
                  struct jj_error *err)
{
    int program = jj_kernel_side_program(&source->kernel, "jj_tap");
    int fd = ((struct tap *)source)->socket = jj_packet_socket_open();
    if (fd < 0)
        return refused(fd, "open a packet socket", err);
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof program))
        return refused(-errno, "give the packet socket its filter", err);
    int code = jj_packet_socket_start(fd, &source->device, options);
    return code ? refused(code, "watch the device", err) : 0;
}

static void detach(struct jj_ring_source *source)
{
    jj_packet_socket_close(&((struct tap *)source)->socket);
}

static int lost(const struct jj_ring_source *source)
{
    return jj_packet_socket_is_orphan(((const struct tap *)source)->socket) ? -ENODEV : 0;
}

static void describe(const struct jj_ring_source *source, const char *rings, char *note,
                     size_t size)
{
    const struct jj_device *device = &source->device;
    snprintf(note, size, "AF_PACKET tap with eBPF on %s, %s%s%s%s", device->name, rings,
             device->loopback ? ", each packet once" : "",
             source->kernel.exact ? "" : ", large frames by size class",
             jj_device_is_up(device) ? "" : ", the interface is down");
}

static const struct jj_ring_kind kind = {
    .ops = &jj_source_tap,
    .size = sizeof(struct tap),
    .images = &images,
    .needs = &needs,
    .attach = attach,
    .detach = detach,
    .lost = lost,
    .describe = describe,
};

static int tap_open(struct jj_source **out, const char *where,
                    const struct jj_source_options *options, struct jj_error *err)
{
    return jj_ring_source_open(out, &kind, where, options, err);
}

static int tap_probe(struct jj_error *err)
{
    int fd = jj_packet_socket_open();
    if (fd < 0)
        return refused(fd, "open a packet socket", err);
    jj_packet_socket_close(&fd);
    return jj_ring_source_probe(&kind, err);
}

const struct jj_source_ops jj_source_tap = {
    .name = "tap",
    .summary = "live: frames of an interface by a packet socket with eBPF, from the kernel's rings",
    .live = true,
    .open = tap_open,
    .next = jj_ring_source_next,
    .stop = jj_ring_source_stop,
    .stats = jj_ring_source_stats,
    .interfaces = jj_ring_source_interfaces,
    .note = jj_ring_source_note,
    .probe = tap_probe,
    .close = jj_ring_source_close,
};
