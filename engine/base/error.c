/* SPDX-License-Identifier: MIT */
#include "jj/error.h"

#include <stdio.h>
#include <string.h>

int jj_fail(struct jj_error *err, int code, const char *format, ...)
{
    if (err) {
        va_list arguments;
        va_start(arguments, format);
        err->code = code;
        vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
    }
    return code;
}

const char *jj_strerror(int code)
{
    switch (code) {
    case JJ_EEOF:
        return "no more packets";
    case JJ_EFORMAT:
        return "not in the expected format";
    case JJ_EUNSUPPORTED:
        return "not supported";
    case JJ_EUSAGE:
        return "wrong usage";
    default:
        return strerror(-code);
    }
}
