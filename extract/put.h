/* SPDX-License-Identifier: MIT
 *
 * Columns that several extractors fill alike. */
#pragma once
#include "jj/table.h"

#include "extract/stats.h"

static inline void jj_put_or_missing(const struct jj_row *row, unsigned feature, bool known,
                                     double value)
{
    if (known)
        jj_put_f64(row, feature, value);
    else
        jj_put_missing(row, feature);
}

/* Five columns from `first` on: min, max, mean, std, median. */
static inline void jj_put_summary(const struct jj_row *row, unsigned first,
                                  const struct jj_summary *s)
{
    const double values[] = { s->min, s->max, s->mean, s->std, s->median };
    for (unsigned i = 0; i < 5; i++)
        jj_put_or_missing(row, first + i, s->count > 0, values[i]);
}
