/* SPDX-License-Identifier: MIT
 *
 * The rings of all CPUs as one stream of frames in time order, and the waiting for more. The
 * kernel side never wakes the reader unless asked: while traffic flows it is read by ticks, and
 * only a reader that found nothing for a while asks to be woken and sleeps (`want`).
 * Owns its rings, their maps and the epoll; one reader thread. */
#pragma once
#include <stdatomic.h>

#include "jj/packet.h"

#include "engine/capture/ring.h"

struct jj_ring_set {
    struct jj_ring *rings;
    struct jj_ring **active; /* those that may still hold records older than the horizon */
    unsigned *cpus;          /* by ring */
    int *fds;                /* by ring */
    unsigned count;
    unsigned active_count;
    uint64_t horizon; /* CLOCK_TAI: every older record is visible by now, on every ring */
    uint64_t utc;     /* CLOCK_TAI minus CLOCK_REALTIME */
    int64_t polled;   /* CLOCK_MONOTONIC, when the horizon was taken */
    int64_t utc_read; /* same clock */
    unsigned quiet;   /* polls in a row that gave nothing */
    bool draining;
    uint16_t linktype;
    volatile uint64_t *want;
    size_t want_bytes;
    int epoll;
    int wake; /* eventfd, in the epoll: ends a wait */
    atomic_bool stopped;
};

/* Room for rings of CPUs below `slots`; `want_fd` is the map of want words, borrowed. */
int jj_ring_set_open(struct jj_ring_set *set, int want_fd, unsigned slots);

/* Adds the ring of `cpu`: takes its map, also when it fails. */
int jj_ring_set_add(struct jj_ring_set *set, unsigned cpu, int fd, size_t bytes);

/* Makes jj_ring_set_next return soon. Safe in a signal handler. */
void jj_ring_set_stop(struct jj_ring_set *set);
bool jj_ring_set_is_stopped(const struct jj_ring_set *set);
void jj_ring_set_close(struct jj_ring_set *set);

/* Up to `max` frames; 0 when none came within `timeout_ms` or the set was stopped. They are
 * borrowed until the next call. */
unsigned jj_ring_set_next(struct jj_ring_set *set, struct jj_frame *frames, unsigned max,
                          int timeout_ms);

/* The kernel side has ended: from now on hand out what is there, and never wait. */
void jj_ring_set_drain(struct jj_ring_set *set);
