/* SPDX-License-Identifier: MIT
 *
 * Inside of the source "xdp": the loaded programs and where they hang. The links own the programs'
 * places, so that the kernel takes everything off when the process ends, however it ends. Only the
 * classic egress filter of kernels before 6.6 needs a cleaning hand. One thread. */
#pragma once
#include <stdbool.h>

#include "engine/capture/ring_source.h"

enum jj_xdp_egress { JJ_XDP_NO_EGRESS, JJ_XDP_TCX, JJ_XDP_CLSACT };

struct jj_xdp {
    struct jj_ring_source ring;
    int ingress_link; /* -1 = none */
    int egress_link;
    int promiscuous; /* socket that keeps the device promiscuous, -1 = none */
    bool native;
    int native_refused; /* why it is not native, 0 = was not asked */
    enum jj_xdp_egress egress;
};

/* xdp.c */
int jj_xdp_refused(int code, const char *what, struct jj_error *err);

/* xdp_attach.c */
int jj_xdp_attach(struct jj_xdp *xdp, const struct jj_source_options *options,
                  struct jj_error *err);
void jj_xdp_detach(struct jj_xdp *xdp);
bool jj_xdp_is_attached(const struct jj_xdp *xdp);
