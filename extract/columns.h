/* SPDX-License-Identifier: MIT
 *
 * From a flow's log to the columns of a view. One instance a worker; its buffers grow with the
 * longest log seen. */
#pragma once
#include "extract/extract.h"

/* What of a folded flow the next view needs to know. Zeroed at first. */
struct jj_carry {
    uint64_t seen;
    int64_t last[JJ_SIDES]; /* time of the latest packet of a side */
    bool any[JJ_SIDES];
};

struct jj_columns {
    double *buffer;
    size_t room; /* records it is large enough for */
};

/* Fills *view for these records and moves *carry on. -ENOMEM. */
int jj_columns_fill(struct jj_columns *columns, struct jj_view *view, struct jj_carry *carry);
void jj_columns_free(struct jj_columns *columns);
