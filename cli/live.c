/* SPDX-License-Identifier: MIT
 *
 * `live`: features of the flows on a network interface. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "cli/help.h"
#include "cli/message.h"
#include "cli/run.h"

static bool usable(const struct jj_source_ops *ops, struct jj_error *err)
{
    return !ops->probe || ops->probe(err) == 0;
}

/* The first live source that this machine and user can use; NULL and *err when there is none. Each
 * has its own reason then, and its own cure. */
static const struct jj_source_ops *choose(struct jj_error *err)
{
    for (const struct jj_source_ops *const *s = jj_sources(); *s; s++)
        if ((*s)->live && usable(*s, NULL))
            return *s;
    jj_fail(err, -EPERM,
            "no live source can be used here: run as root, or see what "
            "`" JJ_PROGRAM " status` says to each of them");
    return NULL;
}

static const struct jj_source_ops *source_of(const struct jj_options *options, struct jj_error *err)
{
    const char *name = options->source ? options->source : options->xdp ? "xdp" : NULL;
    if (!name)
        return choose(err);
    const struct jj_source_ops *ops = jj_source_find(name);
    if (!ops)
        jj_fail(err, JJ_EUNSUPPORTED, "this program was built without the source '%s'", name);
    return ops && usable(ops, err) ? ops : NULL;
}

static void say_start(const struct jj_options *options, const char *interface)
{
    if (options->config)
        jj_say("Loaded config from: %s", options->config);
    jj_say("Capturing on interface: %s", interface);
    if (options->duration)
        jj_say("Duration: %g seconds", (double)options->duration / 1e9);
    if (options->filter)
        jj_say("Filter: %s", options->filter);
    if (options->save_pcap)
        jj_say("Saving packets to: %s", options->save_pcap);
}

int jj_command_live(const struct jj_options *options)
{
    const char *interface = options->operands.items[0];
    struct jj_error err = { 0 };
    if (if_nametoindex(interface) == 0) {
        jj_error("there is no interface '%s'; `ip link` lists them", interface);
        return JJ_EXIT_FAILED;
    }
    const struct jj_source_ops *source = source_of(options, &err);
    if (!source) {
        jj_error("%s", *err.text ? err.text : "no way to capture can be used here");
        return JJ_EXIT_FAILED;
    }
    say_start(options, interface);
    const struct jj_run run = {
        .pipeline = { .options = options, .live = true },
        .source = source,
        .inputs = &options->operands,
        .verb = "Captured",
    };
    return jj_run(&run);
}
