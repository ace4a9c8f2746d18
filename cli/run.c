/* SPDX-License-Identifier: MIT */
#include "cli/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/human.h"
#include "cli/interrupt.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/report.h"

struct state {
    const struct jj_run *run;
    struct jj_pipeline *pipeline;
    struct jj_progress *progress;
    char note[240];
    unsigned opened; /* inputs */
    unsigned failed; /* inputs, or the output */
};

static double seconds_of(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void keep_note(struct state *state)
{
    const char *note = jj_pipeline_note(state->pipeline);
    snprintf(state->note, sizeof state->note, "%s", note ? note : "");
}

static const char *error_text(const struct jj_error *err, int code)
{
    return *err->text ? err->text : jj_strerror(code);
}

static void fail_input(struct state *state, const char *input, const struct jj_error *err, int code)
{
    const char *text = error_text(err, code);
    if (strstr(text, input) || strcmp(input, "-") == 0)
        jj_error("%s", text);
    else
        jj_error("%s: %s", input, text);
    state->failed++;
}

/* A live source says how it runs before it starts, a file what was wrong with it at its end. */
static void run_input(struct state *state, const char *input)
{
    const struct jj_run *run = state->run;
    struct jj_error err = { 0 };
    int code = jj_pipeline_open(state->pipeline, run->source, input, &err);
    if (code) {
        fail_input(state, input, &err, code);
        return;
    }
    state->opened++;
    keep_note(state);
    if (run->source->live)
        jj_say("Source: %s%s%s", run->source->name, *state->note ? ", " : "", state->note);
    if (run->on_open)
        run->on_open(run->context, state->pipeline);
    code = jj_pipeline_run(state->pipeline, &err);
    if (run->on_close)
        run->on_close(run->context);
    keep_note(state);
    if (!run->source->live && *state->note && !code)
        jj_warn("%s%s%s", strstr(state->note, input) ? "" : input,
                strstr(state->note, input) ? "" : ": ", state->note);
    if (code && !(jj_pipeline_broken(state->pipeline) && code == -EPIPE))
        fail_input(state, input, &err, code);
    jj_pipeline_close(state->pipeline);
}

static void run_inputs(struct state *state)
{
    const struct jj_list *inputs = state->run->inputs;
    for (unsigned i = 0; i < inputs->count; i++) {
        if (jj_interrupted() || jj_pipeline_broken(state->pipeline) ||
            jj_pipeline_sated(state->pipeline))
            break;
        const char *input = inputs->items[i];
        if (!state->run->source->live) {
            jj_say("Processing: %s", strcmp(input, "-") == 0 ? "standard input" : input);
            jj_progress_file(state->progress, input);
        }
        run_input(state, input);
    }
}

static void finish(struct state *state)
{
    struct jj_error err = { 0 };
    int code = jj_pipeline_finish(state->pipeline, &err);
    if (!code)
        return;
    if (code == -EPIPE)
        jj_error("output closed early: whoever read the rows went away");
    else
        jj_error("%s", error_text(&err, code));
    state->failed++;
}

static void say_result(const struct state *state, const struct jj_report *report)
{
    const struct jj_options *options = state->run->pipeline.options;
    if (jj_interrupted())
        jj_say("Capture interrupted by user.");
    jj_say("%s %s flows", state->run->verb, jj_human_count(report->stats.rows));
    if (options->output && !state->failed)
        jj_say("Written to: %s", options->output);
    jj_report_print(report, options->verbose);
}

static int conclude(struct state *state, double started)
{
    const struct jj_options *options = state->run->pipeline.options;
    struct jj_report report = {
        .seconds = seconds_of(CLOCK_MONOTONIC) - started,
        .cpu_seconds = seconds_of(CLOCK_PROCESS_CPUTIME_ID),
        .source = state->run->source->name,
        .note = *state->note ? state->note : NULL,
        .end = state->failed      ? "failed"
               : jj_interrupted() ? "interrupted"
                                  : "complete",
    };
    struct jj_error err = { 0 };
    jj_pipeline_stats(state->pipeline, &report.stats);
    if (state->opened)
        say_result(state, &report);
    if (options->stats_json && jj_report_write(&report, options->stats_json, &err)) {
        jj_error("%s", err.text);
        state->failed++;
    }
    return state->failed ? JJ_EXIT_FAILED : jj_interrupted() ? JJ_EXIT_INTERRUPTED : JJ_EXIT_DONE;
}

/* Not where rows are printed on the same terminal. */
static bool wants_progress(const struct jj_options *options)
{
    bool same = (!options->output || strcmp(options->output, "-") == 0) && isatty(STDOUT_FILENO);
    return options->progress && !options->quiet && !same;
}

int jj_run(const struct jj_run *run)
{
    struct state state = { .run = run };
    struct jj_error err = { 0 };
    double started = seconds_of(CLOCK_MONOTONIC);
    int code = jj_pipeline_create(&state.pipeline, &run->pipeline, &err);
    if (code) {
        jj_error("%s", error_text(&err, code));
        return code == JJ_EUSAGE ? JJ_EXIT_USAGE : JJ_EXIT_FAILED;
    }
    if (run->pipeline.options->anonymize_ips && !run->pipeline.options->salt)
        jj_warn("without --salt or JJ_SALT anyone can find out the addresses by trying them all");
    jj_interrupt_calls(jj_pipeline_stop, state.pipeline);
    if (wants_progress(run->pipeline.options))
        state.progress = jj_progress_start(state.pipeline, run->source->live);
    run_inputs(&state);
    jj_progress_stop(state.progress);
    jj_interrupt_calls(NULL, NULL);
    finish(&state);
    code = conclude(&state, started);
    jj_pipeline_destroy(state.pipeline);
    return code;
}
