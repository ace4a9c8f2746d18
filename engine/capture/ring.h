/* SPDX-License-Identifier: MIT
 *
 * One BPF ring buffer, read in place. The kernel appends records; the reader walks them and, when
 * it no longer looks at their bytes, publishes how far it came. Owns its two mappings, borrows the
 * map's descriptor. One reader thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"

struct jj_ring {
    const uint8_t *data; /* mapped twice in a row, so that every record is contiguous */
    unsigned long mask;
    unsigned long at;  /* next record to look at; ahead of *consumer by what is lent out */
    unsigned long end; /* producer's position when last read: saves its cache line */
    unsigned long *consumer;
    const unsigned long *producer;
};

int jj_ring_map(struct jj_ring *ring, int fd, size_t bytes);
void jj_ring_unmap(struct jj_ring *ring);

/* The record at the reader's position, or NULL when there is none finished. */
const struct jj_ring_record *jj_ring_peek(struct jj_ring *ring);

/* Passes the record that jj_ring_peek gave. Its bytes stay until jj_ring_publish. */
void jj_ring_step(struct jj_ring *ring);

/* Gives all that was passed back to the kernel. */
void jj_ring_publish(struct jj_ring *ring);

/* Nothing unread, not even a record that is still being written. */
bool jj_ring_is_empty(const struct jj_ring *ring);
