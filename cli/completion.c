/* SPDX-License-Identifier: MIT
 *
 * `completion`: scripts for bash, zsh and fish, from the tables of commands and options. */
#include <string.h>

#include "cli/help.h"
#include "cli/message.h"
#include "cli/names.h"

/* Options whose value is a file; operands are files too. */
static bool wants_file(const struct jj_option *option)
{
    return option->argument && strcmp(option->argument, "FILE") == 0;
}

static void put_commands(void)
{
    for (unsigned i = 0; i < JJ_COMMAND_COUNT; i++)
        printf("%s%s", i ? " " : "", jj_commands[i].name);
}

static void put_option_words(const struct jj_command *command)
{
    for (unsigned i = 0; i < JJ_OPTION_COUNT; i++) {
        const struct jj_option *option = &jj_options_table[i];
        if (!jj_option_applies(option, command))
            continue;
        printf(" --%s", option->name);
        if (option->type == JJ_OPTION_SWITCH)
            printf(" --no-%s", option->name);
    }
}

/* What stands for the operand of a command, as a shell command or words. */
static const char *operand_words(const struct jj_command *command)
{
    switch (jj_command_id(command)) {
    case JJ_COMMAND_live:
        return "$(ls /sys/class/net)";
    case JJ_COMMAND_profiles:
        return "list show validate JJ-CORE JJ-EXTENDED JJ-EXPERIMENTAL";
    case JJ_COMMAND_completion:
        return "bash zsh fish";
    case JJ_COMMAND_help:
    case JJ_COMMAND_man:
        return "$commands";
    default:
        return "";
    }
}

static bool operand_is_file(const struct jj_command *command)
{
    return command == &jj_commands[JJ_COMMAND_extract] || command == &jj_commands[JJ_COMMAND_info];
}

/* The words of an option's value, by command: the same name may mean different things. */
static void put_bash_values(const struct jj_command *command)
{
    for (unsigned i = 0; i < JJ_OPTION_COUNT; i++) {
        const struct jj_option *option = &jj_options_table[i];
        if (!jj_option_applies(option, command) || !jj_option_takes_value(option))
            continue;
        printf("        %s:--%s", command->name, option->name);
        if (option->letter)
            printf(" | %s:-%c", command->name, option->letter);
        const char *words = jj_names_of(option, " ");
        if (wants_file(option))
            puts(") COMPREPLY=($(compgen -f -- \"$word\")); return ;;");
        else
            printf(") COMPREPLY=($(compgen -P \"$listed\" -W \"%s\" -- \"${word##*,}\")); "
                   "return ;;\n",
                   words);
    }
}

static void bash(void)
{
    fputs("# bash completion of " JJ_PROGRAM "\n_jj_engine() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local command=${COMP_WORDS[1]} commands=\"",
          stdout);
    put_commands();
    puts("\"\n    COMPREPLY=()\n"
         "    [[ $word == = ]] && word=\n"
         "    [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}\n"
         "    local listed=${word%\"${word##*,}\"}\n"
         "    if [[ $COMP_CWORD -eq 1 ]]; then\n"
         "        COMPREPLY=($(compgen -W \"$commands --xdp --help --version\" -- \"$word\"))\n"
         "        return\n    fi\n"
         "    [[ $command == --xdp ]] && command=live\n"
         "    case $command:$before in");
    for (unsigned i = 0; i < JJ_COMMAND_COUNT; i++)
        put_bash_values(&jj_commands[i]);
    puts("    esac\n    local options= operands= files=\n    case $command in");
    for (unsigned i = 0; i < JJ_COMMAND_COUNT; i++) {
        const struct jj_command *command = &jj_commands[i];
        printf("        %s) options=\"", command->name);
        put_option_words(command);
        printf("\" operands=\"%s\" files=%s ;;\n", operand_words(command),
               operand_is_file(command) ? "yes" : "");
    }
    puts("    esac\n"
         "    if [[ $word == -* ]]; then\n"
         "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
         "    elif [[ $files ]]; then\n"
         "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "    else\n"
         "        COMPREPLY=($(compgen -W \"$operands\" -- \"$word\"))\n"
         "    fi\n}\n"
         "complete -o filenames -F _jj_engine " JJ_PROGRAM " jj");
}

/* In single quotes. */
static void put_quoted(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
}

/* zsh: inside [...] of an _arguments specification. */
static void put_zsh_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            putchar(*text == '`' ? '"' : *text);
    }
}

static void put_zsh_spec(const char *dashes, const char *name, const struct jj_option *option)
{
    printf("                '%s%s%s[", option->type == JJ_OPTION_LIST ? "*" : "", dashes, name);
    put_zsh_text(option->help);
    printf("]");
    if (jj_option_takes_value(option)) {
        const char *words = jj_names_of(option, " ");
        printf(":%s:", option->name);
        if (wants_file(option))
            printf("_files");
        else if (*words)
            printf("(%s)", words);
    }
    puts("' \\");
}

static void put_zsh_options(const struct jj_command *command)
{
    for (unsigned i = 0; i < JJ_OPTION_COUNT; i++) {
        const struct jj_option *option = &jj_options_table[i];
        const char letter[2] = { option->letter, 0 };
        if (!jj_option_applies(option, command))
            continue;
        put_zsh_spec("--", option->name, option);
        if (option->letter)
            put_zsh_spec("-", letter, option);
        if (option->type == JJ_OPTION_SWITCH)
            put_zsh_spec("--no-", option->name, option);
    }
}

static void zsh(void)
{
    fputs("#compdef " JJ_PROGRAM " jj\n_jj_engine() {\n    local commands=\"", stdout);
    put_commands();
    puts("\"\n    if (( CURRENT == 2 )); then\n        local -a described=(");
    for (unsigned i = 0; i < JJ_COMMAND_COUNT; i++) {
        printf("            '%s:", jj_commands[i].name);
        put_zsh_text(jj_commands[i].summary);
        puts("'");
    }
    puts("        )\n        _describe command described\n        return\n    fi\n"
         "    local command=$words[2]\n    [[ $command == --xdp ]] && command=live\n"
         "    shift words; (( CURRENT-- ))\n    case $command in");
    for (unsigned i = 0; i < JJ_COMMAND_COUNT; i++) {
        const struct jj_command *command = &jj_commands[i];
        printf("        %s)\n            _arguments \\\n", command->name);
        put_zsh_options(command);
        if (operand_is_file(command))
            puts("                '*:file:_files' ;;");
        else
            printf("                \"*:operand:(${=:-%s})\" ;;\n", operand_words(command));
    }
    puts("    esac\n}\n"
         "if [[ $funcstack[1] == _jj_engine ]]; then _jj_engine \"$@\"; "
         "else compdef _jj_engine " JJ_PROGRAM " jj; fi");
}

static void put_fish_option(const struct jj_command *command, const struct jj_option *option)
{
    printf("complete -c " JJ_PROGRAM " -n '__fish_seen_subcommand_from %s' -l %s", command->name,
           option->name);
    if (option->letter)
        printf(" -s %c", option->letter);
    if (wants_file(option))
        printf(" -r -F");
    else if (jj_option_takes_value(option))
        printf(" -x -a '%s'", jj_names_of(option, " "));
    printf(" -d '");
    put_quoted(option->help);
    puts("'");
}

static void fish(void)
{
    puts("# fish completion of " JJ_PROGRAM "\ncomplete -c jj -w " JJ_PROGRAM);
    for (unsigned i = 0; i < JJ_COMMAND_COUNT; i++) {
        const struct jj_command *command = &jj_commands[i];
        printf("complete -c " JJ_PROGRAM " -f -n __fish_use_subcommand -a %s -d '", command->name);
        put_quoted(command->summary);
        puts("'");
        if (!operand_is_file(command)) {
            bool all =
                command == &jj_commands[JJ_COMMAND_help] || command == &jj_commands[JJ_COMMAND_man];
            const char *words = operand_words(command);
            bool shell = strncmp(words, "$(", 2) == 0;
            printf("complete -c " JJ_PROGRAM " -f -n '__fish_seen_subcommand_from %s' -a '",
                   command->name);
            if (all)
                put_commands();
            else
                fputs(shell ? words + 1 : words, stdout);
            puts("'");
        }
        for (unsigned o = 0; o < JJ_OPTION_COUNT; o++)
            if (jj_option_applies(&jj_options_table[o], command))
                put_fish_option(command, &jj_options_table[o]);
    }
}

int jj_command_completion(const struct jj_options *options)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(options->operands.items[0], shells[i].shell) == 0) {
            shells[i].print();
            return JJ_EXIT_DONE;
        }
    jj_error("unknown shell '%s'; there are: bash, zsh, fish", options->operands.items[0]);
    return JJ_EXIT_USAGE;
}
