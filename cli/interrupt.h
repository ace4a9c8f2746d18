/* SPDX-License-Identifier: MIT
 *
 * Ctrl+C and SIGTERM: the first one asks for an orderly end, the second one kills. */
#pragma once
#include <stdbool.h>

/* `stop` runs in the signal handler. NULL: nothing is there to stop any more. */
void jj_interrupt_calls(void (*stop)(void *context), void *context);

bool jj_interrupted(void);
