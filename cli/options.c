/* SPDX-License-Identifier: MIT
 *
 * The table made from options.def, and setting a field from text. */
#include "cli/options.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/nearest.h"

#define ON(command)      (1ull << JJ_COMMAND_##command)
#define JJ_EVERY_COMMAND ((1ull << JJ_COMMAND_COUNT) - 1)

const char *const jj_headings[JJ_HEADING_COUNT] = {
#define HEADING(id, text) [JJ_HEADING_##id] = text,
    JJ_HEADINGS(HEADING)
#undef HEADING
};

const struct jj_option jj_options_table[JJ_OPTION_COUNT] = {
#define OPTION(field, name, letter, argument, type, commands, heading, fallback, help) \
    [JJ_OPTION_ID_##field] = { name,                                                   \
                               letter,                                                 \
                               argument,                                               \
                               JJ_OPTION_##type,                                       \
                               commands,                                               \
                               JJ_HEADING_##heading,                                   \
                               fallback,                                               \
                               help,                                                   \
                               offsetof(struct jj_options, field) },
#include "cli/options.def"
#undef OPTION
};

const struct jj_option *jj_option_find(const struct jj_command *command, const char *name,
                                       size_t length)
{
    for (unsigned i = 0; i < JJ_OPTION_COUNT; i++) {
        const struct jj_option *option = &jj_options_table[i];
        if (jj_option_applies(option, command) && strlen(option->name) == length &&
            memcmp(option->name, name, length) == 0)
            return option;
    }
    return NULL;
}

const char *jj_option_near(const struct jj_command *command, const char *name, size_t length)
{
    struct jj_nearest nearest = { .word = name, .length = length };
    for (unsigned i = 0; i < JJ_OPTION_COUNT; i++)
        if (jj_option_applies(&jj_options_table[i], command))
            jj_nearest_try(&nearest, jj_options_table[i].name);
    return nearest.best;
}

int jj_list_add(struct jj_list *list, const char *item)
{
    const char **items = realloc(list->items, (list->count + 2) * sizeof *items);
    if (!items)
        return -ENOMEM;
    items[list->count++] = item;
    items[list->count] = NULL;
    list->items = items;
    return 0;
}

static int set_bool(bool *field, const struct jj_option *option, const char *text,
                    struct jj_error *err)
{
    static const char *const words[] = { "no", "yes", "false", "true", "off", "on" };
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0) {
            *field = i % 2;
            return 0;
        }
    return jj_fail(err, JJ_EUSAGE, "'%s' is yes or no, not '%s'", option->name, text);
}

static int set_int(uint64_t *field, const struct jj_option *option, const char *text,
                   struct jj_error *err)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text < '0' || *text > '9')
        return jj_fail(err, JJ_EUSAGE, "'--%s' needs a whole number, not '%s'", option->name, text);
    *field = value;
    return 0;
}

static int set_size(uint64_t *field, const struct jj_option *option, const char *text,
                    struct jj_error *err)
{
    static const char units[] = "KMG";
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    const char *unit = *end ? strchr(units, *end >= 'a' ? *end - 32 : *end) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    if (unit)
        end++;
    if (errno || end == text || *end || *text < '0' || *text > '9' || value > UINT64_MAX >> shift)
        return jj_fail(err, JJ_EUSAGE, "'--%s' needs a size like 512K, 64M or 1G, not '%s'",
                       option->name, text);
    *field = (uint64_t)value << shift;
    return 0;
}

/* `unit` nanoseconds each */
static int set_time(int64_t *field, double unit, const struct jj_option *option, const char *text,
                    struct jj_error *err)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value) || value < 0)
        return jj_fail(err, JJ_EUSAGE, "'--%s' needs %s, like 60 or 0.5, not '%s'", option->name,
                       unit < 1e9 ? "milliseconds" : "seconds", text);
    if (value * unit > 9e18)
        return jj_fail(err, JJ_EUSAGE, "'--%s %s' is longer than any capture", option->name, text);
    *field = (int64_t)(value * unit + 0.5);
    return 0;
}

static int set_choice(unsigned *field, const struct jj_option *option, const char *text,
                      struct jj_error *err)
{
    size_t length = strlen(text);
    const char *word = option->argument;
    for (unsigned i = 0; word; i++) {
        size_t size = strcspn(word, "|");
        if (size == length && memcmp(word, text, size) == 0) {
            *field = i;
            return 0;
        }
        word = word[size] ? word + size + 1 : NULL;
    }
    return jj_fail(err, JJ_EUSAGE, "'--%s' is one of %s, not '%s'", option->name, option->argument,
                   text);
}

/* One text, many items: the pieces are owned by the options. */
static int set_list(struct jj_options *options, struct jj_list *field, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, ",");
        char *item = length ? strndup(text, length) : NULL;
        if (length && (!item || jj_list_add(&options->owned, item) || jj_list_add(field, item)))
            return -ENOMEM;
        text += length + (text[length] == ',');
    }
    return 0;
}

int jj_option_set(struct jj_options *options, const struct jj_option *option, const char *text,
                  struct jj_error *err)
{
    void *field = (char *)options + option->offset;
    switch (option->type) {
    case JJ_OPTION_FLAG:
    case JJ_OPTION_SWITCH:
        return set_bool(field, option, text, err);
    case JJ_OPTION_STRING:
        if (!*text)
            return jj_fail(err, JJ_EUSAGE, "'--%s' needs a value that is not empty", option->name);
        *(const char **)field = text;
        return 0;
    case JJ_OPTION_LIST:
        return set_list(options, field, text);
    case JJ_OPTION_INT:
        return set_int(field, option, text, err);
    case JJ_OPTION_SIZE:
        return set_size(field, option, text, err);
    case JJ_OPTION_SECONDS:
        return set_time(field, 1e9, option, text, err);
    case JJ_OPTION_MILLISECONDS:
        return set_time(field, 1e6, option, text, err);
    case JJ_OPTION_CHOICE:
        return set_choice(field, option, text, err);
    }
    return JJ_EUSAGE;
}

int jj_options_init(struct jj_options *options, const struct jj_command *command)
{
    *options = (struct jj_options){ .command = command };
    for (unsigned i = 0; i < JJ_OPTION_COUNT; i++) {
        const struct jj_option *option = &jj_options_table[i];
        if (option->fallback) {
            int code = jj_option_set(options, option, option->fallback, NULL);
            if (code)
                return code;
        }
    }
    return 0;
}

void jj_options_done(struct jj_options *options)
{
    for (unsigned i = 0; i < options->owned.count; i++)
        free((void *)options->owned.items[i]);
    for (unsigned i = 0; i < JJ_OPTION_COUNT; i++)
        if (jj_options_table[i].type == JJ_OPTION_LIST)
            free(((struct jj_list *)((char *)options + jj_options_table[i].offset))->items);
    free(options->owned.items);
    free(options->operands.items);
    *options = (struct jj_options){ 0 };
}
