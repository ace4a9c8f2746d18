/* SPDX-License-Identifier: MIT */
#include "cli/catalog.h"

#include <string.h>

static bool chosen(const struct jj_catalog *catalog)
{
    return (!catalog->group ||
            strcmp(catalog->group, jj_extractor_group(catalog->extractor)) == 0) &&
           (!catalog->profile || catalog->profile == catalog->feature->profile);
}

bool jj_catalog_next(struct jj_catalog *catalog)
{
    const struct jj_extractor *const *all = jj_extractors();
    while (all[catalog->extractor_index]) {
        const struct jj_feature *features;
        catalog->extractor = all[catalog->extractor_index];
        unsigned count = jj_extractor_features(catalog->extractor, &features);
        if (catalog->feature_index == count) {
            catalog->extractor_index++;
            catalog->feature_index = 0;
            continue;
        }
        catalog->feature = &features[catalog->feature_index++];
        if (chosen(catalog))
            return true;
    }
    return false;
}

const char *jj_catalog_type(const struct jj_feature *feature)
{
    switch ((enum jj_type)feature->type) {
    case JJ_BOOL:
        return "boolean";
    case JJ_I64:
        return "integer";
    case JJ_F64:
        return "float";
    case JJ_STRING:
        return "string";
    case JJ_LIST_I64:
        return "list of integer";
    case JJ_LIST_F64:
        return "list of float";
    case JJ_JSON:
        return "json";
    }
    return "";
}

/* A bar would end the cell. */
static void put_cell(FILE *out, const char *text)
{
    fputs("| ", out);
    for (; *text; text++)
        fprintf(out, *text == '|' ? "\\%c" : "%c", *text);
    fputc(' ', out);
}

static void put_row(const struct jj_feature *feature, FILE *out)
{
    fprintf(out, "| `%s` ", feature->name);
    put_cell(out, jj_catalog_type(feature));
    put_cell(out, feature->unit ? feature->unit : "");
    put_cell(out, feature->optional  ? "on request"
                  : feature->profile ? jj_profile_name(feature->profile)
                                     : "");
    put_cell(out, feature->doc ? feature->doc : "");
    put_cell(out, feature->missing ? feature->missing : "");
    fputs("|\n", out);
}

static void put_head(const struct jj_extractor *extractor, FILE *out)
{
    fprintf(out, "## %s\n\n%s\n\n", jj_extractor_group(extractor), jj_extractor_summary(extractor));
    fputs("| Column | Type | Unit | Profile | Meaning | Missing when |\n"
          "|---|---|---|---|---|---|\n",
          out);
}

void jj_catalog_markdown(struct jj_catalog *catalog, FILE *out)
{
    const struct jj_extractor *last = NULL;
    while (jj_catalog_next(catalog)) {
        if (catalog->extractor != last) {
            fputs(last ? "\n" : "", out);
            put_head(catalog->extractor, out);
        }
        last = catalog->extractor;
        put_row(catalog->feature, out);
    }
}
