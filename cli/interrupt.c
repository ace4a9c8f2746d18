/* SPDX-License-Identifier: MIT */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Wrappers like timeout(1) signal the process and then its group: one wish, heard twice. */
#define SAME_WISH_NS 500000000

static volatile sig_atomic_t interrupted;
static void (*volatile stop_function)(void *);
static void *volatile stop_context;
static int64_t interrupted_at;

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void on_signal(int number)
{
    if (!interrupted) {
        interrupted_at = now();
        interrupted = 1;
        if (stop_function)
            stop_function(stop_context);
    } else if (now() - interrupted_at > SAME_WISH_NS) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

void jj_interrupt_calls(void (*stop)(void *context), void *context)
{
    /* No SA_RESTART: a read that waits for its input must come back. */
    struct sigaction action = { .sa_handler = on_signal };
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    stop_function = NULL;
    stop_context = context;
    stop_function = stop;
    if (stop) {
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
    }
}

bool jj_interrupted(void)
{
    return interrupted;
}
