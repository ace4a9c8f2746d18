/* SPDX-License-Identifier: MIT
 *
 * A walk over all columns, for the commands that print them. */
#pragma once
#include <stdbool.h>
#include <stdio.h>

#include "jj/feature.h"

struct jj_catalog {
    const char *group;       /* only this one; NULL = all */
    enum jj_profile profile; /* only this one; JJ_PROFILE_NONE = all */
    /* the walk */
    const struct jj_extractor *extractor;
    const struct jj_feature *feature;
    unsigned extractor_index;
    unsigned feature_index;
};

/* The next column in `extractor` and `feature`; false at the end. */
bool jj_catalog_next(struct jj_catalog *catalog);

/* "string", "integer", "float", "boolean": the words JoyfulJay's schema uses; "list of integer" */
const char *jj_catalog_type(const struct jj_feature *feature);

/* A Markdown table for each group that the walk meets. */
void jj_catalog_markdown(struct jj_catalog *catalog, FILE *out);
