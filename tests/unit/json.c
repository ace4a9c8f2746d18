/* SPDX-License-Identifier: MIT
 *
 * JSON Lines: read back with Python's json module and compared cell by cell, and the exact text of
 * the corner cases. */
#include "transport/sink/json.c"

#include <errno.h>

#include "sink_rows.h"

static char path[64], plain[64];

static const char script[] =
    ROWS_PYTHON "def never(x): raise ValueError(x)\n"
                "lines = open(sys.argv[1], encoding='utf-8', newline='\\n').read().split('\\n')\n"
                "assert lines.pop() == '' and len(lines) == 2 * len(want) == 1024, len(lines)\n"
                "for line, values in zip(lines, want + want):\n"
                "    row = json.loads(line, parse_constant=never)\n"
                "    assert list(row)[0] == 'flag' and list(row)[7] == 'name, \"quoted\"'\n"
                "    for g, w in zip(row.values(), values, strict=True):\n"
                "        if isinstance(g, str): g = text(g)\n"
                "        assert g == w and type(g) is type(w), (g, w)\n";

static void test_exact(void)
{
    static const char *const want[] = {
        "{\"flag\":null,\"count\":null,\"mean\":null,\"text\":null,\"sizes\":null,\"times\":null,"
        "\"parts\":null,\"name, \\\"quoted\\\"\":null,"
        "\"a_name_that_is_longer_than_thirty_two_bytes\":null}\n",
        "{\"flag\":false,\"count\":-1,\"mean\":0.0,\"text\":\"\",\"sizes\":[],\"times\":null,"
        "\"parts\":null,\"name, \\\"quoted\\\"\":\"no, \\\"one\\\"\","
        "\"a_name_that_is_longer_than_thirty_two_bytes\":null}\n",
    };
    struct jj_table *table = rows_table("/dev/null");
    struct jj_column *columns[ROWS_COLUMNS];
    struct jj_row row = { .columns = columns, .index = 0 };
    struct jj_error err = { 0 };
    jj_table_reset(table);
    CHECK_INT(rows_write(&jj_sink_json, path, table, 1, false, &err), 0);
    CHECK_STR(rows_read(path), "");
    for (unsigned i = 0; i < ROWS_COLUMNS; i++) {
        columns[i] = &table->columns[i];
        jj_put_missing(&row, i);
    }
    table->rows = 1;
    for (int compat = 0; compat < 2; compat++) {
        CHECK_INT(rows_write(&jj_sink_json, path, table, 1, compat, &err), 0);
        CHECK_STR(rows_read(path), want[compat]);
    }
    jj_table_destroy(table);
}

static void test_escapes(void)
{
    char out[128];
    static const char text[] = "\"\\/\b\f\n\r\t\0\x1f\x7f\xc3\xa4\xc3|";
    *put_string(out, text, sizeof text - 1, false) = 0;
    CHECK_STR(out, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\xc3\xa4\xef\xbf\xbd|\"");
    *put_json(out, "[1,\n2]", 6) = 0;
    CHECK_STR(out, "[1, 2]");
    *put_json(out, "", 0) = 0;
    CHECK_STR(out, "null");
}

static void test_python(const struct jj_table *table)
{
    struct jj_error err = { 0 };
    CHECK_INT(rows_write(&jj_sink_json, path, table, 2, false, &err), 0);
    CHECK_INT(rows_python(script, path, plain), 0);
    CHECK_INT(rows_write(&jj_sink_json, "/dev/full", table, 1, false, &err), -ENOSPC);
}

int main(void)
{
    rows_paths(path, plain);
    struct jj_table *table = rows_table(plain);
    test_exact();
    test_escapes();
    if (system("python3 -c ''") == 0)
        test_python(table);
    jj_table_destroy(table);
    unlink(path);
    unlink(plain);
    return test_end();
}
