/* SPDX-License-Identifier: MIT
 *
 * The command line: every way to write an option, and every way to get it wrong. */
#include "cli/options.c"

#include <errno.h>
#include <stdlib.h>

#include "cli/command.c"
#include "cli/config.h"
#include "cli/names.c"
#include "cli/nearest.c"
#include "cli/parse.c"
#include "test.h"

#define COMMAND(name, ...)                                  \
    int jj_command_##name(const struct jj_options *options) \
    {                                                       \
        (void)options;                                      \
        return 0;                                           \
    }
#include "cli/commands.def"
#undef COMMAND

/* The file itself is tested through the program. This one says `workers: 3` and `timeout: 5`. */
int jj_config_read(struct jj_options *options, const char *path, struct jj_error *err)
{
    (void)path;
    if (!jj_option_given(options, JJ_OPTION_ID_workers))
        options->workers = 3;
    if (!jj_option_given(options, JJ_OPTION_ID_timeout))
        options->timeout = 5000000000;
    (void)err;
    return 0;
}

static struct jj_options options;
static struct jj_error error;

/* Splits at blanks; the texts live until the next call. */
static int parse(const char *command, const char *line)
{
    static char text[500];
    static char *words[40];
    int count = 0;
    jj_options_done(&options);
    snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, " "); word && count < 40; word = strtok(NULL, " "))
        words[count++] = word;
    error = (struct jj_error){ 0 };
    jj_options_init(&options, jj_command_find(command));
    return jj_options_parse(&options, count, words, &error);
}

static void test_defaults(void)
{
    CHECK_INT(parse("extract", "a.pcap b.pcap"), 0);
    CHECK_INT(options.operands.count, 2);
    CHECK_STR(options.operands.items[1], "b.pcap");
    CHECK_STR(options.format, "csv");
    CHECK_INT(options.timeout, 60000000000);
    CHECK_INT(options.active_timeout, 1800000000000);
    CHECK_INT(options.burst_threshold, 50000000);
    CHECK_INT(options.workers, 1);
    CHECK(options.progress);
    CHECK(!options.no_ips);
    CHECK_INT(options.given, 0);
}

static void test_forms(void)
{
    CHECK_INT(parse("extract", "-o out.csv x --workers 4 -f json --timeout=1.5"), 0);
    CHECK_STR(options.output, "out.csv");
    CHECK_STR(options.format, "json");
    CHECK_INT(options.workers, 4);
    CHECK_INT(options.timeout, 1500000000);
    CHECK_INT(parse("extract", "-oout.csv -qv x --no-progress --no-ips"), 0);
    CHECK_STR(options.output, "out.csv");
    CHECK(options.quiet && options.verbose && options.no_ips && !options.progress);
    CHECK_INT(parse("extract", "- --tunnel=outer --tcp-end timeout"), 0);
    CHECK_STR(options.operands.items[0], "-");
    CHECK_INT(options.tunnel, 1);
    CHECK_INT(options.tcp_end, 2);
    CHECK_INT(parse("extract", "-- --odd-name.pcap -q"), 0);
    CHECK_STR(options.operands.items[0], "--odd-name.pcap");
    CHECK_STR(options.operands.items[1], "-q");
    CHECK_INT(parse("live", "eth0 --ring-size 64M -d 2"), 0);
    CHECK_INT(options.ring_size, 64 << 20);
    CHECK_INT(options.duration, 2000000000);
    CHECK_INT(parse("schema", "-f markdown -o x"), 0);
    CHECK_INT(options.schema_format, 2);
    CHECK_STR(options.schema_output, "x");
}

static void test_lists(void)
{
    CHECK_INT(parse("extract", "x --features timing,size --features tcp,"), 0);
    CHECK_INT(options.features.count, 3);
    CHECK_STR(options.features.items[2], "tcp");
    CHECK(options.features.items[3] == NULL);
}

static void test_weight(void)
{
    setenv("JJ_SALT", "from the environment", 1);
    CHECK_INT(parse("extract", "x -c file --workers 7"), 0);
    CHECK_INT(options.workers, 7);
    CHECK_INT(options.timeout, 5000000000);
    CHECK_STR(options.salt, "from the environment");
    CHECK_INT(parse("extract", "x --salt here"), 0);
    CHECK_STR(options.salt, "here");
    unsetenv("JJ_SALT");
}

static void test_compat(void)
{
    CHECK_INT(parse("extract", "x --compat=joyfuljay"), 0);
    CHECK_INT(options.compat, JJ_COMPAT_JOYFULJAY);
    CHECK_INT(parse("extract", "x --compat none --tcp-end both-fin"), 0);
    CHECK_INT(options.compat, JJ_COMPAT_NONE);
}

static void refused(const char *command, const char *line, const char *reason)
{
    int code = parse(command, line);
    if (code != JJ_EUSAGE || !strstr(error.text, reason))
        fprintf(stderr, "%s %s: %d \"%s\"\n", command, line, code, error.text);
    CHECK_INT(code, JJ_EUSAGE);
    CHECK(strstr(error.text, reason) != NULL);
}

static void test_refused(void)
{
    refused("extract", "x --formt csv", "did you mean '--format'?");
    refused("extract", "x --form csv", "unknown option '--form'"); /* no abbreviations */
    refused("extract", "x --zebra", "unknown option '--zebra'");
    refused("extract", "x -d 3", "unknown option '-d'"); /* that is one of live's */
    refused("extract", "x --duration 3", "unknown option '--duration'");
    refused("extract", "x -o", "needs a value: --output FILE");
    refused("extract", "x --no-ips=yes", "takes no value");
    refused("extract", "x --no-exact", "unknown option '--no-exact'");
    refused("extract", "x --workers 0", "between 1 and 256");
    refused("extract", "x --workers -1", "whole number");
    refused("extract", "x --workers 1x", "whole number");
    refused("extract", "x --workers 99999999999999999999", "whole number");
    refused("extract", "x --timeout 0", "more than 0");
    refused("extract", "x --timeout nan", "needs seconds");
    refused("extract", "x --timeout 1e30", "longer than any capture");
    refused("extract", "x --tcp-end fin", "both-fin|first-fin|timeout");
    refused("extract", "x --features nothing", "unknown group 'nothing'; there are: flow_meta");
    refused("extract", "x --feature nothing_like_it_at_all", "unknown column");
    refused("extract", "x --profile JJ", "JJ-CORE, JJ-EXTENDED, JJ-EXPERIMENTAL");
    refused("extract", "x --format parquet", "unknown format 'parquet'; there are: csv");
    refused("extract", "", "needs an operand: PATH...");
    refused("extract", "x --compat joyfuljay --tcp-end timeout", "'--tcp-end' does not go");
    refused("extract", "x --compat joyfuljay --active-timeout 9", "does not go together");
    refused("live", "a b", "does not know what to do with 'b'");
    refused("live", "a --ring-size 3Q", "needs a size");
    refused("live", "a --ring-size 99999999999G", "needs a size");
    refused("live", "a --source file", "unknown source 'file'");
}

/* Each row of the table can be reached: by its name, and with its fallback. */
static void test_table(void)
{
    for (unsigned i = 0; i < JJ_OPTION_COUNT; i++) {
        const struct jj_option *option = &jj_options_table[i];
        CHECK(option->commands != 0 && *option->help);
        CHECK(jj_option_takes_value(option) == (option->argument != NULL));
        for (unsigned c = 0; c < JJ_COMMAND_COUNT; c++)
            if (jj_option_applies(option, &jj_commands[c]))
                CHECK(jj_option_find(&jj_commands[c], option->name, strlen(option->name)) ==
                      option);
        for (unsigned j = 0; j < i && option->letter; j++)
            CHECK(jj_options_table[j].letter != option->letter ||
                  !(jj_options_table[j].commands & option->commands));
    }
}

int main(void)
{
    test_defaults();
    test_forms();
    test_lists();
    test_weight();
    test_compat();
    test_refused();
    test_table();
    jj_options_done(&options);
    return test_end();
}
