/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/human.h"
#include "cli/message.h"
#include "engine/base/thread.h"

#define INTERVAL_NS 200000000
#define SMOOTHING   0.3 /* weight of the newest interval in the rate */

struct jj_progress {
    const struct jj_pipeline *pipeline;
    bool live;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopped;
    uint64_t file_size; /* 0: unknown */
    uint64_t file_head; /* bytes of a record in the file before its packet */
    struct jj_stats at_file;
    struct jj_stats before;
    double started;
    double rate;
    double last;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t lost(const struct jj_stats *stats)
{
    return stats->ring_full + stats->failed + stats->table_full + stats->nic_dropped +
           stats->rows_dropped;
}

/* 0 ... 1, or -1 when the size says nothing: packed files, or packets cut by a snaplen. */
static double share(const struct jj_progress *progress, const struct jj_stats *stats)
{
    uint64_t bytes = stats->bytes - progress->at_file.bytes;
    uint64_t packets = stats->received - progress->at_file.received;
    if (!progress->file_size)
        return -1;
    double part = (double)(bytes + packets * progress->file_head) / (double)progress->file_size;
    return part > 1.01 ? -1 : part > 1 ? 1 : part;
}

static void draw(struct jj_progress *progress)
{
    struct jj_stats stats;
    char text[200], rest[80] = "";
    jj_pipeline_stats(progress->pipeline, &stats);
    double time = now(), span = time - progress->last;
    double rate = (double)(stats.received - progress->before.received) / (span > 0 ? span : 1);
    progress->rate += (progress->rate > 0 ? SMOOTHING : 1) * (rate - progress->rate);
    progress->before = stats;
    progress->last = time;

    double part = share(progress, &stats), elapsed = time - progress->started;
    if (part > 0.01)
        snprintf(rest, sizeof rest, "  %.0f%%  %s left", part * 100,
                 jj_human_time(elapsed * (1 - part) / part));
    if (lost(&stats))
        snprintf(rest + strlen(rest), sizeof rest - strlen(rest), "  LOST %s",
                 jj_human_count(lost(&stats)));
    snprintf(text, sizeof text, "%s packets  %s/s  %s flows%s%s", jj_human_count(stats.received),
             jj_human_rate(progress->rate),
             jj_human_count(progress->live ? stats.flows_live : stats.flows),
             progress->live ? " open" : "", rest);
    jj_message_line(text);
}

static void *loop(void *context)
{
    struct jj_progress *progress = context;
    pthread_mutex_lock(&progress->lock);
    while (!progress->stopped) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += INTERVAL_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&progress->wake, &progress->lock, &until);
        if (!progress->stopped)
            draw(progress);
    }
    pthread_mutex_unlock(&progress->lock);
    return NULL;
}

struct jj_progress *jj_progress_start(const struct jj_pipeline *pipeline, bool live)
{
    struct jj_progress *progress = isatty(STDERR_FILENO) ? calloc(1, sizeof *progress) : NULL;
    if (!progress)
        return NULL;
    progress->pipeline = pipeline;
    progress->live = live;
    progress->started = progress->last = now();
    pthread_mutex_init(&progress->lock, NULL);
    pthread_cond_init(&progress->wake, NULL);
    if (jj_thread_start(&progress->thread, loop, progress) < 0) {
        free(progress);
        return NULL;
    }
    return progress;
}

void jj_progress_file(struct jj_progress *progress, const char *path)
{
    uint32_t magic = 0;
    struct stat status;
    if (!progress)
        return;
    FILE *file = strcmp(path, "-") == 0 ? NULL : fopen(path, "re");
    bool known = file && fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) &&
                 fread(&magic, sizeof magic, 1, file) == 1;
    if (file)
        fclose(file);
    bool pcapng = magic == 0x0a0d0d0a;
    bool pcap =
        magic == 0xa1b2c3d4 || magic == 0xd4c3b2a1 || magic == 0xa1b23c4d || magic == 0x4d3cb2a1;
    pthread_mutex_lock(&progress->lock);
    progress->file_size = known && (pcap || pcapng) ? (uint64_t)status.st_size : 0;
    progress->file_head = pcapng ? 33 : 16; /* a pcapng block pads its packet, by 1.5 on average */
    progress->started = now();
    jj_pipeline_stats(progress->pipeline, &progress->at_file);
    pthread_mutex_unlock(&progress->lock);
}

void jj_progress_stop(struct jj_progress *progress)
{
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->stopped = true;
    pthread_cond_signal(&progress->wake);
    pthread_mutex_unlock(&progress->lock);
    pthread_join(progress->thread, NULL);
    jj_message_line("");
    pthread_cond_destroy(&progress->wake);
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}
