/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <string.h>

const struct jj_command jj_commands[JJ_COMMAND_COUNT] = {
#define COMMAND(name, operands, least, most, summary, text, examples) \
    [JJ_COMMAND_##                                                    \
        name] = { #name, operands, least, most, summary, text, examples, jj_command_##name },
#include "cli/commands.def"
#undef COMMAND
};

const struct jj_command *jj_command_find(const char *name)
{
    for (unsigned i = 0; i < JJ_COMMAND_COUNT; i++)
        if (strcmp(jj_commands[i].name, name) == 0)
            return &jj_commands[i];
    return NULL;
}
