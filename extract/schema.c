/* SPDX-License-Identifier: MIT
 *
 * Which columns a run gives, and what they are called. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extract/extract.h"

static bool in_list(const char *const *list, const char *name)
{
    for (; list && *list; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

static bool group_exists(const char *name)
{
    for (const struct jj_extractor *const *e = jj_extractors(); *e; e++)
        if (strcmp((*e)->group, name) == 0)
            return true;
    return strcmp(name, "all") == 0;
}

static bool feature_exists(const char *name)
{
    for (const struct jj_extractor *const *e = jj_extractors(); *e; e++)
        for (unsigned i = 0; i < (*e)->count; i++)
            if (strcmp((*e)->features[i].name, name) == 0)
                return true;
    return false;
}

static int check_names(const struct jj_selection *s, struct jj_error *err)
{
    for (const char *const *g = s->groups; g && *g; g++) {
        if (group_exists(*g))
            continue;
        char known[160] = "all";
        for (const struct jj_extractor *const *e = jj_extractors(); *e; e++) {
            size_t used = strlen(known);
            snprintf(known + used, sizeof known - used, ", %s", (*e)->group);
        }
        return jj_fail(err, JJ_EUSAGE, "unknown feature group '%s'; there are: %s", *g, known);
    }
    for (const char *const *n = s->names; n && *n; n++)
        if (!feature_exists(*n))
            return jj_fail(err, JJ_EUSAGE,
                           "unknown feature '%s'; `jj-engine features` lists them all", *n);
    return 0;
}

static bool is_ip(const char *name)
{
    return strcmp(name, "src_ip") == 0 || strcmp(name, "dst_ip") == 0;
}

static bool is_port(const char *name)
{
    return strncmp(name, "src_port", 8) == 0 || strncmp(name, "dst_port", 8) == 0;
}

static bool wanted(const struct jj_selection *s, const struct jj_extractor *e,
                   const struct jj_feature *f)
{
    bool named = in_list(s->names, f->name);
    if (s->groups && !in_list(s->groups, "all") && !in_list(s->groups, e->group))
        return false;
    if ((s->names && !named) || (s->profile && f->profile != s->profile && !f->optional))
        return false;
    if (f->optional && !named)
        return strcmp(f->name, "flow_id") == 0 ? s->flow_id : s->sequences;
    return !(s->no_ips && is_ip(f->name)) && !(s->no_ports && is_port(f->name));
}

/* JoyfulJay's bidirectional split: flow totals say so in their names. */
static const char *split_prefix(const char *name)
{
    static const char *const totals[] = {
        "burst_count",   "tcp_syn_count", "tcp_fin_count",
        "tcp_rst_count", "tcp_ack_count", "tcp_psh_count",
        "tcp_urg_count", "iat_sequence",  NULL,
    };
    return in_list(totals, name) ? "total_" : "";
}

static void add_column(struct jj_schema *schema, const struct jj_selection *s,
                       const struct jj_extractor *e, unsigned index)
{
    struct jj_schema_column *column = &schema->columns[schema->count++];
    const char *name = e->features[index].name;
    snprintf(column->name, sizeof column->name, "%s%s", s->bidir_split ? split_prefix(name) : "",
             name);
    column->feature = &e->features[index];
    column->extractor = e;
    column->feature_index = index;
}

static unsigned count_features(void)
{
    unsigned count = 0;
    for (const struct jj_extractor *const *e = jj_extractors(); *e; e++)
        count += (*e)->count;
    return count;
}

int jj_schema_create(struct jj_schema **out, const struct jj_selection *selection,
                     struct jj_error *err)
{
    int ret = check_names(selection, err);
    if (ret < 0)
        return ret;
    struct jj_schema *schema = calloc(1, sizeof *schema);
    if (!schema)
        return jj_fail(err, -ENOMEM, "no memory for the schema");
    schema->columns = calloc(count_features(), sizeof *schema->columns);
    for (const struct jj_extractor *const *e = jj_extractors(); *e && schema->columns; e++)
        for (unsigned i = 0; i < (*e)->count; i++)
            if (wanted(selection, *e, &(*e)->features[i]))
                add_column(schema, selection, *e, i);
    if (schema->count == 0) {
        jj_schema_destroy(schema);
        return jj_fail(err, JJ_EUSAGE, "this choice of features leaves no column");
    }
    *out = schema;
    return 0;
}

void jj_schema_destroy(struct jj_schema *schema)
{
    if (!schema)
        return;
    free(schema->columns);
    free(schema);
}
