/* SPDX-License-Identifier: MIT
 *
 * Merging and waiting, see ring_set.h. A record is handed out when it is older than the horizon:
 * the time of the last poll less what a record takes to be written. By then every older one is
 * visible on every ring, so the smallest time of the ring heads is the next in order. */
#include "engine/capture/ring_set.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SECOND      1000000000ll
#define TICK        500000ll /* ns between two polls while traffic flows */
#define HOLD        50000ll  /* ns a record waits for older ones on other rings to be finished */
#define QUIET_TICKS 8u       /* then ask to be woken and sleep */
#define LONGEST_NAP 100000000ll

/* LONGEST_NAP: the kernel side reads `want` without a fence behind its write of the record. It may
 * miss a wish that is a few ns old; that costs a nap, and about never happens. */

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static void sleep_ns(int64_t ns)
{
    if (ns > 0)
        nanosleep(&(struct timespec){ .tv_sec = ns / SECOND, .tv_nsec = ns % SECOND }, NULL);
}

/* The difference is whole seconds; what the two readings are apart is rounded away. */
static void read_utc(struct jj_ring_set *set)
{
    int64_t difference = clock_ns(CLOCK_TAI) - clock_ns(CLOCK_REALTIME);
    set->utc = (uint64_t)((difference + SECOND / 2) / SECOND * SECOND);
    set->utc_read = set->polled;
}

static void activate_all(struct jj_ring_set *set)
{
    set->active_count = set->count;
    for (unsigned i = 0; i < set->count; i++)
        set->active[i] = &set->rings[i];
}

static void poll_rings(struct jj_ring_set *set)
{
    set->polled = clock_ns(CLOCK_MONOTONIC);
    set->horizon = (uint64_t)(clock_ns(CLOCK_TAI) - HOLD);
    if (set->polled - set->utc_read >= SECOND)
        read_utc(set);
    activate_all(set);
}

/* A record far in the future means that the clock was set back: waiting for it would fill the
 * ring. */
static bool is_due(const struct jj_ring_set *set, uint64_t time)
{
    return time <= set->horizon || time - set->horizon >= SECOND;
}

/* The active ring with the oldest record that is due, and the time of the second oldest. */
static struct jj_ring *oldest(struct jj_ring_set *set, uint64_t *next_time)
{
    struct jj_ring *found = NULL;
    uint64_t best = UINT64_MAX;
    *next_time = UINT64_MAX;
    for (unsigned i = 0; i < set->active_count;) {
        const struct jj_ring_record *record = jj_ring_peek(set->active[i]);
        if (!record || !is_due(set, record->time)) {
            set->active[i] = set->active[--set->active_count];
            continue;
        }
        if (record->time < best || !found) {
            *next_time = best;
            best = record->time;
            found = set->active[i];
        } else if (record->time < *next_time) {
            *next_time = record->time;
        }
        i++;
    }
    return found;
}

static void to_frame(const struct jj_ring_set *set, const struct jj_ring_record *record,
                     struct jj_frame *frame)
{
    *frame = (struct jj_frame){
        .time = (int64_t)(record->time - set->utc),
        .data = (const uint8_t *)(record + 1),
        .cap_len = record->cap_len,
        .wire_len = record->wire_len,
        .linktype = set->linktype,
        .direction = record->direction == JJ_ABI_OUT ? JJ_DIR_OUT : JJ_DIR_IN,
    };
}

/* Records of a ring come in runs (a device is polled by the batch): one look at all rings a run. */
static unsigned take_run(struct jj_ring_set *set, struct jj_ring *ring, uint64_t until,
                         struct jj_frame *frames, unsigned max)
{
    unsigned taken = 0;
    const struct jj_ring_record *record;
    while (taken < max && (record = jj_ring_peek(ring)) && record->time <= until &&
           is_due(set, record->time)) {
        to_frame(set, record, &frames[taken++]);
        jj_ring_step(ring);
    }
    return taken;
}

static unsigned merge(struct jj_ring_set *set, struct jj_frame *frames, unsigned max)
{
    unsigned taken = 0;
    uint64_t until;
    struct jj_ring *ring;
    while (taken < max && (ring = oldest(set, &until)))
        taken += take_run(set, ring, until, frames + taken, max - taken);
    return taken;
}

static void wish(struct jj_ring_set *set, uint64_t value)
{
    for (unsigned i = 0; i < set->count; i++)
        set->want[set->cpus[i] * JJ_WANT_STRIDE] = value;
}

static bool all_empty(const struct jj_ring_set *set)
{
    for (unsigned i = 0; i < set->count; i++) {
        if (!jj_ring_is_empty(&set->rings[i]))
            return false;
    }
    return true;
}

static void sleep_until_woken(struct jj_ring_set *set, int64_t longest)
{
    wish(set, 1);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (all_empty(set)) {
        struct epoll_event event;
        epoll_wait(set->epoll, &event, 1, (int)((longest + 999999) / 1000000));
    } else {
        sleep_ns(HOLD);
    }
    wish(set, 0);
}

static void wait_for_records(struct jj_ring_set *set, int64_t now, int64_t deadline)
{
    int64_t left = deadline - now;
    if (left <= 0)
        return;
    if (set->quiet++ < QUIET_TICKS) {
        int64_t rest = set->polled + TICK - now;
        sleep_ns(rest < left ? rest : left);
    } else {
        sleep_until_woken(set, left < LONGEST_NAP ? left : LONGEST_NAP);
    }
}

unsigned jj_ring_set_next(struct jj_ring_set *set, struct jj_frame *frames, unsigned max,
                          int timeout_ms)
{
    int64_t deadline = 0;
    for (unsigned i = 0; i < set->count; i++)
        jj_ring_publish(&set->rings[i]);
    for (;;) {
        unsigned taken = merge(set, frames, max);
        if (taken)
            set->quiet = 0;
        if (taken || set->draining)
            return taken;
        int64_t now = clock_ns(CLOCK_MONOTONIC);
        if (!deadline)
            deadline = now + timeout_ms * 1000000ll;
        else if (now >= deadline || jj_ring_set_is_stopped(set))
            return 0;
        wait_for_records(set, now, deadline);
        poll_rings(set);
    }
}

void jj_ring_set_drain(struct jj_ring_set *set)
{
    set->draining = true;
    set->horizon = UINT64_MAX;
    activate_all(set);
}

void jj_ring_set_stop(struct jj_ring_set *set)
{
    uint64_t one = 1;
    atomic_store(&set->stopped, true);
    if (write(set->wake, &one, sizeof one) < 0)
        return; /* the naps are short: the flag is seen anyway */
}

bool jj_ring_set_is_stopped(const struct jj_ring_set *set)
{
    return atomic_load(&set->stopped);
}

static int watch(struct jj_ring_set *set, int fd)
{
    struct epoll_event event = { .events = EPOLLIN };
    return epoll_ctl(set->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int jj_ring_set_add(struct jj_ring_set *set, unsigned cpu, int fd, size_t bytes)
{
    unsigned i = set->count;
    int code = jj_ring_map(&set->rings[i], fd, bytes);
    if (code) {
        close(fd);
        return code;
    }
    set->fds[i] = fd;
    set->cpus[i] = cpu;
    set->count++;
    return watch(set, fd);
}

static int make_waiting(struct jj_ring_set *set, int want_fd, unsigned slots)
{
    set->epoll = epoll_create1(EPOLL_CLOEXEC);
    set->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (set->epoll < 0 || set->wake < 0)
        return -errno;
    set->want_bytes = slots * JJ_WANT_STRIDE * sizeof *set->want;
    void *want = mmap(NULL, set->want_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, want_fd, 0);
    if (want == MAP_FAILED)
        return -errno;
    set->want = want;
    return watch(set, set->wake);
}

int jj_ring_set_open(struct jj_ring_set *set, int want_fd, unsigned slots)
{
    *set = (struct jj_ring_set){ .epoll = -1, .wake = -1 };
    set->rings = calloc(slots, sizeof *set->rings);
    set->active = calloc(slots, sizeof *set->active);
    set->cpus = calloc(slots, sizeof *set->cpus);
    set->fds = calloc(slots, sizeof *set->fds);
    int code = set->rings && set->active && set->cpus && set->fds ? 0 : -ENOMEM;
    if (!code)
        code = make_waiting(set, want_fd, slots);
    if (code)
        jj_ring_set_close(set);
    else
        read_utc(set);
    return code;
}

void jj_ring_set_close(struct jj_ring_set *set)
{
    for (unsigned i = 0; i < set->count; i++) {
        jj_ring_unmap(&set->rings[i]);
        close(set->fds[i]);
    }
    if (set->want)
        munmap((void *)set->want, set->want_bytes);
    if (set->wake >= 0)
        close(set->wake);
    if (set->epoll >= 0)
        close(set->epoll);
    free(set->rings);
    free(set->active);
    free(set->cpus);
    free(set->fds);
    *set = (struct jj_ring_set){ .epoll = -1, .wake = -1 };
}
