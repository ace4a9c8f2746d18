/* SPDX-License-Identifier: MIT
 *
 * The source "xdp": frames of one interface, seen before the stack (XDP) and after it (tc egress).
 * What hangs where is xdp_attach.c, the rest is ring_source.h. */
#include "engine/capture/xdp.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>

#include "bpf/objects.h"

extern const struct jj_source_ops jj_source_xdp;

static const struct jj_kernel_needs needs = {
    .sentence = "XDP needs CAP_BPF and CAP_NET_ADMIN, promiscuous mode CAP_NET_RAW",
    .setcap = "cap_bpf,cap_net_admin,cap_net_raw",
    .kernel = "Linux 6.1 (the source tpacket does without)",
    .second = CAP_NET_ADMIN,
};

static const struct jj_kernel_images images = { "jj_xdp", &jj_bpf_xdp_exact, &jj_bpf_xdp_classes };

int jj_xdp_refused(int code, const char *what, struct jj_error *err)
{
    return jj_kernel_side_refused(code, what, &needs, err);
}

static int attach(struct jj_ring_source *source, const struct jj_source_options *options,
                  struct jj_error *err)
{
    return jj_xdp_attach((struct jj_xdp *)source, options, err);
}

static void detach(struct jj_ring_source *source)
{
    jj_xdp_detach((struct jj_xdp *)source);
}

static int lost(const struct jj_ring_source *source)
{
    if (jj_xdp_is_attached((const struct jj_xdp *)source))
        return 0;
    return jj_device_is_present(&source->device) ? -ENOLINK : -ENODEV;
}

static void describe(const struct jj_ring_source *source, const char *rings, char *note,
                     size_t size)
{
    static const char *const egress[] = { [JJ_XDP_NO_EGRESS] = "ingress only",
                                          [JJ_XDP_TCX] = "egress by tcx",
                                          [JJ_XDP_CLSACT] = "egress by clsact" };
    const struct jj_xdp *xdp = (const struct jj_xdp *)source;
    const struct jj_device *device = &source->device;
    char why[64] = "";
    if (xdp->native_refused)
        snprintf(why, sizeof why, " (native: %s)", jj_strerror(xdp->native_refused));
    snprintf(note, size, "%s XDP on %s%s, %s, %s%s%s", xdp->native ? "native" : "generic",
             device->name, why, rings, device->loopback ? "each packet once" : egress[xdp->egress],
             source->kernel.exact ? "" : ", large frames by size class",
             jj_device_is_up(device) ? "" : ", the interface is down");
}

static const struct jj_ring_kind kind = {
    .ops = &jj_source_xdp,
    .size = sizeof(struct jj_xdp),
    .images = &images,
    .needs = &needs,
    .attach = attach,
    .detach = detach,
    .lost = lost,
    .describe = describe,
};

static int xdp_open(struct jj_source **out, const char *where,
                    const struct jj_source_options *options, struct jj_error *err)
{
    return jj_ring_source_open(out, &kind, where, options, err);
}

static int xdp_probe(struct jj_error *err)
{
    return jj_ring_source_probe(&kind, err);
}

const struct jj_source_ops jj_source_xdp = {
    .name = "xdp",
    .summary = "live: frames of an interface by XDP and tc, from the kernel's rings",
    .live = true,
    .open = xdp_open,
    .next = jj_ring_source_next,
    .stop = jj_ring_source_stop,
    .stats = jj_ring_source_stats,
    .interfaces = jj_ring_source_interfaces,
    .note = jj_ring_source_note,
    .probe = xdp_probe,
    .close = jj_ring_source_close,
};
