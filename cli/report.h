/* SPDX-License-Identifier: MIT
 *
 * What a run came to: the balance of packets for people, all counters for programs. */
#pragma once
#include "jj/error.h"
#include "jj/metrics.h"

struct jj_report {
    struct jj_stats stats;
    double seconds;
    double cpu_seconds;
    const char *source;
    const char *note; /* of the last source; NULL = none */
    const char *end;  /* "complete", "interrupted", "failed" */
};

/* The balance in one line, each loss in one more with what helps; all counters if `verbose`. */
void jj_report_print(const struct jj_report *report, bool verbose);

int jj_report_write(const struct jj_report *report, const char *path, struct jj_error *err);
