/* SPDX-License-Identifier: MIT
 *
 * Rows of the demo for people: who, with whom, how much, and what it was. */
#pragma once
#include "jj/table.h"

void jj_demo_print_head(void);
void jj_demo_print_rows(const struct jj_table *table);
