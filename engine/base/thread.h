/* SPDX-License-Identifier: MIT
 *
 * Threads of the engine take no signals: these are for the thread that reads the source, which
 * alone may be stopped at any point. A closed pipe is then an error to them, not a SIGPIPE. */
#pragma once
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

/* 0 or -errno. */
static inline int jj_thread_start(pthread_t *thread, void *(*run)(void *), void *argument)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int ret = -pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ret;
}
