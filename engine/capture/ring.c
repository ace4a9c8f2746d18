/* SPDX-License-Identifier: MIT
 *
 * Mapping and walking of one BPF ring buffer: the layout that kernel/bpf/ringbuf.c promises to user
 * space. Runs on the reader's thread. */
#include "engine/capture/ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t producer_size(size_t bytes)
{
    return page_size() + 2 * bytes;
}

/* Layout of the map: consumer page (ours to write), producer page, data, data again. */
int jj_ring_map(struct jj_ring *ring, int fd, size_t bytes)
{
    *ring = (struct jj_ring){ .mask = bytes - 1 };
    void *consumer = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (consumer == MAP_FAILED)
        return -errno;
    void *producer = mmap(NULL, producer_size(bytes), PROT_READ, MAP_SHARED, fd, page_size());
    if (producer == MAP_FAILED) {
        int code = -errno;
        munmap(consumer, page_size());
        return code;
    }
    ring->consumer = consumer;
    ring->producer = producer;
    ring->data = (const uint8_t *)producer + page_size();
    ring->at = ring->end = *ring->consumer;
    return 0;
}

void jj_ring_unmap(struct jj_ring *ring)
{
    if (!ring->consumer)
        return;
    munmap(ring->consumer, page_size());
    munmap((void *)ring->producer, producer_size(ring->mask + 1));
    *ring = (struct jj_ring){ 0 };
}

static const uint32_t *header_at(const struct jj_ring *ring, unsigned long position)
{
    return (const uint32_t *)(ring->data + (position & ring->mask));
}

static unsigned long record_size(uint32_t header)
{
    uint32_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
    return (length + BPF_RINGBUF_HDR_SZ + 7ul) & ~7ul;
}

const struct jj_ring_record *jj_ring_peek(struct jj_ring *ring)
{
    for (;;) {
        if (ring->at == ring->end) {
            ring->end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
            if (ring->at == ring->end)
                return NULL;
        }
        const uint32_t *at = header_at(ring, ring->at);
        uint32_t header = __atomic_load_n(at, __ATOMIC_ACQUIRE);
        if (header & BPF_RINGBUF_BUSY_BIT)
            return NULL;
        if (!(header & BPF_RINGBUF_DISCARD_BIT))
            return (const struct jj_ring_record *)((const uint8_t *)at + BPF_RINGBUF_HDR_SZ);
        ring->at += record_size(header);
    }
}

void jj_ring_step(struct jj_ring *ring)
{
    ring->at += record_size(*header_at(ring, ring->at));
}

void jj_ring_publish(struct jj_ring *ring)
{
    if (*ring->consumer != ring->at)
        __atomic_store_n(ring->consumer, ring->at, __ATOMIC_RELEASE);
}

bool jj_ring_is_empty(const struct jj_ring *ring)
{
    return ring->at == __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}
