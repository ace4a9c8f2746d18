/* SPDX-License-Identifier: MIT */
#include "cli/report.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "jj/version.h"

#include "cli/human.h"
#include "cli/json.h"
#include "cli/message.h"

/* Counters that mean lost data, and what helps. */
static const struct {
    size_t offset;
    const char *cure;
} losses[] = {
    { offsetof(struct jj_stats, ring_full),
      "; a larger --ring-size, a --filter or a smaller --snaplen helps" },
    { offsetof(struct jj_stats, failed), "" },
    { offsetof(struct jj_stats, table_full), "; a smaller --max-flows needs less memory" },
    { offsetof(struct jj_stats, nic_dropped), "; larger rings of the device help (ethtool -G)" },
    { offsetof(struct jj_stats, evicted), "; a larger --max-flows helps" },
    { offsetof(struct jj_stats, rows_dropped), "; a faster disk or fewer --features help" },
};

static uint64_t value_of(const struct jj_stats *stats, unsigned counter)
{
    return ((const uint64_t *)stats)[counter];
}

/* "not_ip" -> "not IP" */
static const char *words_of(const char *name, char text[static 40])
{
    snprintf(text, 40, "%s", name);
    for (char *at = text; (at = strchr(at, '_')); at++)
        *at = ' ';
    char *ip = strstr(text, " ip");
    if (ip)
        memcpy(ip, " IP", 3);
    return text;
}

static void print_balance(const struct jj_stats *stats)
{
    char line[1000], name[40];
    size_t length =
        (size_t)snprintf(line, sizeof line, "received %s", jj_human_count(stats->received));
    const char *separator = " = ";
    for (unsigned i = 0; i < jj_counter_count; i++) {
        if (jj_counters[i].kind != JJ_COUNTER_PART || value_of(stats, i) == 0)
            continue;
        length += (size_t)snprintf(line + length, sizeof line - length, "%s%s %s", separator,
                                   words_of(jj_counters[i].name, name),
                                   jj_human_count(value_of(stats, i)));
        separator = " + ";
    }
    int64_t imbalance = jj_stats_imbalance(stats);
    if (imbalance)
        snprintf(line + length, sizeof line - length, " (!) %s%s unaccounted",
                 imbalance < 0 ? "-" : "",
                 jj_human_count((uint64_t)(imbalance < 0 ? -imbalance : imbalance)));
    jj_say("%s", line);
}

/* `whole`: the output works; when it broke, its rows need no advice. */
static void print_losses(const struct jj_stats *stats, bool whole)
{
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        unsigned counter = (unsigned)(losses[i].offset / sizeof(uint64_t));
        if (losses[i].offset == offsetof(struct jj_stats, rows_dropped) && !whole)
            continue;
        if (value_of(stats, counter))
            jj_warn("%s (%s)%s", jj_counters[counter].text,
                    jj_human_count(value_of(stats, counter)), losses[i].cure);
    }
}

static void print_counters(const struct jj_report *report)
{
    char name[40];
    for (unsigned i = 0; i < jj_counter_count; i++)
        if (value_of(&report->stats, i))
            jj_say("  %-17s %15s  %s", words_of(jj_counters[i].name, name),
                   jj_human_count(value_of(&report->stats, i)), jj_counters[i].text);
    jj_say("%s, %s of processor time", jj_human_time(report->seconds),
           jj_human_time(report->cpu_seconds));
}

void jj_report_print(const struct jj_report *report, bool verbose)
{
    print_balance(&report->stats);
    print_losses(&report->stats, strcmp(report->end, "failed") != 0);
    if (verbose)
        print_counters(report);
}

static void write_members(FILE *out, const struct jj_report *report)
{
    fputs("{\n  \"version\": \"" JJ_VERSION "\",\n  \"end\": ", out);
    jj_json_string(out, report->end);
    fputs(",\n  \"source\": ", out);
    jj_json_string(out, report->source);
    fputs(",\n  \"note\": ", out);
    jj_json_string(out, report->note);
    fprintf(out, ",\n  \"seconds\": %.6f,\n  \"cpu_seconds\": %.6f,\n  \"imbalance\": %lld",
            report->seconds, report->cpu_seconds, (long long)jj_stats_imbalance(&report->stats));
    for (unsigned i = 0; i < jj_counter_count; i++)
        fprintf(out, ",\n  \"%s\": %llu", jj_counters[i].name,
                (unsigned long long)value_of(&report->stats, i));
    fputs("\n}\n", out);
}

int jj_report_write(const struct jj_report *report, const char *path, struct jj_error *err)
{
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    if (!out)
        return jj_fail(err, -errno, "cannot write %s: %s", path, strerror(errno));
    write_members(out, report);
    bool failed = ferror(out);
    if ((out == stdout ? fflush(out) : fclose(out)) != 0 || failed)
        return jj_fail(err, -EIO, "cannot write all of %s: %s", path, strerror(errno));
    return 0;
}
