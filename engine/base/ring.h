/* SPDX-License-Identifier: MIT
 *
 * How two threads hand things over: a bounded ring of pointers for exactly one producer and one
 * consumer (spsc), and a bell for a thread that sleeps until some ring has news. Neither takes a
 * lock; the bell enters the kernel only when someone sleeps. Meant for whole tables and batches,
 * not for single packets. */
#pragma once
#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Each side keeps what it writes, and its last look at the other side, on a cache line of its own.
 * Positions only grow; their difference is the number of items, also after they wrap. */
struct jj_spsc {
    _Alignas(64) _Atomic uint32_t tail; /* the producer's line */
    uint32_t head_seen;
    _Alignas(64) _Atomic uint32_t head; /* the consumer's line */
    uint32_t tail_seen;
    _Alignas(64) void **slots; /* written by neither */
    uint32_t mask;
};

/* Room for `count` items at least. Returns 0 or -ENOMEM. */
static inline int jj_spsc_init(struct jj_spsc *ring, uint32_t count)
{
    uint32_t size = 1;
    while (size < count)
        size *= 2;
    *ring = (struct jj_spsc){ .slots = calloc(size, sizeof *ring->slots), .mask = size - 1 };
    return ring->slots ? 0 : -ENOMEM;
}

static inline void jj_spsc_done(struct jj_spsc *ring)
{
    free(ring->slots);
    ring->slots = NULL;
}

/* The producer. False: full. */
static inline bool jj_spsc_push(struct jj_spsc *ring, void *item)
{
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail - ring->head_seen > ring->mask) {
        ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail - ring->head_seen > ring->mask)
            return false;
    }
    ring->slots[tail & ring->mask] = item;
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

/* The consumer. NULL: empty. */
static inline void *jj_spsc_pop(struct jj_spsc *ring)
{
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head == ring->tail_seen) {
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head == ring->tail_seen)
            return NULL;
    }
    void *item = ring->slots[head & ring->mask];
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return item;
}

/* One thread sleeps, any thread rings. The sleeper asks first, looks for work, and then waits:
 *     uint32_t seen = jj_bell_listen(&bell);
 *     if (no work in any ring)
 *         jj_bell_wait(&bell, seen);
 * Odd: someone listens. Every ring changes the word and makes it even, so work that came after the
 * look ends the wait at once, and work that came before it is seen by the look. */
struct jj_bell {
    _Alignas(64) _Atomic uint32_t word;
};

static inline uint32_t jj_bell_listen(struct jj_bell *bell)
{
    return atomic_fetch_or(&bell->word, 1) | 1;
}

/* May return without cause: look again. */
static inline void jj_bell_wait(struct jj_bell *bell, uint32_t seen)
{
    syscall(SYS_futex, &bell->word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

/* After the work was put where the sleeper looks. */
static inline void jj_bell_ring(struct jj_bell *bell)
{
    uint32_t word = atomic_load(&bell->word);
    while (!atomic_compare_exchange_weak(&bell->word, &word, (word | 1) + 1))
        ;
    if (word & 1)
        syscall(SYS_futex, &bell->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
