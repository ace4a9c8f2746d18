/* SPDX-License-Identifier: MIT
 *
 * A command is one file with jj_command_<name> and one row in commands.def. */
#pragma once
#include <limits.h>
#include <stddef.h>

struct jj_options;

#define JJ_ANY_NUMBER UINT_MAX

enum jj_exit {
    JJ_EXIT_DONE = 0,
    JJ_EXIT_FAILED = 1,
    JJ_EXIT_USAGE = 2,
    JJ_EXIT_INTERRUPTED = 130,
};

enum jj_command_id {
#define COMMAND(name, ...) JJ_COMMAND_##name,
#include "cli/commands.def"
#undef COMMAND
    JJ_COMMAND_COUNT
};

struct jj_command {
    const char *name;
    const char *operands; /* as help shows them: "PATH..." */
    unsigned least;       /* operands it takes */
    unsigned most;
    const char *summary;
    const char *text;
    const char *examples; /* one a line */
    int (*run)(const struct jj_options *options);
};

/* In the order of enum jj_command_id. */
extern const struct jj_command jj_commands[JJ_COMMAND_COUNT];

#define COMMAND(name, ...) int jj_command_##name(const struct jj_options *options);
#include "cli/commands.def"
#undef COMMAND

/* NULL when there is none. */
const struct jj_command *jj_command_find(const char *name);

static inline enum jj_command_id jj_command_id(const struct jj_command *command)
{
    return (enum jj_command_id)(command - jj_commands);
}
