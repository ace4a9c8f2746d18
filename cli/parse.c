/* SPDX-License-Identifier: MIT
 *
 * The command line into struct jj_options: the walk over the arguments and the checks that need
 * more than one option. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jj/feature.h"
#include "jj/sink.h"

#include "cli/config.h"
#include "cli/names.h"
#include "cli/options.h"

struct arguments {
    int count;
    char **words;
    int at;
};

static int give(struct jj_options *options, const struct jj_option *option, const char *text,
                struct jj_error *err)
{
    options->given |= 1ull << (option - jj_options_table);
    return jj_option_set(options, option, text, err);
}

/* The value stands in the same word (`inline_value`) or in the next. */
static int take_value(struct jj_options *options, const struct jj_option *option,
                      const char *inline_value, struct arguments *args, struct jj_error *err)
{
    if (inline_value)
        return give(options, option, inline_value, err);
    if (args->at == args->count)
        return jj_fail(err, JJ_EUSAGE, "'--%s' needs a value: --%s %s", option->name, option->name,
                       option->argument);
    return give(options, option, args->words[args->at++], err);
}

/* --no-NAME of a switch. */
static const struct jj_option *find_negative(const struct jj_command *command, const char *name,
                                             size_t length)
{
    if (length <= 3 || strncmp(name, "no-", 3) != 0)
        return NULL;
    const struct jj_option *option = jj_option_find(command, name + 3, length - 3);
    return option && option->type == JJ_OPTION_SWITCH ? option : NULL;
}

static int take_long(struct jj_options *options, const char *name, struct arguments *args,
                     struct jj_error *err)
{
    size_t length = strcspn(name, "=");
    const char *value = name[length] ? name + length + 1 : NULL;
    const struct jj_option *option = jj_option_find(options->command, name, length);
    const struct jj_option *negative = find_negative(options->command, name, length);

    if (option && jj_option_takes_value(option))
        return take_value(options, option, value, args, err);
    if ((option || negative) && value)
        return jj_fail(err, JJ_EUSAGE, "'--%.*s' takes no value", (int)length, name);
    if (option)
        return give(options, option, "yes", err);
    if (negative)
        return give(options, negative, "no", err);
    const char *near = jj_option_near(options->command, name, length);
    if (near)
        return jj_fail(err, JJ_EUSAGE, "unknown option '--%.*s'; did you mean '--%s'?", (int)length,
                       name, near);
    return jj_fail(err, JJ_EUSAGE, "unknown option '--%.*s'", (int)length, name);
}

static const struct jj_option *find_letter(const struct jj_command *command, char letter)
{
    for (unsigned i = 0; i < JJ_OPTION_COUNT; i++)
        if (jj_options_table[i].letter == letter &&
            jj_option_applies(&jj_options_table[i], command))
            return &jj_options_table[i];
    return NULL;
}

/* -q, -qv, -o FILE, -oFILE */
static int take_letters(struct jj_options *options, const char *letters, struct arguments *args,
                        struct jj_error *err)
{
    for (; *letters; letters++) {
        const struct jj_option *option = find_letter(options->command, *letters);
        if (!option)
            return jj_fail(err, JJ_EUSAGE, "unknown option '-%c'", *letters);
        if (jj_option_takes_value(option))
            return take_value(options, option, letters[1] ? letters + 1 : NULL, args, err);
        int code = give(options, option, "yes", err);
        if (code)
            return code;
    }
    return 0;
}

static int take_word(struct jj_options *options, struct arguments *args, bool *only_operands,
                     struct jj_error *err)
{
    const char *word = args->words[args->at++];
    if (*only_operands || word[0] != '-' || word[1] == 0)
        return jj_list_add(&options->operands, word);
    if (word[1] != '-')
        return take_letters(options, word + 1, args, err);
    if (word[2])
        return take_long(options, word + 2, args, err);
    *only_operands = true;
    return 0;
}

static int check_operands(const struct jj_options *options, struct jj_error *err)
{
    const struct jj_command *command = options->command;
    if (options->operands.count < command->least)
        return jj_fail(err, JJ_EUSAGE, "'%s' needs an operand: %s", command->name,
                       command->operands);
    if (options->operands.count > command->most)
        return jj_fail(err, JJ_EUSAGE, "'%s' does not know what to do with '%s'", command->name,
                       options->operands.items[command->most]);
    return 0;
}

static int check_range(const char *name, uint64_t value, uint64_t least, uint64_t most,
                       struct jj_error *err)
{
    if (value >= least && value <= most)
        return 0;
    return jj_fail(err, JJ_EUSAGE, "'--%s' must be between %llu and %llu", name,
                   (unsigned long long)least, (unsigned long long)most);
}

static int check_ranges(const struct jj_options *options, struct jj_error *err)
{
    int code = check_range("workers", options->workers, 1, 256, err);
    if (!code)
        code = check_range("max-flows", options->max_flows, 1, UINT32_MAX / 2, err);
    if (!code)
        code = check_range("snaplen", options->snaplen, 0, 1u << 20, err);
    if (!code)
        code = check_range("ring-size", options->ring_size, 0, 1ull << 30, err);
    if (!code)
        code = check_range("max-sequence-length", options->max_sequence, 1, 65536, err);
    if (!code && options->timeout == 0)
        code = jj_fail(err, JJ_EUSAGE, "'--timeout' must be more than 0");
    if (!code && options->burst_threshold == 0)
        code = jj_fail(err, JJ_EUSAGE, "'--burst-threshold-ms' must be more than 0");
    if (!code && jj_option_given(options, JJ_OPTION_ID_duration) && options->duration == 0)
        code = jj_fail(err, JJ_EUSAGE, "'--duration' must be more than 0");
    if (!code && jj_option_given(options, JJ_OPTION_ID_count) && options->count == 0)
        code = jj_fail(err, JJ_EUSAGE, "'--count' must be more than 0");
    return code;
}

/* JoyfulJay has one way to end flows, and the engine takes it. */
static int check_compat(const struct jj_options *options, struct jj_error *err)
{
    static const enum jj_option_id fixed[] = { JJ_OPTION_ID_active_timeout, JJ_OPTION_ID_tcp_end };
    for (size_t i = 0; options->compat && i < sizeof fixed / sizeof *fixed; i++)
        if (jj_option_given(options, fixed[i]))
            return jj_fail(err, JJ_EUSAGE, "'--%s' does not go together with --compat=joyfuljay",
                           jj_options_table[fixed[i]].name);
    return 0;
}

int jj_options_parse(struct jj_options *options, int argc, char **argv, struct jj_error *err)
{
    struct arguments args = { .count = argc, .words = argv };
    bool only_operands = false;
    while (args.at < args.count) {
        int code = take_word(options, &args, &only_operands, err);
        if (code)
            return code;
    }
    if (options->help)
        return 0;
    int code = options->config ? jj_config_read(options, options->config, err) : 0;
    if (!code && !options->salt)
        options->salt = getenv("JJ_SALT");
    if (!code)
        code = check_operands(options, err);
    if (!code)
        code = check_ranges(options, err);
    if (!code)
        code = check_compat(options, err);
    if (!code)
        code = jj_names_check(options, err);
    return code;
}
