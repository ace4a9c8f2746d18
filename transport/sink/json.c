/* SPDX-License-Identifier: MIT
 *
 * JSON Lines: one object a row, all columns in order, null for a missing value (jsonlines.org,
 * RFC 8259). Bytes that are no UTF-8 become U+FFFD. */
#include <string.h>

#include "transport/sink/rows.h"
#include "transport/sink/utf8.h"

extern const struct jj_sink_ops jj_sink_json;

static char *put_escaped(char *to, unsigned char c)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *name = names; *name; name += 2)
        if ((unsigned char)name[0] == c) {
            to[0] = '\\';
            to[1] = name[1];
            return to + 2;
        }
    memcpy(to, "\\u00", 4);
    to[4] = (char)('0' + c / 16);
    to[5] = "0123456789abcdef"[c % 16];
    return to + 6;
}

static char *put_string(char *to, const char *text, size_t length, bool compat)
{
    (void)compat;
    const char *end = text + length;
    *to++ = '"';
    while (text < end) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x80) {
            to = jj_utf8_copy(to, &text, end);
            continue;
        }
        if (c < 0x20 || c == '"' || c == '\\')
            to = put_escaped(to, c);
        else
            *to++ = (char)c;
        text++;
    }
    *to++ = '"';
    return to;
}

/* It is JSON already; but a line is one row. */
static char *put_json(char *to, const char *text, size_t length)
{
    if (length == 0) {
        memcpy(to, "null", 4);
        return to + 4;
    }
    for (size_t i = 0; i < length; i++)
        to[i] = text[i] == '\n' || text[i] == '\r' ? ' ' : text[i];
    return to + length;
}

static char *put_prefix(char *to, const struct jj_schema_column *column, unsigned index)
{
    *to++ = index == 0 ? '{' : ',';
    to = put_string(to, column->name, strlen(column->name), false);
    *to++ = ':';
    return to;
}

static char *put_missing(char *to, const struct jj_feature *feature, bool compat)
{
    const char *text = compat ? feature->compat : NULL;
    if (text && feature->type == JJ_STRING)
        return put_string(to, text, strlen(text), false);
    if (text && feature->type == JJ_BOOL)
        text = strcmp(text, "True") == 0 ? "true" : "false";
    return put_json(to, text, text ? strlen(text) : 0);
}

static const struct jj_dialect dialect = {
    .bools = { "false", "true" },
    .line_end = "}\n",
    .quote = "",
    .put_string = put_string,
    .put_json = put_json,
    .put_prefix = put_prefix,
    .put_missing = put_missing,
};

static int open_json(struct jj_sink **out, const char *where, const struct jj_sink_options *options,
                     struct jj_error *err)
{
    struct jj_rows *rows;
    int code = jj_rows_open(&rows, &dialect, where, options, err);
    if (code < 0)
        return code;
    rows->sink.ops = &jj_sink_json;
    *out = &rows->sink;
    return 0;
}

const struct jj_sink_ops jj_sink_json = {
    .name = "json",
    .summary = "JSON Lines, one object a row",
    .open = open_json,
    .write = jj_rows_write,
    .close = jj_rows_close,
};
