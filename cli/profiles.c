/* SPDX-License-Identifier: MIT
 *
 * `profiles`: the named sets of columns. */
#include <stdio.h>
#include <string.h>

#include "cli/catalog.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/names.h"

static unsigned count_of(enum jj_profile profile)
{
    struct jj_catalog catalog = { .profile = profile };
    unsigned count = 0;
    while (jj_catalog_next(&catalog))
        count += !catalog.feature->optional;
    return count;
}

static int list(const struct jj_options *options)
{
    fputs(options->json ? "{" : "", stdout);
    for (unsigned p = JJ_CORE; p <= JJ_EXPERIMENTAL; p++) {
        const char *name = jj_profile_name(p);
        if (options->json)
            printf("%s\"%s\": %u", p > JJ_CORE ? ", " : "", name, count_of(p));
        else
            printf("%-16s %4u columns\n", name, count_of(p));
    }
    fputs(options->json ? "}\n" : "", stdout);
    return JJ_EXIT_DONE;
}

static int show_json(struct jj_catalog *catalog)
{
    bool any = false;
    fputs("{\"profile\": ", stdout);
    jj_json_string(stdout, jj_profile_name(catalog->profile));
    fputs(", \"features\": [", stdout);
    while (jj_catalog_next(catalog)) {
        fputs(any ? ", " : "", stdout);
        jj_json_string(stdout, catalog->feature->name);
        any = true;
    }
    puts("]}");
    return JJ_EXIT_DONE;
}

static int show_text(struct jj_catalog *catalog)
{
    const struct jj_extractor *last = NULL;
    while (jj_catalog_next(catalog)) {
        if (catalog->extractor != last)
            printf("%s%s\n", last ? "\n" : "", jj_extractor_group(catalog->extractor));
        last = catalog->extractor;
        printf("  %s\n", catalog->feature->name);
    }
    return JJ_EXIT_DONE;
}

static int show(const struct jj_options *options)
{
    if (options->operands.count != 2) {
        jj_error("'profiles show' needs the name of a profile: %s",
                 jj_names_of(&jj_options_table[JJ_OPTION_ID_profile], ", "));
        return JJ_EXIT_USAGE;
    }
    const char *name = options->operands.items[1];
    int profile = jj_profile_find(name);
    if (profile <= JJ_PROFILE_NONE) {
        jj_error("Unknown profile: %s. Valid profiles: %s", name,
                 jj_names_of(&jj_options_table[JJ_OPTION_ID_profile], ", "));
        return JJ_EXIT_FAILED;
    }
    struct jj_catalog catalog = { .group = options->group, .profile = (enum jj_profile)profile };
    struct jj_catalog first = catalog;
    if (!jj_catalog_next(&first)) {
        jj_error("No features found for group '%s' in profile %s", options->group, name);
        return JJ_EXIT_FAILED;
    }
    return options->json ? show_json(&catalog) : show_text(&catalog);
}

static unsigned count_named(const char *name)
{
    struct jj_catalog catalog = { 0 };
    unsigned count = 0;
    while (jj_catalog_next(&catalog))
        count += strcmp(catalog.feature->name, name) == 0;
    return count;
}

/* A name that stands in two groups could be in two profiles. Columns that JoyfulJay does not have
 * are in none, because its profiles are fixed. */
static int validate(void)
{
    struct jj_catalog catalog = { 0 };
    unsigned doubles = 0, own = 0;
    while (jj_catalog_next(&catalog)) {
        const struct jj_feature *feature = catalog.feature;
        own += feature->profile == JJ_PROFILE_NONE && !feature->optional;
        if (feature->profile > JJ_EXPERIMENTAL || count_named(feature->name) != 1) {
            printf("%s is not in exactly one profile\n", feature->name);
            doubles++;
        }
    }
    if (doubles)
        return JJ_EXIT_FAILED;
    puts("Validation passed: All features are assigned to exactly one profile.");
    if (own)
        printf("Besides them there are %u of our own, in no profile.\n", own);
    return JJ_EXIT_DONE;
}

int jj_command_profiles(const struct jj_options *options)
{
    const char *verb = options->operands.items[0];
    if (strcmp(verb, "show") == 0)
        return show(options);
    if (options->operands.count == 1 && strcmp(verb, "list") == 0)
        return list(options);
    if (options->operands.count == 1 && strcmp(verb, "validate") == 0)
        return validate();
    jj_error("'profiles' does list, show NAME or validate, not '%s'", verb);
    return JJ_EXIT_USAGE;
}
