/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include <string.h>
#include <unistd.h>

#include "jj/version.h"

#include "cli/message.h"

static unsigned page_width(void)
{
    unsigned width = isatty(STDOUT_FILENO) ? jj_terminal_width(STDOUT_FILENO) : 80;
    return width > 100 ? 100 : width < 50 ? 50 : width;
}

/* Breaks at blanks; lines but the first start at `indent`. */
static void print_wrapped(FILE *out, unsigned indent, const char *text)
{
    unsigned width = page_width() - 1, column = indent;
    while (*text) {
        unsigned length = (unsigned)strcspn(text, " ");
        if (column > indent && column + 1 + length > width) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", (int)length, text);
        column += length;
        text += length;
        text += *text == ' ';
    }
    fputc('\n', out);
}

const char *jj_help_option_name(const struct jj_option *option, char text[static 96])
{
    char letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(text, 96, "%s--%s%s%s%s", letter, option->type == JJ_OPTION_SWITCH ? "[no-]" : "",
             option->name, option->argument ? " " : "", option->argument ? option->argument : "");
    return text;
}

static void print_option(FILE *out, const struct jj_option *option)
{
    enum { COLUMN = 30 };
    char name[96], text[400];
    jj_help_option_name(option, name);
    if (strlen(name) > COLUMN - 4)
        fprintf(out, "  %s\n%*s", name, COLUMN, "");
    else
        fprintf(out, "  %-*s", COLUMN - 2, name);
    snprintf(text, sizeof text, "%s%s%s%s", option->help, option->fallback ? " [" : "",
             option->fallback ? option->fallback : "", option->fallback ? "]" : "");
    print_wrapped(out, COLUMN, text);
}

static void print_heading(FILE *out, const struct jj_command *command, enum jj_heading heading)
{
    bool any = false;
    for (unsigned i = 0; i < JJ_OPTION_COUNT; i++) {
        const struct jj_option *option = &jj_options_table[i];
        if (option->heading != heading || !jj_option_applies(option, command))
            continue;
        if (!any)
            fprintf(out, "\n%s\n", jj_headings[heading]);
        any = true;
        print_option(out, option);
    }
}

static void print_examples(FILE *out, const char *examples)
{
    fputs("\nExamples\n", out);
    while (*examples) {
        size_t length = strcspn(examples, "\n");
        fprintf(out, "  %.*s\n", (int)length, examples);
        examples += length;
        examples += *examples == '\n';
    }
}

void jj_help_command(FILE *out, const struct jj_command *command)
{
    fprintf(out, "Usage: " JJ_PROGRAM " %s [options]%s%s\n\n", command->name,
            *command->operands ? " " : "", command->operands);
    print_wrapped(out, 0, command->text);
    print_examples(out, command->examples);
    for (unsigned i = 0; i < JJ_HEADING_COUNT; i++)
        print_heading(out, command, (enum jj_heading)i);
}

void jj_help_program(FILE *out)
{
    fputs(JJ_PROGRAM " " JJ_VERSION ": packets in, flows and features out\n\n"
                     "Usage: " JJ_PROGRAM " COMMAND [options] ...\n"
                     "       " JJ_PROGRAM " --xdp INTERFACE [options]\n\nCommands\n",
          out);
    for (unsigned i = 0; i < JJ_COMMAND_COUNT; i++)
        fprintf(out, "  %-12s%s\n", jj_commands[i].name, jj_commands[i].summary);
    print_examples(out, "jj-engine extract traffic.pcap -o flows.csv\n"
                        "jj-engine --xdp eth0 -d 60 -o flows.csv\n"
                        "jj-engine demo");
    fputs("\n`" JJ_PROGRAM " help COMMAND` explains a command, `" JJ_PROGRAM
          " --version` tells the version.\n",
          out);
}

int jj_command_help(const struct jj_options *options)
{
    if (options->operands.count == 0) {
        jj_help_program(stdout);
        return JJ_EXIT_DONE;
    }
    const struct jj_command *command = jj_command_find(options->operands.items[0]);
    if (!command) {
        jj_error("unknown command '%s'; `" JJ_PROGRAM " help` lists them",
                 options->operands.items[0]);
        return JJ_EXIT_USAGE;
    }
    jj_help_command(stdout, command);
    return JJ_EXIT_DONE;
}
