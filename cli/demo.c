/* SPDX-License-Identifier: MIT
 *
 * `demo`: real programs talk over a cable of their own, and the program watches one end. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/demo_stage.h"
#include "cli/demo_table.h"
#include "cli/message.h"
#include "cli/run.h"
#include "engine/base/thread.h"

struct demo {
    struct jj_stage stage;
    struct jj_pipeline *pipeline;
    pthread_t watcher;
    bool watched;
};

/* Ends the capture when the play is over. */
static void *watch(void *context)
{
    struct demo *demo = context;
    jj_stage_wait(&demo->stage);
    usleep(300000); /* for the last packets on their way */
    jj_pipeline_stop(demo->pipeline);
    return NULL;
}

static void on_open(void *context, struct jj_pipeline *pipeline)
{
    struct demo *demo = context;
    demo->pipeline = pipeline;
    jj_demo_print_head();
    demo->watched = jj_thread_start(&demo->watcher, watch, demo) == 0;
    jj_stage_play(&demo->stage);
}

/* The director's death ends the watcher too. */
static void on_close(void *context)
{
    struct demo *demo = context;
    jj_stage_stop(&demo->stage);
    if (demo->watched)
        pthread_join(demo->watcher, NULL);
    demo->watched = false;
}

static void on_table(void *context, const struct jj_table *table)
{
    (void)context;
    jj_demo_print_rows(table);
}

static int capture(const struct jj_options *options, struct demo *demo)
{
    struct jj_options own = *options; /* the lists stay the caller's */
    const char *interface = JJ_DEMO_INTERFACE;
    const struct jj_list inputs = { .items = &interface, .count = 1 };
    own.output = "features.csv";
    own.timeout = 2000000000; /* so that flows without an end show up soon */
    own.duration = 15000000000;
    own.progress = false;
    const struct jj_run run = {
        .pipeline = { .options = &own, .live = true, .watch = on_table },
        .source = jj_source_find("xdp"),
        .inputs = &inputs,
        .verb = "Captured",
        .on_open = on_open,
        .on_close = on_close,
        .context = demo,
    };
    return jj_run(&run);
}

static int check(struct jj_error *err)
{
    const struct jj_source_ops *source = jj_source_find("xdp");
    if (geteuid() != 0)
        return jj_fail(err, -EPERM,
                       "the demo makes a network of its own and needs root for it: "
                       "sudo jj-engine demo");
    if (!source)
        return jj_fail(err, JJ_EUNSUPPORTED, "this program was built without live capture");
    return source->probe ? source->probe(err) : 0;
}

int jj_command_demo(const struct jj_options *options)
{
    struct demo demo = { .stage = { .director = -1, .orders = -1, .answers = -1 } };
    struct jj_error err = { 0 };
    int code = check(&err);
    if (!code) {
        jj_say("Two network namespaces, a cable between them, real programs at both ends:");
        code = jj_stage_open(&demo.stage, &err);
    }
    if (code)
        jj_error("%s", *err.text ? err.text : jj_strerror(code));
    code = code ? JJ_EXIT_FAILED : capture(options, &demo);
    jj_stage_close(&demo.stage);
    return code;
}
