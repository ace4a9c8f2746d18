/* SPDX-License-Identifier: MIT
 *
 * gen_live IFACE SIZE COUNT [FLOWS]: sends COUNT UDP frames of SIZE bytes out of IFACE as fast as
 * one CPU can, without a socket: BPF_PROG_TEST_RUN with live frames, redirected to the device.
 * FLOWS source ports take turns. On veth the far end must have native XDP or GRO on. Needs root.
 * Pin it with taskset; prints millions a second and ns a frame. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpf/abi.h"
#include "bpf/objects.h"

enum { ETHERNET = 14, IPV4 = 20, UDP = 8, SMALLEST = ETHERNET + IPV4 + UDP, LARGEST = 3000 };

static void put16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static unsigned ip_checksum(const unsigned char *header)
{
    unsigned sum = 0;
    for (int i = 0; i < IPV4; i += 2)
        sum += (unsigned)header[i] << 8 | header[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    return ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
}

/* From 198.18.0.1 to 198.18.0.2 (RFC 2544), UDP without checksum, discard port. */
static void make_frame(unsigned char *frame, unsigned size)
{
    static const unsigned char head[SMALLEST] = {
        2, 0,    0,         0,  0,          2,  2, 0, 0,   0,  0, 1, 8,
        0, 0x45, [22] = 64, 17, [26] = 198, 18, 0, 1, 198, 18, 0, 2,
    };
    memset(frame, 0, size);
    memcpy(frame, head, sizeof head);
    put16(frame + ETHERNET + 2, size - ETHERNET);
    put16(frame + ETHERNET + 10, ip_checksum(frame + ETHERNET));
    put16(frame + ETHERNET + IPV4 + 2, 9);
    put16(frame + ETHERNET + IPV4 + 4, size - ETHERNET - IPV4);
}

static int load(struct bpf_object **object, const struct jj_gen_settings *settings)
{
    *object = bpf_object__open_mem(jj_bpf_gen.bytes, jj_bpf_gen.size, NULL);
    if (!*object)
        return -1;
    struct bpf_map *map = bpf_object__find_map_by_name(*object, ".rodata.settings");
    if (bpf_map__set_initial_value(map, settings, sizeof *settings) || bpf_object__load(*object))
        return -1;
    return bpf_program__fd(bpf_object__find_program_by_name(*object, "jj_gen"));
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int run(int program, unsigned char *frame, unsigned size, int count)
{
    struct xdp_md context = { .data_end = size };
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = size,
                .ctx_in = &context, .ctx_size_in = sizeof context, .repeat = count,
                .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = 64);
    double start = seconds();
    int code = bpf_prog_test_run_opts(program, &options);
    double spent = seconds() - start;
    if (code)
        return code;
    printf("%.3f Mpps, %.1f ns a frame\n", count / spent / 1e6, spent * 1e9 / count);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned char frame[LARGEST];
    if (argc < 4 || argc > 5) {
        fprintf(stderr, "usage: gen_live IFACE SIZE COUNT [FLOWS]\n");
        return 2;
    }
    struct jj_gen_settings settings = { .ifindex = if_nametoindex(argv[1]),
                                        .flows = argc > 4 ? (unsigned)atoi(argv[4]) : 1 };
    unsigned size = (unsigned)atoi(argv[2]);
    if (!settings.ifindex || !settings.flows || size < SMALLEST || size > LARGEST) {
        fprintf(stderr, "gen_live: no such interface, no flows, or not %d to %d bytes\n", SMALLEST,
                LARGEST);
        return 2;
    }
    make_frame(frame, size);
    struct bpf_object *object;
    int program = load(&object, &settings);
    int code = program < 0 ? program : run(program, frame, size, atoi(argv[3]));
    if (code)
        fprintf(stderr, "gen_live: %s\n", strerror(-code));
    bpf_object__close(object);
    return code != 0;
}
