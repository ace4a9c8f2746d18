/* SPDX-License-Identifier: MIT
 *
 * `schema`: all columns for programs, as JSON, CSV or Markdown, sorted by group and name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/catalog.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/options.h"

struct entry {
    const char *group;
    const struct jj_feature *feature;
};

struct entries {
    struct entry *items;
    size_t count;
};

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->group, y->group);
    return order ? order : strcmp(x->feature->name, y->feature->name);
}

static int collect(struct entries *entries, const char *group)
{
    struct jj_catalog catalog = { .group = group };
    size_t count = 0;
    while (jj_catalog_next(&catalog))
        count++;
    entries->items = calloc(count + 1, sizeof *entries->items);
    if (!entries->items)
        return -ENOMEM;
    catalog = (struct jj_catalog){ .group = group };
    while (entries->count < count && jj_catalog_next(&catalog))
        entries->items[entries->count++] =
            (struct entry){ jj_extractor_group(catalog.extractor), catalog.feature };
    qsort(entries->items, count, sizeof *entries->items, compare);
    return 0;
}

static void put_member(FILE *out, const char *key, const char *value)
{
    fprintf(out, ", \"%s\": ", key);
    jj_json_string(out, value && *value ? value : NULL);
}

static void print_json(FILE *out, const struct entries *entries)
{
    fputs("{\n  \"version\": \"1.0\",\n  \"features\": [\n", out);
    for (size_t i = 0; i < entries->count; i++) {
        const struct jj_feature *feature = entries->items[i].feature;
        fputs("    {\"name\": ", out);
        jj_json_string(out, feature->name);
        put_member(out, "type", jj_catalog_type(feature));
        put_member(out, "description", feature->doc);
        put_member(out, "unit", feature->unit);
        put_member(out, "group", entries->items[i].group);
        put_member(out, "missing", feature->missing);
        put_member(out, "profile", feature->profile ? jj_profile_name(feature->profile) : NULL);
        fprintf(out, ", \"optional\": %s}%s\n", feature->optional ? "true" : "false",
                i + 1 < entries->count ? "," : "");
    }
    fputs("  ],\n  \"groups\": [", out);
    for (size_t i = 0; i < entries->count; i++) {
        if (i && strcmp(entries->items[i].group, entries->items[i - 1].group) == 0)
            continue;
        fputs(i ? ", " : "", out);
        jj_json_string(out, entries->items[i].group);
    }
    fputs("]\n}\n", out);
}

/* RFC 4180 */
static void put_field(FILE *out, const char *text, char after)
{
    bool quoted = text && strpbrk(text, ",\"\n") != NULL;
    if (quoted)
        fputc('"', out);
    for (; text && *text; text++)
        fprintf(out, *text == '"' ? "\"%c" : "%c", *text);
    if (quoted)
        fputc('"', out);
    fputc(after, out);
}

static void print_csv(FILE *out, const struct entries *entries)
{
    fputs("name,type,description,unit,group,missing,profile\n", out);
    for (size_t i = 0; i < entries->count; i++) {
        const struct jj_feature *feature = entries->items[i].feature;
        put_field(out, feature->name, ',');
        put_field(out, jj_catalog_type(feature), ',');
        put_field(out, feature->doc, ',');
        put_field(out, feature->unit, ',');
        put_field(out, entries->items[i].group, ',');
        put_field(out, feature->missing, ',');
        put_field(out, feature->profile ? jj_profile_name(feature->profile) : NULL, '\n');
    }
}

static void print_markdown(FILE *out, const char *group)
{
    struct jj_catalog catalog = { .group = group };
    jj_catalog_markdown(&catalog, out);
}

static int print(const struct jj_options *options, FILE *out)
{
    enum { JSON, CSV, MARKDOWN };
    struct entries entries = { 0 };
    int code = collect(&entries, options->group);
    if (code) {
        jj_error("no memory for the schema");
        return JJ_EXIT_FAILED;
    }
    if (options->schema_format == JSON)
        print_json(out, &entries);
    else if (options->schema_format == CSV)
        print_csv(out, &entries);
    else
        print_markdown(out, options->group);
    free(entries.items);
    return JJ_EXIT_DONE;
}

int jj_command_schema(const struct jj_options *options)
{
    const char *path = options->schema_output;
    if (!path || strcmp(path, "-") == 0)
        return print(options, stdout);
    FILE *out = fopen(path, "we");
    if (!out) {
        jj_error("cannot write %s: %s", path, strerror(errno));
        return JJ_EXIT_FAILED;
    }
    int code = print(options, out);
    bool failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        jj_error("cannot write all of %s: %s", path, strerror(errno));
        return JJ_EXIT_FAILED;
    }
    jj_say("Schema written to: %s", path);
    return code;
}
