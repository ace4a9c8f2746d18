/* SPDX-License-Identifier: MIT */
#pragma once
#include <stdio.h>

/* The text in quotes, escaped; NULL becomes null. */
void jj_json_string(FILE *out, const char *text);
