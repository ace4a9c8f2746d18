/* SPDX-License-Identifier: MIT
 *
 * Hangs the programs on the device and takes them off. XDP and tcx are links: closing them, also by
 * the end of the process, detaches. clsact is the egress hook of kernels before 6.6. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/capture/xdp.h"

#define ATTACH_TCX_EGRESS 47     /* BPF_TCX_EGRESS, newer than some headers */
#define OUR_HANDLE        0x6a6a /* marks our classic filter: "jj" */
#define OUR_PRIORITY      0x6a6a

static int program(const struct jj_xdp *xdp, const char *name)
{
    return jj_kernel_side_program(&xdp->ring.kernel, name);
}

static bool name_of_program(uint32_t id, char *name, size_t size)
{
    struct bpf_prog_info info = { 0 };
    uint32_t length = sizeof info;
    int fd = bpf_prog_get_fd_by_id(id);
    if (fd < 0)
        return false;
    int code = bpf_obj_get_info_by_fd(fd, &info, &length);
    close(fd);
    snprintf(name, size, "%s", info.name);
    return code == 0;
}

/* The device carries one XDP program, and it is not ours. */
static int occupied(const struct jj_xdp *xdp, uint32_t id, struct jj_error *err)
{
    char name[BPF_OBJ_NAME_LEN] = "of unknown name";
    name_of_program(id, name, sizeof name);
    if (!strcmp(name, "jj_ingress"))
        return jj_fail(err, -EBUSY, "another jj-engine is capturing on %s by XDP already: stop it",
                       xdp->ring.device.name);
    return jj_fail(err, -EBUSY,
                   "another XDP program (%s, id %u) is on %s: stop its owner, or take it off with "
                   "`ip link set dev %s xdp off`",
                   name, id, xdp->ring.device.name, xdp->ring.device.name);
}

static uint32_t program_on_device(const struct jj_xdp *xdp)
{
    LIBBPF_OPTS(bpf_xdp_query_opts, found);
    if (bpf_xdp_query(xdp->ring.device.ifindex, 0, &found))
        return 0;
    uint32_t id = found.drv_prog_id ? found.drv_prog_id : found.skb_prog_id;
    id = id ? id : found.hw_prog_id;
    return id ? id : found.prog_id;
}

static int link_xdp(const struct jj_xdp *xdp, uint32_t mode)
{
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode);
    return bpf_link_create(program(xdp, "jj_ingress"), xdp->ring.device.ifindex, BPF_XDP, &options);
}

static int attach_ingress(struct jj_xdp *xdp, bool generic, struct jj_error *err)
{
    uint32_t id = program_on_device(xdp);
    if (id)
        return occupied(xdp, id, err);
    int link = generic ? -EOPNOTSUPP : link_xdp(xdp, XDP_FLAGS_DRV_MODE);
    xdp->native = link >= 0;
    if (link < 0 && link != -EPERM) {
        xdp->native_refused = generic ? 0 : link;
        link = link_xdp(xdp, XDP_FLAGS_SKB_MODE);
    }
    if (link < 0)
        return jj_xdp_refused(link, "put the XDP program on the device", err);
    xdp->ingress_link = link;
    return 0;
}

static struct bpf_tc_hook egress_hook(const struct jj_xdp *xdp)
{
    return (struct bpf_tc_hook){ .sz = sizeof(struct bpf_tc_hook),
                                 .ifindex = xdp->ring.device.ifindex,
                                 .attach_point = BPF_TC_EGRESS };
}

static int detach_clsact(const struct jj_xdp *xdp)
{
    struct bpf_tc_hook hook = egress_hook(xdp);
    LIBBPF_OPTS(bpf_tc_opts, ours, .handle = OUR_HANDLE, .priority = OUR_PRIORITY);
    return bpf_tc_detach(&hook, &ours);
}

/* A filter of ours from an engine that was killed. We own the device's XDP, so none is alive. */
static void remove_stale_clsact(const struct jj_xdp *xdp)
{
    char name[BPF_OBJ_NAME_LEN] = "";
    struct bpf_tc_hook hook = egress_hook(xdp);
    LIBBPF_OPTS(bpf_tc_opts, found, .handle = OUR_HANDLE, .priority = OUR_PRIORITY);
    if (bpf_tc_query(&hook, &found) == 0 &&
        (!name_of_program(found.prog_id, name, sizeof name) || !strcmp(name, "jj_egress")))
        detach_clsact(xdp);
}

/* Before Linux 6.6. The clsact qdisc stays when we go: others may hang filters on it meanwhile,
 * and empty it does nothing. */
static int attach_clsact(struct jj_xdp *xdp)
{
    struct bpf_tc_hook hook = egress_hook(xdp);
    LIBBPF_OPTS(bpf_tc_opts, ours, .handle = OUR_HANDLE, .priority = OUR_PRIORITY,
                .prog_fd = program(xdp, "jj_egress"));
    int code = bpf_tc_hook_create(&hook);
    if (code && code != -EEXIST)
        return code;
    remove_stale_clsact(xdp);
    code = bpf_tc_attach(&hook, &ours);
    if (!code)
        xdp->egress = JJ_XDP_CLSACT;
    return code;
}

static int attach_egress(struct jj_xdp *xdp, struct jj_error *err)
{
    int link = bpf_link_create(program(xdp, "jj_egress"), xdp->ring.device.ifindex,
                               ATTACH_TCX_EGRESS, NULL);
    if (link >= 0) {
        xdp->egress_link = link;
        xdp->egress = JJ_XDP_TCX;
        return 0;
    }
    int code = attach_clsact(xdp);
    if (code)
        return jj_fail(err, code,
                       "cannot see what %s sends: neither tcx (%s) nor clsact (%s) works",
                       xdp->ring.device.name, jj_strerror(link), jj_strerror(code));
    return 0;
}

/* Ends with its socket, unlike the interface's flag. The socket itself receives nothing. */
static int be_promiscuous(struct jj_xdp *xdp, struct jj_error *err)
{
    struct packet_mreq wish = { .mr_ifindex = xdp->ring.device.ifindex,
                                .mr_type = PACKET_MR_PROMISC };
    xdp->promiscuous = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (xdp->promiscuous >= 0 &&
        setsockopt(xdp->promiscuous, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &wish, sizeof wish) == 0)
        return 0;
    return jj_fail(err, -errno,
                   "cannot make %s promiscuous: %s; run as root or "
                   "`setcap cap_bpf,cap_net_admin,cap_net_raw+ep` the program",
                   xdp->ring.device.name, jj_strerror(-errno));
}

/* Loopback delivers to ingress all that it sends: seeing egress too would count twice. */
int jj_xdp_attach(struct jj_xdp *xdp, const struct jj_source_options *options, struct jj_error *err)
{
    xdp->ingress_link = xdp->egress_link = xdp->promiscuous = -1;
    int code = attach_ingress(xdp, options->generic, err);
    if (!code && !options->ingress_only && !xdp->ring.device.loopback)
        code = attach_egress(xdp, err);
    if (!code && options->promiscuous && !xdp->ring.device.loopback)
        code = be_promiscuous(xdp, err);
    return code;
}

static void detach_link(int *link)
{
    if (*link < 0)
        return;
    bpf_link_detach(*link);
    close(*link);
    *link = -1;
}

void jj_xdp_detach(struct jj_xdp *xdp)
{
    if (xdp->ingress_link < 0)
        return;
    detach_link(&xdp->egress_link);
    if (xdp->egress == JJ_XDP_CLSACT)
        detach_clsact(xdp);
    detach_link(&xdp->ingress_link);
    if (xdp->promiscuous >= 0)
        close(xdp->promiscuous);
    xdp->promiscuous = -1;
    jj_kernel_side_stop(&xdp->ring.kernel);
}

bool jj_xdp_is_attached(const struct jj_xdp *xdp)
{
    struct bpf_link_info info = { 0 };
    uint32_t length = sizeof info;
    return bpf_obj_get_info_by_fd(xdp->ingress_link, &info, &length) || info.xdp.ifindex;
}
