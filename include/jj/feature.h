/* SPDX-License-Identifier: MIT
 *
 * What a column is, and what an extractor is. Names, types, units, missing values and texts stand
 * here once; CSV headers, JSON keys, `features`, `schema`, man pages and docs are printed from it.
 */
#pragma once
#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum jj_type { JJ_BOOL, JJ_I64, JJ_F64, JJ_STRING, JJ_LIST_I64, JJ_LIST_F64, JJ_JSON };

enum jj_profile { JJ_PROFILE_NONE, JJ_CORE, JJ_EXTENDED, JJ_EXPERIMENTAL };

struct jj_feature {
    const char *name;
    const char *unit;    /* "s", "bytes", "count", "" */
    const char *missing; /* when it has no value: "no backward packet"; NULL: it always has one */
    const char *compat;  /* what --compat=joyfuljay prints for a missing value: "0.0" */
    const char *doc;     /* formula in a line, with the length meant and the source */
    uint8_t type;        /* enum jj_type */
    uint8_t profile;     /* enum jj_profile */
    uint8_t optional;    /* only when asked for by option, never by default */
};

struct jj_extractor;

/* All extractors in column order, ended by NULL. */
const struct jj_extractor *const *jj_extractors(void);
const char *jj_extractor_group(const struct jj_extractor *extractor);
const char *jj_extractor_summary(const struct jj_extractor *extractor);
unsigned jj_extractor_features(const struct jj_extractor *extractor, const struct jj_feature **out);

const char *jj_type_name(enum jj_type type);          /* "int64" */
const char *jj_profile_name(enum jj_profile profile); /* "JJ-CORE" */
/* enum jj_profile of a name, or JJ_EUSAGE. */
int jj_profile_find(const char *name);

/* Which columns a run gives. Zeroed = all groups without the optional columns. */
struct jj_selection {
    const char *const *groups; /* ended by NULL; NULL = all */
    const char *const *names;  /* keep only these; ended by NULL; NULL = all of the groups */
    uint8_t profile;           /* enum jj_profile; JJ_PROFILE_NONE = any */
    bool no_ips;
    bool no_ports;
    bool flow_id;
    bool sequences;
    bool bidir_split; /* rename as JoyfulJay's bidirectional_split does */
};

struct jj_schema_column {
    char name[64];
    const struct jj_feature *feature;
    const struct jj_extractor *extractor;
    unsigned feature_index; /* in its extractor */
};

struct jj_schema {
    unsigned count;
    struct jj_schema_column *columns;
};

/* Gives *out; an unknown group, name or profile fails and says which. */
int jj_schema_create(struct jj_schema **out, const struct jj_selection *selection,
                     struct jj_error *err);
void jj_schema_destroy(struct jj_schema *schema);

#ifdef __cplusplus
}
#endif
