/* SPDX-License-Identifier: MIT
 *
 * Ring and bell: order, bounds, wrap-around of the positions, and two threads that sleep and wake
 * each other until all went through. A lost wake-up hangs here. */
#include "engine/base/ring.h"

#include <pthread.h>

#include "test.h"

#define ITEMS 200000

struct pipe {
    struct jj_spsc ring;
    struct jj_bell full, empty;
    uint64_t wrong;
};

static void test_bounds(void)
{
    struct jj_spsc ring;
    int items[4];
    CHECK_INT(jj_spsc_init(&ring, 3), 0);
    atomic_store(&ring.head, UINT32_MAX - 1); /* the positions wrap in the middle of this test */
    atomic_store(&ring.tail, UINT32_MAX - 1);
    ring.head_seen = ring.tail_seen = UINT32_MAX - 1;
    for (int round = 0; round < 3; round++) {
        CHECK(jj_spsc_pop(&ring) == NULL);
        for (int i = 0; i < 4; i++)
            CHECK(jj_spsc_push(&ring, &items[i]));
        CHECK(!jj_spsc_push(&ring, &items[0]));
        for (int i = 0; i < 4; i++)
            CHECK(jj_spsc_pop(&ring) == &items[i]);
    }
    jj_spsc_done(&ring);
}

static void *produce(void *argument)
{
    struct pipe *pipe = argument;
    for (uintptr_t i = 1; i <= ITEMS; i++) {
        while (!jj_spsc_push(&pipe->ring, (void *)i)) {
            uint32_t seen = jj_bell_listen(&pipe->empty);
            if (jj_spsc_push(&pipe->ring, (void *)i))
                break;
            jj_bell_wait(&pipe->empty, seen);
        }
        jj_bell_ring(&pipe->full);
    }
    return NULL;
}

static void *consume(void *argument)
{
    struct pipe *pipe = argument;
    for (uintptr_t i = 1; i <= ITEMS; i++) {
        void *item;
        while ((item = jj_spsc_pop(&pipe->ring)) == NULL) {
            uint32_t seen = jj_bell_listen(&pipe->full);
            if ((item = jj_spsc_pop(&pipe->ring)) != NULL)
                break;
            jj_bell_wait(&pipe->full, seen);
        }
        pipe->wrong += item != (void *)i;
        jj_bell_ring(&pipe->empty);
    }
    return NULL;
}

static void test_threads(uint32_t size)
{
    static struct pipe pipe;
    pthread_t producer, consumer;
    CHECK_INT(jj_spsc_init(&pipe.ring, size), 0);
    pthread_create(&consumer, NULL, consume, &pipe);
    pthread_create(&producer, NULL, produce, &pipe);
    pthread_join(producer, NULL);
    pthread_join(consumer, NULL);
    CHECK_INT(pipe.wrong, 0);
    jj_spsc_done(&pipe.ring);
}

int main(void)
{
    test_bounds();
    test_threads(1);
    test_threads(64);
    return test_end();
}
