/* SPDX-License-Identifier: MIT
 *
 * jj-engine: which command is meant, its options, and what its end means to the shell. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jj/version.h"

#include "cli/command.h"
#include "cli/help.h"
#include "cli/message.h"
#include "cli/nearest.h"
#include "cli/options.h"

static int print_version(void)
{
    puts(JJ_PROGRAM ", version " JJ_VERSION);
    return JJ_EXIT_DONE;
}

static int unknown_command(const char *word)
{
    struct jj_nearest nearest = { .word = word, .length = strlen(word) };
    for (unsigned i = 0; i < JJ_COMMAND_COUNT; i++)
        jj_nearest_try(&nearest, jj_commands[i].name);
    if (nearest.best)
        jj_error("unknown command '%s'; did you mean '%s'?", word, nearest.best);
    else
        jj_error("unknown %s '%s'; `" JJ_PROGRAM " help` lists the commands",
                 *word == '-' ? "option" : "command", word);
    return JJ_EXIT_USAGE;
}

static int run(const struct jj_command *command, bool verbose, int argc, char **argv)
{
    struct jj_options options;
    struct jj_error err = { 0 };
    int code = jj_options_init(&options, command);
    options.verbose = verbose;
    if (!code)
        code = jj_options_parse(&options, argc, argv, &err);
    jj_message_quiet(options.quiet);
    if (code) {
        jj_error("%s", *err.text ? err.text : jj_strerror(code));
        fprintf(stderr, "Try `" JJ_PROGRAM " %s --help`.\n", command->name);
        code = JJ_EXIT_USAGE;
    } else if (options.help) {
        jj_help_command(stdout, command);
    } else {
        code = command->run(&options);
    }
    jj_options_done(&options);
    return code;
}

/* What went to a full disk or a closed pipe is no success; who closed the pipe knows it. */
static int flush_output(int code)
{
    struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    if (!failed || code != JJ_EXIT_DONE)
        return code;
    if (poll(&output, 1, 0) != 1 || !(output.revents & POLLERR))
        jj_error("cannot write all of standard output; is the disk full?");
    return JJ_EXIT_FAILED;
}

/* Leading options belong to the program, but `--xdp` is short for `live --xdp`. */
static int dispatch(int argc, char **argv)
{
    bool verbose = false;
    int at = 1;
    for (; at < argc && (strcmp(argv[at], "-v") == 0 || strcmp(argv[at], "--verbose") == 0); at++)
        verbose = true;
    if (at == argc) {
        jj_help_program(stdout);
        return JJ_EXIT_USAGE;
    }
    const char *word = argv[at];
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return print_version();
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        jj_help_program(stdout);
        return JJ_EXIT_DONE;
    }
    if (strcmp(word, "--xdp") == 0)
        return run(&jj_commands[JJ_COMMAND_live], verbose, argc - at, argv + at);
    const struct jj_command *command = jj_command_find(word);
    if (!command)
        return unknown_command(word);
    return run(command, verbose, argc - at - 1, argv + at + 1);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    return flush_output(dispatch(argc, argv));
}
