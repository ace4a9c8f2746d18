/* SPDX-License-Identifier: MIT
 *
 * The table of capture back ends, made from sources.def. Constant: any thread may read it. */
#include "jj/source.h"

#include <string.h>

#define JJ_SOURCE(name) extern const struct jj_source_ops jj_source_##name;
#include "engine/capture/sources.def"
#undef JJ_SOURCE

static const struct jj_source_ops *const sources[] = {
#define JJ_SOURCE(name) &jj_source_##name,
#include "engine/capture/sources.def"
#undef JJ_SOURCE
    NULL,
};

const struct jj_source_ops *const *jj_sources(void)
{
    return sources;
}

const struct jj_source_ops *jj_source_find(const char *name)
{
    for (const struct jj_source_ops *const *source = sources; *source; source++) {
        if (strcmp((*source)->name, name) == 0) {
            return *source;
        }
    }
    return NULL;
}
