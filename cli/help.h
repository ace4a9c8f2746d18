/* SPDX-License-Identifier: MIT
 *
 * Help texts from the tables of commands and options. */
#pragma once
#include <stdio.h>

#include "cli/options.h"

#define JJ_PROGRAM "jj-engine"

void jj_help_program(FILE *out);
void jj_help_command(FILE *out, const struct jj_command *command);

/* "-o, --output FILE" */
const char *jj_help_option_name(const struct jj_option *option, char text[static 96]);
