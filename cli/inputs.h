/* SPDX-License-Identifier: MIT
 *
 * Capture files from the paths a user gave: a folder stands for the captures directly in it, sorted
 * by name. */
#pragma once
#include "cli/options.h"

struct jj_inputs {
    struct jj_list paths; /* each is owned */
};

/* Fails with JJ_EUSAGE for a path that does not exist, else when a folder has no captures. */
int jj_inputs_expand(struct jj_inputs *inputs, const struct jj_list *operands,
                     struct jj_error *err);
void jj_inputs_done(struct jj_inputs *inputs);

/* Is `path` one of the inputs, under whatever name? */
bool jj_inputs_contain(const struct jj_inputs *inputs, const char *path);
