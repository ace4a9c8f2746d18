/* SPDX-License-Identifier: MIT
 *
 * The source "tpacket": frames of one interface in both directions, from the mapped ring of a
 * packet socket. For where eBPF is not allowed: it needs CAP_NET_RAW and nothing else. Owns the
 * socket and its ring; everything runs on the thread that calls next(), but stop() and stats(). */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "jj/source.h"

#include "engine/capture/device.h"
#include "engine/capture/tpacket_ring.h"
#include "engine/capture/tpacket_socket.h"

#define DEFAULT_RING_BYTES (32u << 20)
#define DEFAULT_SNAPLEN    262144u
#define DRAIN_MS           1000u /* a block comes 10 ms after its first frame */

extern const struct jj_source_ops jj_source_tpacket;

struct tpacket {
    struct jj_source base;
    struct jj_device device;
    struct jj_tpacket_ring ring;
    struct jj_interface interface;
    int socket; /* -1 = none */
    int wake;   /* eventfd, ends a wait */
    atomic_bool stopped;
    atomic_bool ended;
    _Atomic uint64_t seen; /* told by the kernel, `full` included */
    _Atomic uint64_t full;
    _Atomic uint64_t delivered;
    _Atomic uint64_t wakeups;
    uint64_t missed_before;
    unsigned drained_ms;
    int outcome; /* what next() returns when all is handed out: JJ_EEOF or a failure */
    char note[160];
};

static const char needs[] = "the source tpacket needs CAP_NET_RAW", setcap[] = "cap_net_raw";

/* A classic filter of one instruction; 0 bytes: nothing is kept, nor counted. */
static int keep(int fd, uint32_t bytes)
{
    struct sock_filter only = BPF_STMT(BPF_RET | BPF_K, bytes);
    struct sock_fprog program = { .len = 1, .filter = &only };
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) ? -errno : 0;
}

static void tpacket_close(struct jj_source *source)
{
    struct tpacket *s = (struct tpacket *)source;
    if (!s)
        return;
    jj_tpacket_ring_unmap(&s->ring);
    jj_packet_socket_close(&s->socket);
    if (s->wake >= 0)
        close(s->wake);
    free(s);
}

static int check_ring(uint32_t bytes, struct jj_error *err)
{
    if (bytes >= JJ_TPACKET_SMALLEST && !(bytes & (bytes - 1)) && bytes <= 1u << 30)
        return 0;
    return jj_fail(err, JJ_EUSAGE,
                   "a ring of %u bytes cannot be: the source tpacket takes a power of two from "
                   "256 KiB to 1 GiB",
                   bytes);
}

static int attach(struct tpacket *s, const struct jj_source_options *options, uint32_t bytes,
                  struct jj_error *err)
{
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->wake < 0)
        return jj_fail(err, -errno, "cannot make an eventfd: %s", jj_strerror(-errno));
    int code = s->socket = jj_packet_socket_open();
    if (code < 0)
        return jj_packet_socket_refused(code, "open a packet socket", needs, setcap, err);
    code = jj_tpacket_ring_map(&s->ring, s->socket, bytes);
    if (code)
        return jj_fail(err, code, "cannot make a ring of %u KiB for the packet socket: %s",
                       bytes / 1024, jj_strerror(code));
    code = options->snaplen ? keep(s->socket, options->snaplen) : 0;
    if (!code)
        code = jj_packet_socket_start(s->socket, &s->device, options);
    return code ? jj_packet_socket_refused(code, "watch the device", needs, setcap, err) : 0;
}

static void describe(struct tpacket *s, uint32_t bytes)
{
    bool mebi = bytes >= 1 << 20;
    snprintf(s->note, sizeof s->note, "TPACKET_V3 on %s, a ring of %u %s%s%s", s->device.name,
             bytes >> (mebi ? 20 : 10), mebi ? "MiB" : "KiB",
             s->device.loopback ? ", each packet once" : "",
             jj_device_is_up(&s->device) ? "" : ", the interface is down");
}

static int start(struct tpacket *s, const char *where, const struct jj_source_options *options,
                 struct jj_error *err)
{
    uint32_t snaplen = options->snaplen ? options->snaplen : DEFAULT_SNAPLEN;
    uint32_t bytes = options->ring_bytes ? options->ring_bytes : DEFAULT_RING_BYTES;
    int code = check_ring(bytes, err);
    if (!code)
        code = jj_device_find(&s->device, where, err);
    if (code)
        return code;
    s->ring.linktype = s->device.linktype;
    s->ring.snaplen = snaplen;
    s->interface = jj_device_interface(&s->device, snaplen);
    s->missed_before = jj_device_missed(&s->device);
    code = attach(s, options, bytes, err);
    if (!code)
        describe(s, bytes);
    return code;
}

static int tpacket_open(struct jj_source **out, const char *where,
                        const struct jj_source_options *options, struct jj_error *err)
{
    struct tpacket *s = calloc(1, sizeof *s);
    if (!s)
        return jj_fail(err, -ENOMEM, "out of memory");
    s->base.ops = &jj_source_tpacket;
    s->socket = s->wake = -1;
    int code = start(s, where, options, err);
    if (code) {
        tpacket_close(&s->base);
        return code;
    }
    *out = &s->base;
    return 0;
}

/* Reading resets the kernel's counters: every reader adds what it got. */
static void read_counters(struct tpacket *s)
{
    struct tpacket_stats_v3 news = { 0 };
    socklen_t size = sizeof news;
    if (getsockopt(s->socket, SOL_PACKET, PACKET_STATISTICS, &news, &size))
        return;
    atomic_fetch_add(&s->seen, news.tp_packets);
    atomic_fetch_add(&s->full, news.tp_drops);
}

/* Behind this the counters stand still, and all that was counted is in the ring or lost. */
static void end_capture(struct tpacket *s, int outcome)
{
    s->outcome = outcome;
    keep(s->socket, 0);
    jj_packet_socket_unhook(s->socket, &s->device);
    read_counters(s);
    atomic_store(&s->ended, true);
}

static uint64_t captured(const struct tpacket *s)
{
    return atomic_load(&s->seen) - atomic_load(&s->full);
}

/* Whether more frames will come: the kernel hands the last block over a little later. */
static bool drain(struct tpacket *s)
{
    if (atomic_load(&s->delivered) >= captured(s) || s->drained_ms++ >= DRAIN_MS)
        return false;
    nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    return true;
}

/* A device that goes down leaves an error on the socket, and poll() would not wait. */
static void wait_for_frames(struct tpacket *s, int timeout_ms)
{
    struct pollfd fds[] = { { .fd = s->socket, .events = POLLIN },
                            { .fd = s->wake, .events = POLLIN } };
    int failure;
    socklen_t size = sizeof failure;
    if (poll(fds, 2, timeout_ms) > 0 && fds[0].revents & POLLIN)
        atomic_fetch_add_explicit(&s->wakeups, 1, memory_order_relaxed);
    if (fds[0].revents & POLLERR)
        getsockopt(s->socket, SOL_SOCKET, SO_ERROR, &failure, &size);
    if (jj_packet_socket_is_orphan(s->socket))
        end_capture(s, -ENODEV);
}

static int tpacket_next(struct jj_source *source, struct jj_frame *frames, unsigned max,
                        int timeout_ms, struct jj_error *err)
{
    struct tpacket *s = (struct tpacket *)source;
    bool waited = false;
    jj_tpacket_ring_give_back(&s->ring);
    for (;;) {
        if (!s->outcome && atomic_load(&s->stopped))
            end_capture(s, JJ_EEOF);
        unsigned count = jj_tpacket_ring_take(&s->ring, frames, max);
        if (count) {
            atomic_fetch_add_explicit(&s->delivered, count, memory_order_relaxed);
            return (int)count;
        }
        if (s->outcome ? drain(s) : !waited && timeout_ms > 0) {
            if (!s->outcome)
                wait_for_frames(s, timeout_ms);
            waited = true;
            continue;
        }
        if (s->outcome == -ENODEV)
            return jj_fail(err, -ENODEV, "interface %s vanished", s->device.name);
        return s->outcome;
    }
}

static void tpacket_stop(struct jj_source *source)
{
    struct tpacket *s = (struct tpacket *)source;
    uint64_t one = 1;
    atomic_store(&s->stopped, true);
    if (write(s->wake, &one, sizeof one) < 0)
        return; /* the counter is full: it wakes anyway */
}

/* While it runs, frames still in the ring count as not received yet; at the end `received` is what
 * the kernel counted, whatever became of it. */
static void tpacket_stats(const struct jj_source *source, struct jj_source_stats *out)
{
    struct tpacket *s = (struct tpacket *)source;
    read_counters(s);
    bool ended = atomic_load(&s->ended);
    uint64_t delivered = atomic_load(&s->delivered), full = atomic_load(&s->full);
    uint64_t missed = jj_device_missed(&s->device); /* 0 when the device is gone */
    *out = (struct jj_source_stats){
        .received = ended ? atomic_load(&s->seen) : delivered + full,
        .delivered = delivered,
        .ring_full = full,
        .nic_dropped = missed > s->missed_before ? missed - s->missed_before : 0,
        .wakeups = atomic_load(&s->wakeups),
    };
}

static unsigned tpacket_interfaces(const struct jj_source *source, const struct jj_interface **out)
{
    *out = &((const struct tpacket *)source)->interface;
    return 1;
}

static const char *tpacket_note(const struct jj_source *source)
{
    return ((const struct tpacket *)source)->note;
}

static int tpacket_probe(struct jj_error *err)
{
    int version = TPACKET_V3, code = 0, fd = jj_packet_socket_open();
    if (fd < 0)
        return jj_packet_socket_refused(fd, "open a packet socket", needs, setcap, err);
    if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version))
        code = jj_fail(err, JJ_EUNSUPPORTED,
                       "this kernel's packet sockets have no TPACKET_V3, which came with Linux "
                       "3.2");
    jj_packet_socket_close(&fd);
    return code;
}

const struct jj_source_ops jj_source_tpacket = {
    .name = "tpacket",
    .summary = "live: frames of an interface by a packet socket's ring; needs no eBPF",
    .live = true,
    .open = tpacket_open,
    .next = tpacket_next,
    .stop = tpacket_stop,
    .stats = tpacket_stats,
    .interfaces = tpacket_interfaces,
    .note = tpacket_note,
    .probe = tpacket_probe,
    .close = tpacket_close,
};
