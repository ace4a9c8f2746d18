/* SPDX-License-Identifier: MIT
 *
 * The options of a run, from the command line, the configuration file and the environment, in this
 * order of weight. Which options there are stands in options.def and nowhere else. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "jj/error.h"

#include "cli/command.h"

enum jj_option_type {
    JJ_OPTION_FLAG,   /* --name */
    JJ_OPTION_SWITCH, /* --name and --no-name */
    JJ_OPTION_STRING,
    JJ_OPTION_LIST, /* comma-separated, and may be repeated */
    JJ_OPTION_INT,
    JJ_OPTION_SIZE,    /* 64K, 16M, 1G */
    JJ_OPTION_SECONDS, /* kept in nanoseconds, as is the next */
    JJ_OPTION_MILLISECONDS,
    JJ_OPTION_CHOICE, /* kept as the number of the word */
};

struct jj_list {
    const char **items; /* ended by NULL; NULL when empty */
    unsigned count;
};

#define JJ_FIELD_FLAG         bool
#define JJ_FIELD_SWITCH       bool
#define JJ_FIELD_STRING       const char *
#define JJ_FIELD_LIST         struct jj_list
#define JJ_FIELD_INT          uint64_t
#define JJ_FIELD_SIZE         uint64_t
#define JJ_FIELD_SECONDS      int64_t
#define JJ_FIELD_MILLISECONDS int64_t
#define JJ_FIELD_CHOICE       unsigned

enum jj_option_id {
#define OPTION(field, ...) JJ_OPTION_ID_##field,
#include "cli/options.def"
#undef OPTION
    JJ_OPTION_COUNT
};

struct jj_options {
#define OPTION(field, name, letter, argument, type, ...) JJ_FIELD_##type field;
#include "cli/options.def"
#undef OPTION
    const struct jj_command *command;
    struct jj_list operands;
    uint64_t given;       /* bit by enum jj_option_id: not the fallback */
    struct jj_list owned; /* texts that came from a configuration file */
};
_Static_assert(JJ_OPTION_COUNT <= 64, "`given` has a bit for each option");

enum jj_compat { JJ_COMPAT_NONE, JJ_COMPAT_JOYFULJAY };

/* The headings of help, in their order. */
#define JJ_HEADINGS(HEADING)    \
    HEADING(OUTPUT, "Output")   \
    HEADING(COLUMNS, "Columns") \
    HEADING(FLOWS, "Flows")     \
    HEADING(PACKETS, "Packets") \
    HEADING(RUNNING, "Running")

enum jj_heading {
#define HEADING(id, text) JJ_HEADING_##id,
    JJ_HEADINGS(HEADING)
#undef HEADING
        JJ_HEADING_COUNT
};

extern const char *const jj_headings[JJ_HEADING_COUNT];

struct jj_option {
    const char *name;
    char letter; /* 0 = none */
    const char *argument;
    enum jj_option_type type;
    uint64_t commands; /* bit by enum jj_command_id */
    enum jj_heading heading;
    const char *fallback;
    const char *help;
    size_t offset; /* of its field in struct jj_options */
};

extern const struct jj_option jj_options_table[JJ_OPTION_COUNT];

static inline bool jj_option_applies(const struct jj_option *option,
                                     const struct jj_command *command)
{
    return option->commands >> jj_command_id(command) & 1;
}

static inline bool jj_option_takes_value(const struct jj_option *option)
{
    return option->type != JJ_OPTION_FLAG && option->type != JJ_OPTION_SWITCH;
}

/* Was it given, anywhere? */
static inline bool jj_option_given(const struct jj_options *options, enum jj_option_id id)
{
    return options->given >> id & 1;
}

/* The option of this command with that long name; NULL when there is none. */
const struct jj_option *jj_option_find(const struct jj_command *command, const char *name,
                                       size_t length);

/* The name of the command's option that was probably meant; NULL when none is near. */
const char *jj_option_near(const struct jj_command *command, const char *name, size_t length);

/* Sets the field from text; flags take "yes" and "no". The text is borrowed. */
int jj_option_set(struct jj_options *options, const struct jj_option *option, const char *text,
                  struct jj_error *err);

int jj_list_add(struct jj_list *list, const char *item);

/* All fallbacks in place. */
int jj_options_init(struct jj_options *options, const struct jj_command *command);

/* Reads the arguments behind the command's name, then --config, then the environment, and checks
 * what can be checked without doing anything. Fails with JJ_EUSAGE. */
int jj_options_parse(struct jj_options *options, int argc, char **argv, struct jj_error *err);

void jj_options_done(struct jj_options *options);
