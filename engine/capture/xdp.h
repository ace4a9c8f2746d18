/* SPDX-License-Identifier: MIT
 *
 * Inside of the source "xdp": the loaded programs and where they hang. The links own the programs'
 * places, so that the kernel takes everything off when the process ends, however it ends. Only the
 * classic egress filter of kernels before 6.6 needs a cleaning hand. One thread. */
#pragma once
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jj/error.h"
#include "jj/source.h"

struct bpf_object;
struct jj_ring_set;

enum jj_xdp_egress { JJ_XDP_NO_EGRESS, JJ_XDP_TCX, JJ_XDP_CLSACT };

struct jj_xdp {
    struct bpf_object *object;
    int ingress_program;
    int egress_program;
    int rings_map;
    int want_map;
    int counters_map;
    unsigned cpus; /* possible ones: slots in the maps */
    bool exact;    /* records of large frames have their exact length */

    int ifindex;
    char name[IF_NAMESIZE];
    bool loopback;
    uint16_t linktype;

    int ingress_link; /* -1 = none */
    int egress_link;
    int promiscuous; /* socket that keeps the device promiscuous, -1 = none */
    bool native;
    int native_refused; /* why it is not native, 0 = was not asked */
    enum jj_xdp_egress egress;
};

/* xdp_load.c */
int jj_xdp_load(struct jj_xdp *xdp, uint32_t snaplen, struct jj_error *err);
int jj_xdp_make_rings(struct jj_xdp *xdp, struct jj_ring_set *set, size_t bytes,
                      struct jj_error *err); /* one for each CPU online */
void jj_xdp_unload(struct jj_xdp *xdp);
int jj_xdp_probe(struct jj_error *err);
int jj_xdp_refused(int code, const char *what, struct jj_error *err);

/* xdp_device.c */
int jj_xdp_find_device(struct jj_xdp *xdp, const char *name, struct jj_error *err);
uint64_t jj_xdp_missed(const struct jj_xdp *xdp); /* frames the device had no room for */
bool jj_xdp_is_present(const struct jj_xdp *xdp);
bool jj_xdp_is_up(const struct jj_xdp *xdp);

/* xdp_attach.c */
int jj_xdp_attach(struct jj_xdp *xdp, const struct jj_source_options *options,
                  struct jj_error *err);
void jj_xdp_detach(struct jj_xdp *xdp);
bool jj_xdp_is_attached(const struct jj_xdp *xdp);
