/* SPDX-License-Identifier: MIT
 *
 * `extract`: features of the flows in capture files. */
#include "cli/inputs.h"
#include "cli/message.h"
#include "cli/run.h"

static int check_output(const struct jj_inputs *inputs, const char *path, const char *option)
{
    if (!path || !jj_inputs_contain(inputs, path))
        return JJ_EXIT_DONE;
    jj_error("'%s %s' would overwrite a capture that is to be read", option, path);
    return JJ_EXIT_USAGE;
}

static int run_inputs(const struct jj_options *options, const struct jj_inputs *inputs)
{
    int code = check_output(inputs, options->output, "--output");
    if (!code)
        code = check_output(inputs, options->save_pcap, "--save-pcap");
    if (!code)
        code = check_output(inputs, options->stats_json, "--stats-json");
    if (code)
        return code;
    const struct jj_run run = {
        .pipeline = { .options = options },
        .source = jj_source_find("file"),
        .inputs = &inputs->paths,
        .verb = "Extracted",
    };
    return jj_run(&run);
}

int jj_command_extract(const struct jj_options *options)
{
    struct jj_inputs inputs = { 0 };
    struct jj_error err = { 0 };
    int code = jj_inputs_expand(&inputs, &options->operands, &err);
    if (code) {
        jj_error("%s", *err.text ? err.text : jj_strerror(code));
        code = code == JJ_EUSAGE ? JJ_EXIT_USAGE : JJ_EXIT_FAILED;
    } else {
        if (options->config)
            jj_say("Loaded config from: %s", options->config);
        code = run_inputs(options, &inputs);
    }
    jj_inputs_done(&inputs);
    return code;
}
