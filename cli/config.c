/* SPDX-License-Identifier: MIT */
#include "cli/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
    struct jj_options *options;
    const char *path;
    yaml_document_t document;
    uint64_t from_command_line; /* options->given before the file was read */
};

/* JoyfulJay's names where they differ from ours. */
static const struct {
    const char *key;
    const char *option;
    bool inverted;
} aliases[] = {
    { "flow_timeout", "timeout", false },
    { "max_concurrent_flows", "max-flows", false },
    { "specific_features", "feature", false },
    { "bidirectional_split", "bidir-split", false },
    { "include_raw_sequences", "include-sequences", false },
    { "bpf_filter", "filter", false },
    { "include_ip_addresses", "no-ips", true },
    { "include_ports", "no-ports", true },
    { "anonymization_salt", "salt", false },
    { "include_flow_id", "flow-id", false },
    { "num_workers", "workers", false },
};

/* JoyfulJay's keys for what this program always does one way; any other value is refused. */
static const struct {
    const char *key;
    const char *value;
} fixed[] = {
    { "flow_eviction_strategy", "lru" },
    { "terminate_on_fin_rst", "true" },
    { "sampling_rate", "" },
    { "include_splt", "false" },
    { "entropy_sample_bytes", "256" },
    { "connection_use_ports", "false" },
    { "connection_include_graph_metrics", "true" },
    { "connection_include_temporal", "false" },
    { "connection_community_algorithm", "louvain" },
};

static const char *text_of(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

/* null, ~ or nothing: as if the key were absent. */
static bool is_null(const yaml_node_t *node)
{
    const char *text = text_of(node);
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (!*text || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0);
}

static int fail_at(const struct reader *reader, const yaml_node_t *node, struct jj_error *err,
                   const char *what)
{
    char text[sizeof err->text]; /* `what` may be err->text itself */
    snprintf(text, sizeof text, "%s", what);
    return jj_fail(err, JJ_EUSAGE, "%s:%zu: %s", reader->path, node->start_mark.line + 1, text);
}

/* Finds by our name, with - for _. */
static const struct jj_option *find_option(const char *key)
{
    char name[64];
    size_t length = strlen(key);
    if (length >= sizeof name)
        return NULL;
    for (size_t i = 0; i <= length; i++)
        name[i] = key[i] == '_' ? '-' : key[i];
    for (unsigned c = 0; c < JJ_COMMAND_COUNT; c++) {
        const struct jj_command *command = &jj_commands[c];
        const struct jj_option *option = jj_option_find(command, name, length);
        if (option && jj_option_applies(&jj_options_table[JJ_OPTION_ID_config], command))
            return option;
    }
    return NULL;
}

/* `--config` and `--help` make no sense inside the file. */
static const struct jj_option *find_key(const char *key, bool *inverted)
{
    *inverted = false;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(key, aliases[i].key) == 0) {
            *inverted = aliases[i].inverted;
            return find_option(aliases[i].option);
        }
    const struct jj_option *option = find_option(key);
    if (option == &jj_options_table[JJ_OPTION_ID_config] ||
        option == &jj_options_table[JJ_OPTION_ID_help])
        return NULL;
    return option;
}

/* The document goes, the options stay: keep a copy. */
static int set_copy(struct reader *reader, const struct jj_option *option, const char *text,
                    struct jj_error *err)
{
    char *copy = strdup(text);
    if (!copy || jj_list_add(&reader->options->owned, copy)) {
        free(copy);
        return jj_fail(err, -ENOMEM, "no memory for %s", reader->path);
    }
    return jj_option_set(reader->options, option, copy, err);
}

static int set_scalar(struct reader *reader, const struct jj_option *option, bool inverted,
                      const yaml_node_t *value, struct jj_error *err)
{
    int code = set_copy(reader, option, text_of(value), err);
    if (!code && inverted) {
        bool *field = (bool *)((char *)reader->options + option->offset);
        *field = !*field;
    }
    return code;
}

static int set_sequence(struct reader *reader, const struct jj_option *option,
                        const yaml_node_t *value, struct jj_error *err)
{
    if (option->type != JJ_OPTION_LIST)
        return jj_fail(err, JJ_EUSAGE, "'%s' takes one value, not a list", option->name);
    const yaml_node_item_t *item = value->data.sequence.items.start;
    for (; item < value->data.sequence.items.top; item++) {
        const yaml_node_t *node = yaml_document_get_node(&reader->document, *item);
        if (node->type != YAML_SCALAR_NODE)
            return jj_fail(err, JJ_EUSAGE, "'%s' takes a list of names", option->name);
        int code = set_copy(reader, option, text_of(node), err);
        if (code)
            return code;
    }
    return 0;
}

/* 0 when the key is one of the fixed ones and has that value; 1 when it is none of them. */
static int check_fixed(const char *key, const yaml_node_t *value, struct jj_error *err)
{
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (strcmp(key, fixed[i].key) != 0)
            continue;
        if (is_null(value) || strcasecmp(text_of(value), fixed[i].value) == 0)
            return 0;
        return jj_fail(err, JJ_EUSAGE, "'%s: %s' is not supported; leave the key out", key,
                       text_of(value));
    }
    return 1;
}

/* JoyfulJay's `terminate_on_fin_rst: false` is our `tcp_end: timeout`, and 0 flows is no limit. */
static bool is_special(struct reader *reader, const char *key, const yaml_node_t *value)
{
    if (strcmp(key, "terminate_on_fin_rst") == 0 && strcasecmp(text_of(value), "false") == 0) {
        if (!(reader->from_command_line >> JJ_OPTION_ID_tcp_end & 1)) {
            reader->options->tcp_end = 2; /* timeout */
            reader->options->given |= 1ull << JJ_OPTION_ID_tcp_end;
        }
        return true;
    }
    return strcmp(key, "max_concurrent_flows") == 0 && strcmp(text_of(value), "0") == 0;
}

static int read_pair(struct reader *reader, const yaml_node_t *key, const yaml_node_t *value,
                     struct jj_error *err)
{
    bool inverted;
    const char *name = text_of(key);
    if (is_special(reader, name, value))
        return 0;
    int code = check_fixed(name, value, err);
    if (code <= 0)
        return code ? fail_at(reader, key, err, err->text) : 0;

    const struct jj_option *option = find_key(name, &inverted);
    if (!option) {
        char text[200];
        const char *near = jj_option_near(reader->options->command, name, strlen(name));
        snprintf(text, sizeof text, "unknown key '%.60s'%s%s%s", name,
                 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        return fail_at(reader, key, err, text);
    }
    uint64_t bit = 1ull << (option - jj_options_table);
    if (reader->from_command_line & bit || is_null(value) ||
        (option->type == JJ_OPTION_STRING && value->type == YAML_SCALAR_NODE && !*text_of(value)))
        return 0;
    reader->options->given |= bit;
    if (value->type == YAML_SCALAR_NODE)
        code = set_scalar(reader, option, inverted, value, err);
    else if (value->type == YAML_SEQUENCE_NODE)
        code = set_sequence(reader, option, value, err);
    else
        code = jj_fail(err, JJ_EUSAGE, "'%s' takes a value, not a mapping", name);
    return code ? fail_at(reader, value, err, err->text) : 0;
}

static int read_mapping(struct reader *reader, struct jj_error *err)
{
    const yaml_node_t *root = yaml_document_get_root_node(&reader->document);
    if (!root)
        return 0;
    if (root->type != YAML_MAPPING_NODE)
        return fail_at(reader, root, err, "the file must be a mapping of option names to values");
    const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
    for (; pair < root->data.mapping.pairs.top; pair++) {
        int code = read_pair(reader, yaml_document_get_node(&reader->document, pair->key),
                             yaml_document_get_node(&reader->document, pair->value), err);
        if (code)
            return code;
    }
    return 0;
}

int jj_config_read(struct jj_options *options, const char *path, struct jj_error *err)
{
    struct reader reader = { .options = options,
                             .path = path,
                             .from_command_line = options->given };
    struct jj_error local; /* messages are built on each other */
    yaml_parser_t parser;
    int code;
    err = err ? err : &local;
    FILE *file = fopen(path, "re");
    if (!file)
        return jj_fail(err, JJ_EUSAGE, "cannot read the configuration %s: %s", path,
                       strerror(errno));
    if (!yaml_parser_initialize(&parser)) {
        fclose(file);
        return jj_fail(err, -ENOMEM, "no memory for %s", path);
    }
    yaml_parser_set_input_file(&parser, file);
    if (!yaml_parser_load(&parser, &reader.document)) {
        code = jj_fail(err, JJ_EUSAGE, "%s:%zu: not JSON or YAML: %s", path,
                       parser.problem_mark.line + 1,
                       parser.problem ? parser.problem : "it cannot be read");
    } else {
        code = read_mapping(&reader, err);
        yaml_document_delete(&reader.document);
    }
    yaml_parser_delete(&parser);
    fclose(file);
    return code;
}
