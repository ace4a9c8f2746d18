/* SPDX-License-Identifier: MIT
 *
 * Checks the names that options carry against what the program was built with: groups, columns,
 * profiles, formats, sources. A wrong one fails with what there is. */
#pragma once
#include "cli/options.h"

int jj_names_check(const struct jj_options *options, struct jj_error *err);

/* "csv, json": what may stand for the option, separated by `separator`; "" when that is open.
 * Valid until the next call. */
const char *jj_names_of(const struct jj_option *option, const char *separator);

/* NULL when there is no such group or column. */
const struct jj_extractor *jj_names_group(const char *group);
const struct jj_feature *jj_names_feature(const char *name);
