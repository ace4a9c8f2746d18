/* SPDX-License-Identifier: MIT
 *
 * CSV as RFC 4180 has it, with "\n" at the line ends. A missing value is an empty cell, an empty
 * string is "" (in compat both are empty), lists and JSON are quoted JSON text. The file is always
 * valid UTF-8 without NUL, whatever was on the wire: one such byte makes readers refuse it all. */
#include <errno.h>
#include <string.h>

#include "transport/sink/rows.h"
#include "transport/sink/utf8.h"

extern const struct jj_sink_ops jj_sink_csv;

static bool is_special(unsigned char c)
{
    return c == '"' || c == ',' || c == '\r' || c == '\n' || c == 0 || c >= 0x80;
}

static char *put_quoted(char *to, const char *text, size_t length)
{
    const char *end = text + length;
    *to++ = '"';
    while (text < end) {
        if (*text == '"')
            *to++ = '"';
        if (*text == 0) {
            memcpy(to, "\xef\xbf\xbd", 3);
            to += 3;
            text++;
            continue;
        }
        to = jj_utf8_copy(to, &text, end);
    }
    *to++ = '"';
    return to;
}

static char *put_string(char *to, const char *text, size_t length, bool compat)
{
    if (length == 0 && !compat)
        return put_quoted(to, text, 0);
    for (size_t i = 0; i < length; i++) {
        if (is_special((unsigned char)text[i]))
            return put_quoted(to, text, length);
        to[i] = text[i];
    }
    return to + length;
}

static char *put_prefix(char *to, const struct jj_schema_column *column, unsigned index)
{
    (void)column;
    *to = ',';
    return to + (index > 0);
}

static char *put_missing(char *to, const struct jj_feature *feature, bool compat)
{
    const char *text = compat && feature->compat ? feature->compat : "";
    return put_string(to, text, strlen(text), true);
}

static const struct jj_dialect dialect = {
    .bools = { "False", "True" },
    .line_end = "\n",
    .quote = "\"",
    .put_string = put_string,
    .put_json = put_quoted,
    .put_prefix = put_prefix,
    .put_missing = put_missing,
};

static int put_header(struct jj_rows *rows, struct jj_error *err)
{
    const struct jj_schema *schema = rows->options.schema;
    struct jj_output *output = &rows->output;
    if (jj_output_room(output, schema->count * 3 * sizeof schema->columns[0].name) < 0)
        return jj_fail(err, -ENOMEM, "no memory to write %s", output->name);
    char *to = output->data;
    for (unsigned i = 0; i < schema->count; i++) {
        const char *name = schema->columns[i].name;
        to = put_prefix(to, NULL, i);
        to = put_string(to, name, strlen(name), true);
    }
    *to++ = '\n';
    output->used = (size_t)(to - output->data);
    return rows->options.flush ? jj_output_flush(output, err) : 0;
}

static int open_csv(struct jj_sink **out, const char *where, const struct jj_sink_options *options,
                    struct jj_error *err)
{
    struct jj_rows *rows;
    int code = jj_rows_open(&rows, &dialect, where, options, err);
    if (code < 0)
        return code;
    code = put_header(rows, err);
    if (code < 0) {
        rows->failed = true;
        jj_rows_close(&rows->sink, NULL);
        return code;
    }
    rows->sink.ops = &jj_sink_csv;
    *out = &rows->sink;
    return 0;
}

const struct jj_sink_ops jj_sink_csv = {
    .name = "csv",
    .summary = "comma-separated values with a header line (RFC 4180)",
    .open = open_csv,
    .write = jj_rows_write,
    .close = jj_rows_close,
};
