/* SPDX-License-Identifier: MIT
 *
 * CSV: read back with Python's csv module and compared cell by cell; the exact text of the corner
 * cases; full disks and closed pipes. */
#include "transport/sink/csv.c"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "sink_rows.h"

#define HEADER                                                         \
    "flag,count,mean,text,sizes,times,parts,\"name, \"\"quoted\"\"\"," \
    "a_name_that_is_longer_than_thirty_two_bytes\n"

static char path[64], plain[64];

static const char script[] = ROWS_PYTHON
    "rows = list(csv.reader(open(sys.argv[1], newline='', encoding='utf-8'), strict=True))\n"
    "assert rows[0][7] == 'name, \"quoted\"' and len(rows[0]) == 9, rows[0]\n"
    "assert len(rows) == 1 + 2 * len(want) and len(want) == 512, len(rows)\n"
    "def cell(v, kind):\n"
    "    if v is None: return ''\n"
    "    if kind in (0, 1, 2): return str(v) if kind < 2 else repr(v)\n"
    "    return v.replace('\\0', '\\ufffd') if kind in (3, 7) else v\n"
    "for got, values in zip(rows[1:], want + want):\n"
    "    assert len(got) == 9, got\n"
    "    for kind in range(9):\n"
    "        g, w = got[kind], cell(values[kind], kind)\n"
    "        if kind in (4, 5, 6) and w != '': g = json.loads(g)\n"
    "        if kind in (3, 7): g = text(g)\n"
    "        assert g == w, (kind, g, w)\n";

static void test_python(const struct jj_table *table)
{
    struct jj_error err = { 0 };
    CHECK_INT(rows_write(&jj_sink_csv, path, table, 2, false, &err), 0);
    CHECK_INT(rows_python(script, path, plain), 0);
}

static void test_exact(void)
{
    struct jj_table *table = rows_table("/dev/null");
    struct jj_error err = { 0 };
    table->rows = 0;
    CHECK_INT(rows_write(&jj_sink_csv, path, table, 1, false, &err), 0);
    CHECK_STR(rows_read(path), HEADER);
    CHECK_INT(rows_write(&jj_sink_csv, path, table, 0, true, &err), 0);
    CHECK_STR(rows_read(path), HEADER);

    struct jj_column *columns[ROWS_COLUMNS];
    for (unsigned i = 0; i < ROWS_COLUMNS; i++)
        columns[i] = &table->columns[i];
    jj_table_reset(table);
    struct jj_row row = { .columns = columns, .index = 0 };
    int64_t one = 1;
    jj_put_bool(&row, 0, true);
    jj_put_i64(&row, 1, -7);
    jj_put_f64(&row, 2, 60);
    jj_put_string(&row, 3, "", 0);
    jj_put_list_i64(&row, 4, &one, 1);
    jj_put_list_f64(&row, 5, NULL, 0);
    jj_put_string(&row, 6, "{\"a\":1}", 7);
    jj_put_string(&row, 7, "plain", 5);
    jj_put_f64(&row, 8, 1e-5);
    row.index = 1;
    for (unsigned i = 0; i < ROWS_COLUMNS; i++)
        jj_put_missing(&row, i);
    table->rows = 2;
    CHECK_INT(rows_write(&jj_sink_csv, path, table, 1, false, &err), 0);
    CHECK_STR(rows_read(path),
              HEADER "True,-7,60.0,\"\",\"[1]\",\"[]\",\"{\"\"a\"\":1}\",plain,1e-05\n,,,,,,,,\n");
    CHECK_INT(rows_write(&jj_sink_csv, path, table, 1, true, &err), 0);
    CHECK_STR(rows_read(path), HEADER "True,-7,60.0,,\"[1]\",\"[]\",\"{\"\"a\"\":1}\",plain,1e-05\n"
                                      "False,-1,0.0,,[],,,\"no, \"\"one\"\"\",\n");
    jj_table_destroy(table);
}

static void test_errors(const struct jj_table *table)
{
    struct jj_error err = { 0 };
    CHECK_INT(rows_write(&jj_sink_csv, "/dev/full", table, 1, false, &err), -ENOSPC);
    CHECK_STR(err.text, "cannot write /dev/full: No space left on device (0 rows are safe)");
    CHECK_INT(rows_write(&jj_sink_csv, "/dev/full", table, 100, true, &err), -ENOSPC);
    CHECK_INT(rows_write(&jj_sink_csv, "/nowhere/x.csv", table, 1, false, &err), -ENOENT);
    CHECK_STR(err.text, "cannot create /nowhere/x.csv: No such file or directory");
    CHECK_INT(rows_write(&jj_sink_csv, "/dev/null", table, 100, false, &err), 0);

    int ends[2], saved = dup(STDOUT_FILENO);
    CHECK_INT(pipe(ends), 0);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    signal(SIGPIPE, SIG_IGN);
    int code = rows_write(&jj_sink_csv, "-", table, 100, false, &err);
    dup2(saved, STDOUT_FILENO);
    CHECK_INT(code, -EPIPE);
    CHECK_STR(err.text, "cannot write standard output: Broken pipe (0 rows are safe)");
}

/* How many rows Python finds whole in the first `bytes` of the file. */
static long whole_rows(unsigned bytes)
{
    char command[300];
    long count = -1;
    snprintf(
        command, sizeof command,
        "head -c %u %s | python3 -c \"import csv; print(len(list(csv.reader(open(0, newline='',"
        " encoding='utf-8', errors='replace')))) - 2)\"",
        bytes, path);
    FILE *python = popen(command, "r");
    CHECK(python && fscanf(python, "%ld", &count) == 1);
    pclose(python);
    return count;
}

/* A disk that fills up in the middle: the rows named as safe are in the file. */
static void test_file_limit(const struct jj_table *table)
{
    struct jj_error err = { 0 };
    long safe = 0;
    CHECK_INT(rows_write(&jj_sink_csv, path, table, 40, false, &err), 0);
    long whole = whole_rows(700000);
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){ .rlim_cur = 700000, .rlim_max = before.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    CHECK_INT(rows_write(&jj_sink_csv, path, table, 40, false, &err), -EFBIG);
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK(strchr(err.text, '(') &&
          sscanf(strchr(err.text, '('), "(%ld rows are safe)", &safe) == 1);
    CHECK(safe > 0 && safe <= whole);
}

int main(void)
{
    rows_paths(path, plain);
    struct jj_table *table = rows_table(plain);
    test_exact();
    if (system("python3 -c ''") == 0)
        test_python(table), test_file_limit(table);
    test_errors(table);
    jj_table_destroy(table);
    unlink(path);
    unlink(plain);
    return test_end();
}
