/* SPDX-License-Identifier: MIT
 *
 * Rings of the kernel's layout, written by hand in memory: order over several rings, what waits,
 * what is skipped, and when the kernel gets its memory back. */
#include "engine/capture/ring_set.c"

#include "engine/capture/ring.c"
#include "test.h"

#define RINGS      3
#define RING_BYTES 65536u
#define RECORDS    400u
#define BASE       1700000000000000000ull

struct fake {
    uint8_t data[2 * RING_BYTES]; /* the second half stands for the second mapping */
    unsigned long produced;
    unsigned long consumed;
};

static struct fake fakes[RINGS];
static struct jj_ring rings[RINGS];
static struct jj_ring *active[RINGS];

static struct jj_ring_set make_set(void)
{
    memset(fakes, 0, sizeof fakes);
    for (unsigned i = 0; i < RINGS; i++)
        rings[i] = (struct jj_ring){ .data = fakes[i].data,
                                     .mask = RING_BYTES - 1,
                                     .consumer = &fakes[i].consumed,
                                     .producer = &fakes[i].produced };
    struct jj_ring_set set = { .rings = rings, .active = active, .count = RINGS, .linktype = 1 };
    set.horizon = BASE;
    activate_all(&set);
    return set;
}

/* What bpf_ringbuf_reserve and _submit leave behind. `marks` are the header's high bits. */
static uint32_t *produce(unsigned ring, uint64_t time, uint32_t bytes, uint32_t marks)
{
    struct fake *fake = &fakes[ring];
    uint32_t *header = (uint32_t *)(fake->data + (fake->produced & (RING_BYTES - 1)));
    uint32_t length = (uint32_t)sizeof(struct jj_ring_record) + bytes;
    header[0] = length | marks;
    struct jj_ring_record record = {
        .time = time, .cap_len = bytes, .wire_len = bytes + 1, .direction = JJ_ABI_OUT
    };
    memcpy(header + 2, &record, sizeof record);
    fake->produced += (length + 8 + 7) / 8 * 8;
    return header;
}

static int by_time(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void test_order(void)
{
    struct jj_ring_set set = make_set();
    uint64_t times[RECORDS], next[RINGS] = { BASE - 900000, BASE - 900000, BASE - 900000 };
    srand(7);
    for (unsigned i = 0; i < RECORDS; i++) {
        unsigned ring = (unsigned)(rand() / 16 % RINGS);
        next[ring] += (uint64_t)(rand() % 1000);
        times[i] = next[ring];
        produce(ring, times[i], (uint32_t)(1 + rand() % 90), 0);
    }
    qsort(times, RECORDS, sizeof *times, by_time);
    struct jj_frame frames[7];
    unsigned seen = 0, taken;
    while ((taken = merge(&set, frames, 7))) {
        for (unsigned i = 0; i < taken && seen < RECORDS; i++)
            CHECK_INT(frames[i].time, times[seen++]);
    }
    CHECK_INT(seen, RECORDS);
}

static void test_young_records_wait(void)
{
    struct jj_ring_set set = make_set();
    struct jj_frame frames[4];
    produce(0, BASE - 10, 1, 0);
    produce(0, BASE + 10, 2, 0);
    produce(1, BASE + 5, 3, 0);
    CHECK_INT(merge(&set, frames, 4), 1);
    CHECK_INT(frames[0].cap_len, 1);
    set.horizon = BASE + 20;
    activate_all(&set);
    CHECK_INT(merge(&set, frames, 4), 2);
    CHECK_INT(frames[0].cap_len, 3);
    CHECK_INT(frames[1].cap_len, 2);
}

static void test_clock_set_back(void)
{
    struct jj_ring_set set = make_set();
    struct jj_frame frames[4];
    produce(2, BASE + 3600 * SECOND, 1, 0);
    CHECK_INT(merge(&set, frames, 4), 1);
}

static void test_marks(void)
{
    struct jj_ring_set set = make_set();
    struct jj_frame frames[4];
    produce(0, BASE - 9, 1, BPF_RINGBUF_DISCARD_BIT);
    produce(0, BASE - 8, 2, 0);
    uint32_t *busy = produce(0, BASE - 7, 3, BPF_RINGBUF_BUSY_BIT);
    produce(0, BASE - 6, 4, 0);
    CHECK_INT(merge(&set, frames, 4), 1);
    CHECK_INT(frames[0].cap_len, 2);
    CHECK(!jj_ring_is_empty(&rings[0]));
    *busy &= ~BPF_RINGBUF_BUSY_BIT;
    activate_all(&set);
    CHECK_INT(merge(&set, frames, 4), 2);
    CHECK(jj_ring_is_empty(&rings[0]));
}

static void test_frame(void)
{
    struct jj_ring_set set = make_set();
    struct jj_frame frame;
    set.utc = 37 * SECOND;
    uint32_t *header = produce(0, BASE, 5, 0);
    CHECK_INT(merge(&set, &frame, 1), 1);
    CHECK_INT(frame.time, BASE - 37 * SECOND);
    CHECK_INT(frame.wire_len, 6);
    CHECK_INT(frame.direction, JJ_DIR_OUT);
    CHECK(frame.data == (const uint8_t *)(header + 2) + sizeof(struct jj_ring_record));
}

/* What was handed out is the reader's until it asks for more. */
static void test_borrowing(void)
{
    struct jj_ring_set set = make_set();
    struct jj_frame frames[4];
    jj_ring_set_drain(&set);
    produce(0, BASE, 5, 0);
    CHECK_INT(jj_ring_set_next(&set, frames, 4, 0), 1);
    CHECK_INT(fakes[0].consumed, 0);
    CHECK_INT(jj_ring_set_next(&set, frames, 4, 0), 0);
    CHECK_INT(fakes[0].consumed, fakes[0].produced);
}

int main(void)
{
    test_order();
    test_young_records_wait();
    test_clock_set_back();
    test_marks();
    test_frame();
    test_borrowing();
    return test_end();
}
