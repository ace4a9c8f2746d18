/* SPDX-License-Identifier: MIT
 *
 * Errors. Every fallible call returns 0 (or a count) on success and a negative number on failure:
 * -errno, or one of JJ_E* below. Calls that a user triggers also fill a struct jj_error with one
 * sentence that says what is wrong and what to do; `err` may be NULL. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum jj_error_code {
    JJ_EEOF = -4097,         /* the source has no more packets */
    JJ_EFORMAT = -4098,      /* foreign bytes are not what they claim to be */
    JJ_EUNSUPPORTED = -4099, /* well-formed, but not handled (a link type, a kernel feature) */
    JJ_EUSAGE = -4100,       /* the caller asked for something that makes no sense */
};

struct jj_error {
    int code;
    char text[240];
};

/* Fills *err (when not NULL) and returns `code`, so that failing is one statement. */
int jj_fail(struct jj_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Text of -errno and of JJ_E*. Never NULL. */
const char *jj_strerror(int code);

#ifdef __cplusplus
}
#endif
