/* SPDX-License-Identifier: MIT
 *
 * `features`: all columns for people, as Markdown. */
#include <stdio.h>

#include "cli/catalog.h"
#include "cli/options.h"

static void print_overview(void)
{
    unsigned total = 0;
    puts("# Columns\n\n| Group | Columns | About |\n|---|---|---|");
    for (const struct jj_extractor *const *e = jj_extractors(); *e; e++) {
        const struct jj_feature *features;
        unsigned count = jj_extractor_features(*e, &features), shown = 0;
        for (unsigned i = 0; i < count; i++)
            shown += !features[i].optional;
        printf("| %s | %u | %s |\n", jj_extractor_group(*e), shown, jj_extractor_summary(*e));
        total += shown;
    }
    printf("\n%u columns by default. A column \"on request\" comes with an option, like "
           "--flow-id or --include-sequences.\n\n",
           total);
}

int jj_command_features(const struct jj_options *options)
{
    struct jj_catalog catalog = { .group = options->group };
    if (!options->group)
        print_overview();
    jj_catalog_markdown(&catalog, stdout);
    return JJ_EXIT_DONE;
}
