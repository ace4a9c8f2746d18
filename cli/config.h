/* SPDX-License-Identifier: MIT
 *
 * The configuration file: JSON or YAML, one mapping. Its keys are the names of the options, with -
 * or _, and the names that JoyfulJay's Config has for the same things. */
#pragma once
#include "cli/options.h"

/* Sets what the command line did not. A wrong key or value fails with file and line. */
int jj_config_read(struct jj_options *options, const char *path, struct jj_error *err);
