/* SPDX-License-Identifier: MIT
 *
 * What the program says to its user, on standard error. One line is redrawn in place (progress);
 * messages push it away first. Safe from any thread. */
#pragma once
#include <stdbool.h>

void jj_message_quiet(bool quiet);

void jj_say(const char *format, ...) __attribute__((format(printf, 1, 2)));   /* not with -q */
void jj_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));  /* "Warning: " */
void jj_error(const char *format, ...) __attribute__((format(printf, 1, 2))); /* "Error: " */

/* The line drawn in place; "" takes it away. */
void jj_message_line(const char *text);

/* Columns of the terminal on this descriptor, 80 when it is none. */
unsigned jj_terminal_width(int fd);
