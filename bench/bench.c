/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MOST_RUNS = 1000, USUAL_RUNS = 5 };

struct call {
    const char *input;
    const char *choice;
    unsigned runs;
    bool json;
};

struct result {
    double median, min, max; /* CPU seconds */
    struct bench_work work;
    long peak_rss_kb;
};

static double cpu_seconds(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

static int usage(const struct bench_stage *stage)
{
    fprintf(stderr, "usage: bench-%s [--runs N] [--json] INPUT", stage->name);
    for (const char *const *c = stage->choices; c && *c; c++)
        fprintf(stderr, "%s%s", c == stage->choices ? " [" : "|", *c);
    fprintf(stderr, "%s\nINPUT: %s\n", stage->choices ? "]" : "", stage->input);
    return 2;
}

static bool choose(struct call *call, const struct bench_stage *stage, const char *word)
{
    for (const char *const *c = stage->choices; c && *c; c++)
        if (!word || strcmp(word, *c) == 0) {
            call->choice = *c;
            return true;
        }
    return !word;
}

static bool parse(struct call *call, int argc, char **argv, const struct bench_stage *stage)
{
    static const struct option options[] = {
        { "runs", required_argument, NULL, 'r' },
        { "json", no_argument, NULL, 'j' },
        { 0 },
    };
    int option;
    *call = (struct call){ .runs = USUAL_RUNS };
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'r')
            call->runs = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'j')
            call->json = true;
        else
            return false;
    }
    int left = argc - optind;
    if (left < 1 || left > 2 || call->runs < 1 || call->runs > MOST_RUNS)
        return false;
    call->input = argv[optind];
    return choose(call, stage, left == 2 ? argv[optind + 1] : NULL);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int measure(struct result *result, const struct call *call, const struct bench_stage *stage,
                   struct jj_error *err)
{
    double spent[MOST_RUNS];
    for (unsigned i = 0; i < call->runs; i++) {
        result->work = (struct bench_work){ 0 };
        int ret = stage->before ? stage->before(err) : 0;
        if (ret < 0)
            return ret;
        double start = cpu_seconds();
        ret = stage->run(&result->work, err);
        spent[i] = cpu_seconds() - start;
        if (stage->after)
            stage->after();
        if (ret < 0)
            return ret;
    }
    if (result->work.items == 0)
        return jj_fail(err, JJ_EUSAGE, "%s has no %ss to measure with", call->input, stage->unit);
    qsort(spent, call->runs, sizeof *spent, by_value);
    result->min = spent[0];
    result->max = spent[call->runs - 1];
    result->median = (spent[(call->runs - 1) / 2] + spent[call->runs / 2]) / 2;
    struct rusage usage_now;
    getrusage(RUSAGE_SELF, &usage_now);
    result->peak_rss_kb = usage_now.ru_maxrss;
    return 0;
}

static void print_json_string(const char *text)
{
    putchar('"');
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if ((unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned)*text);
        else
            putchar(*text);
    putchar('"');
}

static void print_json(const struct call *call, const struct bench_stage *s, const struct result *r)
{
    const struct bench_work *w = &r->work;
    printf("{\"stage\": \"%s%s%s\", \"input\": ", s->name, call->choice ? "-" : "",
           call->choice ? call->choice : "");
    print_json_string(call->input);
    printf(", \"%ss\": %llu", s->unit, (unsigned long long)w->items);
    if (w->bytes)
        printf(", \"bytes\": %llu", (unsigned long long)w->bytes);
    if (w->flows)
        printf(", \"flows\": %llu", (unsigned long long)w->flows);
    printf(", \"runs\": %u, \"cpu_seconds\": {\"median\": %.6f, \"min\": %.6f, \"max\": %.6f}",
           call->runs, r->median, r->min, r->max);
    printf(", \"%ss_per_cpu_second\": %.0f, \"ns_per_%s\": %.1f", s->unit,
           (double)w->items / r->median, s->unit, r->median * 1e9 / (double)w->items);
    if (w->flows)
        printf(", \"flows_per_cpu_second\": %.0f", (double)w->flows / r->median);
    printf(", \"peak_rss_kb\": %ld}\n", r->peak_rss_kb);
}

static void print_text(const struct call *call, const struct bench_stage *s, const struct result *r)
{
    const struct bench_work *w = &r->work;
    printf("%-8s %-5s %10.1f ns a %s, %12.0f %ss", s->name, call->choice ? call->choice : "",
           r->median * 1e9 / (double)w->items, s->unit, (double)w->items / r->median, s->unit);
    if (w->flows)
        printf(", %.0f flows", (double)w->flows / r->median);
    printf(" a CPU second (%llu %ss", (unsigned long long)w->items, s->unit);
    if (w->bytes)
        printf(", %.1f MB", (double)w->bytes / 1e6);
    if (w->flows)
        printf(", %llu flows", (unsigned long long)w->flows);
    printf("; CPU s %.4f, %.4f to %.4f in %u runs; peak %ld MB)\n", r->median, r->min, r->max,
           call->runs, r->peak_rss_kb / 1024);
}

int bench_main(int argc, char **argv, const struct bench_stage *stage)
{
    struct call call;
    struct result result = { 0 };
    struct jj_error err = { 0 };
    if (!parse(&call, argc, argv, stage))
        return usage(stage);
    int ret = stage->load(call.input, call.choice, &err);
    if (ret == 0)
        ret = measure(&result, &call, stage, &err);
    if (ret < 0) {
        fprintf(stderr, "bench-%s: %s\n", stage->name, *err.text ? err.text : jj_strerror(ret));
        return 1;
    }
    (call.json ? print_json : print_text)(&call, stage, &result);
    return 0;
}
