/* SPDX-License-Identifier: MIT */
#include "cli/names.h"

#include <stdio.h>
#include <string.h>

#include "jj/feature.h"
#include "jj/sink.h"
#include "jj/source.h"

#include "cli/nearest.h"

struct names {
    char text[1024];
    size_t length;
    const char *separator;
};

static void add(struct names *names, const char *name)
{
    size_t room = sizeof names->text - names->length;
    int n = snprintf(names->text + names->length, room, "%s%s",
                     names->length ? names->separator : "", name);
    if (n > 0 && (size_t)n < room)
        names->length += (size_t)n;
}

static void add_groups(struct names *names)
{
    for (const struct jj_extractor *const *e = jj_extractors(); *e; e++)
        add(names, jj_extractor_group(*e));
}

static void add_words(struct names *names, const char *words)
{
    while (words) {
        char word[32];
        size_t length = strcspn(words, "|");
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        add(names, word);
        words = words[length] ? words + length + 1 : NULL;
    }
}

const char *jj_names_of(const struct jj_option *option, const char *separator)
{
    static struct names names;
    names = (struct names){ .separator = separator };
    const char *name = option->name;
    if (option->type == JJ_OPTION_CHOICE) {
        add_words(&names, option->argument);
    } else if (strcmp(name, "features") == 0 || strcmp(name, "group") == 0) {
        add_groups(&names);
    } else if (strcmp(name, "profile") == 0) {
        for (unsigned p = JJ_CORE; p <= JJ_EXPERIMENTAL; p++)
            add(&names, jj_profile_name(p));
    } else if (strcmp(name, "format") == 0) {
        for (const struct jj_sink_ops *const *s = jj_sinks(); *s; s++)
            add(&names, (*s)->name);
    } else if (strcmp(name, "source") == 0) {
        for (const struct jj_source_ops *const *s = jj_sources(); *s; s++)
            if ((*s)->live)
                add(&names, (*s)->name);
    }
    return names.text;
}

const struct jj_extractor *jj_names_group(const char *group)
{
    for (const struct jj_extractor *const *e = jj_extractors(); *e; e++)
        if (strcmp(jj_extractor_group(*e), group) == 0)
            return *e;
    return NULL;
}

/* Walks over all columns; gives the one of that name, or tells `nearest` of all. */
static const struct jj_feature *walk_features(const char *name, struct jj_nearest *nearest)
{
    for (const struct jj_extractor *const *e = jj_extractors(); *e; e++) {
        const struct jj_feature *features;
        unsigned count = jj_extractor_features(*e, &features);
        for (unsigned i = 0; i < count; i++) {
            if (strcmp(features[i].name, name) == 0)
                return &features[i];
            if (nearest)
                jj_nearest_try(nearest, features[i].name);
        }
    }
    return NULL;
}

const struct jj_feature *jj_names_feature(const char *name)
{
    return walk_features(name, NULL);
}

static int fail_group(const char *group, struct jj_error *err)
{
    struct names names = { .separator = " " };
    add_groups(&names);
    return jj_fail(err, JJ_EUSAGE, "unknown group '%.30s'; there are: %s", group, names.text);
}

static int check_groups(const struct jj_options *options, struct jj_error *err)
{
    for (unsigned i = 0; i < options->features.count; i++) {
        const char *group = options->features.items[i];
        if (strcmp(group, "all") != 0 && !jj_names_group(group))
            return fail_group(group, err);
    }
    if (options->group && !jj_names_group(options->group))
        return fail_group(options->group, err);
    return 0;
}

static int check_features(const struct jj_options *options, struct jj_error *err)
{
    for (unsigned i = 0; i < options->feature.count; i++) {
        const char *name = options->feature.items[i];
        struct jj_nearest nearest = { .word = name, .length = strlen(name) };
        if (walk_features(name, &nearest))
            continue;
        if (nearest.best)
            return jj_fail(err, JJ_EUSAGE, "unknown column '%s'; did you mean '%s'?", name,
                           nearest.best);
        return jj_fail(err, JJ_EUSAGE, "unknown column '%s'; `jj-engine features` lists them all",
                       name);
    }
    return 0;
}

static int check_word(enum jj_option_id id, const char *what, const char *word, bool known,
                      struct jj_error *err)
{
    if (!word || known)
        return 0;
    return jj_fail(err, JJ_EUSAGE, "unknown %s '%s'; there are: %s", what, word,
                   jj_names_of(&jj_options_table[id], ", "));
}

static bool is_live_source(const char *name)
{
    const struct jj_source_ops *ops = name ? jj_source_find(name) : NULL;
    return ops && ops->live;
}

int jj_names_check(const struct jj_options *options, struct jj_error *err)
{
    int code = check_groups(options, err);
    if (!code)
        code = check_features(options, err);
    if (!code)
        code = check_word(JJ_OPTION_ID_profile, "profile", options->profile,
                          options->profile && jj_profile_find(options->profile) > 0, err);
    if (!code)
        code = check_word(JJ_OPTION_ID_format, "format", options->format,
                          jj_sink_find(options->format) != NULL, err);
    if (!code)
        code = check_word(JJ_OPTION_ID_source, "source", options->source,
                          is_live_source(options->source), err);
    return code;
}
