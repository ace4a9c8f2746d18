/* SPDX-License-Identifier: MIT
 *
 * The compiled kernel programs, as ELF files in memory. */
#pragma once
#include <stddef.h>

struct jj_bpf_object {
    const void *bytes;
    size_t size;
};

extern const struct jj_bpf_object jj_bpf_xdp_exact;
extern const struct jj_bpf_object jj_bpf_xdp_classes;
extern const struct jj_bpf_object jj_bpf_tap_exact;
extern const struct jj_bpf_object jj_bpf_tap_classes;
extern const struct jj_bpf_object jj_bpf_gen; /* only in the library jj_bpf_bench */
