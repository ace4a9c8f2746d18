/* SPDX-License-Identifier: MIT
 *
 * `man`: manual pages in roff (man(7)), from the tables of commands and options. */
#include <string.h>

#include "jj/version.h"

#include "cli/help.h"
#include "cli/message.h"

/* A line of roff must not start with a control character, and a hyphen must stay a minus. */
static void put_text(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '-' || *text == '\\')
            printf("%s", *text == '-' ? "\\-" : "\\e");
        else
            putchar(*text == '`' ? '"' : *text);
    }
}

static void put_title(const char *name, const char *summary)
{
    char upper[64];
    size_t i = 0;
    for (; name[i] && i < sizeof upper - 1; i++)
        upper[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 32) : name[i];
    upper[i] = 0;
    printf(".TH \"%s\" 1 \"\" \"" JJ_PROGRAM " " JJ_VERSION "\" \"User commands\"\n", upper);
    printf(".SH NAME\n%s \\- ", name);
    put_text(summary);
    putchar('\n');
}

static void put_examples(const char *examples)
{
    fputs(".SH EXAMPLES\n.nf\n", stdout);
    while (*examples) {
        char line[200];
        size_t length = strcspn(examples, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, examples);
        put_text(line);
        putchar('\n');
        examples += length;
        examples += *examples == '\n';
    }
    fputs(".fi\n", stdout);
}

static void put_option(const struct jj_option *option)
{
    char name[96];
    jj_help_option_name(option, name);
    fputs(".TP\n\\fB", stdout);
    put_text(name + strspn(name, " "));
    fputs("\\fR\n", stdout);
    put_text(option->help);
    if (option->fallback) {
        fputs(" (default: ", stdout);
        put_text(option->fallback);
        putchar(')');
    }
    putchar('\n');
}

static void put_options(const struct jj_command *command)
{
    for (unsigned h = 0; h < JJ_HEADING_COUNT; h++) {
        bool any = false;
        for (unsigned i = 0; i < JJ_OPTION_COUNT; i++) {
            const struct jj_option *option = &jj_options_table[i];
            if (option->heading != h || !jj_option_applies(option, command))
                continue;
            if (!any)
                printf(".SS %s\n", jj_headings[h]);
            any = true;
            put_option(option);
        }
    }
}

static void put_exit_codes(void)
{
    fputs(".SH EXIT STATUS\n0: done. 1: something failed. 2: wrong usage. 130: interrupted; what "
          "was finished until then is written.\n",
          stdout);
}

static void man_command(const struct jj_command *command)
{
    char name[64];
    snprintf(name, sizeof name, JJ_PROGRAM "-%s", command->name);
    put_title(name, command->summary);
    printf(".SH SYNOPSIS\n\\fB" JJ_PROGRAM " %s\\fR [options] ", command->name);
    put_text(command->operands);
    fputs("\n.SH DESCRIPTION\n", stdout);
    put_text(command->text);
    putchar('\n');
    put_examples(command->examples);
    fputs(".SH OPTIONS\n", stdout);
    put_options(command);
    put_exit_codes();
    fputs(".SH SEE ALSO\n" JJ_PROGRAM "(1)\n", stdout);
}

static void man_program(void)
{
    put_title(JJ_PROGRAM, "packets in, flows and features out");
    fputs(".SH SYNOPSIS\n\\fB" JJ_PROGRAM "\\fR COMMAND [options] ...\n.SH DESCRIPTION\n"
          "Reads packets from files or network interfaces, joins them to flows and gives a row of "
          "features for each flow. Each command has a manual page of its own: \"" JJ_PROGRAM
          " man COMMAND\".\n.SH COMMANDS\n",
          stdout);
    for (unsigned i = 0; i < JJ_COMMAND_COUNT; i++) {
        const struct jj_command *command = &jj_commands[i];
        printf(".TP\n\\fB%s\\fR %s\n", command->name, command->operands);
        put_text(command->summary);
        putchar('\n');
    }
    put_examples("jj-engine extract traffic.pcap -o flows.csv\n"
                 "jj-engine --xdp eth0 -d 60 -o flows.csv");
    fputs(".SH ENVIRONMENT\n.TP\n\\fBJJ_SALT\\fR\nsecret of the hashes of \\-\\-anonymize\\-ips "
          "and \\-\\-flow\\-id\n",
          stdout);
    put_exit_codes();
}

int jj_command_man(const struct jj_options *options)
{
    if (options->operands.count == 0) {
        man_program();
        return JJ_EXIT_DONE;
    }
    const struct jj_command *command = jj_command_find(options->operands.items[0]);
    if (!command) {
        jj_error("unknown command '%s'; `" JJ_PROGRAM " help` lists them",
                 options->operands.items[0]);
        return JJ_EXIT_USAGE;
    }
    man_command(command);
    return JJ_EXIT_DONE;
}
