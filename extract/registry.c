/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "extract/extract.h"

#define JJ_EXTRACTOR(name) extern const struct jj_extractor jj_extractor_##name;
#include "extract/extractors.def"
#undef JJ_EXTRACTOR

static const struct jj_extractor *const extractors[] = {
#define JJ_EXTRACTOR(name) &jj_extractor_##name,
#include "extract/extractors.def"
#undef JJ_EXTRACTOR
    NULL,
};

const struct jj_extractor *const *jj_extractors(void)
{
    return extractors;
}

const char *jj_extractor_group(const struct jj_extractor *extractor)
{
    return extractor->group;
}

const char *jj_extractor_summary(const struct jj_extractor *extractor)
{
    return extractor->summary;
}

unsigned jj_extractor_features(const struct jj_extractor *extractor, const struct jj_feature **out)
{
    *out = extractor->features;
    return extractor->count;
}

const char *jj_type_name(enum jj_type type)
{
    static const char *const names[] = { "bool",        "int64",         "float64", "string",
                                         "list<int64>", "list<float64>", "json" };
    return names[type];
}

static const char *const profiles[] = { "none", "JJ-CORE", "JJ-EXTENDED", "JJ-EXPERIMENTAL" };

const char *jj_profile_name(enum jj_profile profile)
{
    return profiles[profile];
}

int jj_profile_find(const char *name)
{
    for (int i = JJ_CORE; i <= JJ_EXPERIMENTAL; i++)
        if (strcmp(profiles[i], name) == 0)
            return i;
    return JJ_EUSAGE;
}
