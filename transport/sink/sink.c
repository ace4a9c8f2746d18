/* SPDX-License-Identifier: MIT
 *
 * The list of sinks, made from sinks.def. */
#include "jj/sink.h"

#include <string.h>

#define JJ_SINK(name) extern const struct jj_sink_ops jj_sink_##name;
#include "transport/sink/sinks.def"
#undef JJ_SINK

static const struct jj_sink_ops *const sinks[] = {
#define JJ_SINK(name) &jj_sink_##name,
#include "transport/sink/sinks.def"
#undef JJ_SINK
    NULL,
};

const struct jj_sink_ops *const *jj_sinks(void)
{
    return sinks;
}

const struct jj_sink_ops *jj_sink_find(const char *name)
{
    for (const struct jj_sink_ops *const *sink = sinks; *sink; sink++)
        if (strcmp((*sink)->name, name) == 0)
            return *sink;
    return NULL;
}
