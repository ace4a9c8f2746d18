/* SPDX-License-Identifier: MIT
 *
 * A filter expression compiled to classic BPF by libpcap. The instructions have a type of their own
 * because <pcap.h> and <linux/bpf.h> both define a `struct bpf_insn` and cannot meet in one unit;
 * its layout is that of the kernel's `struct sock_filter`. Any thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "jj/error.h"

struct jj_classic_insn {
    uint16_t code;
    uint8_t jt, jf;
    uint32_t k;
};

struct jj_classic {
    struct jj_classic_insn *insns;
    unsigned count;
};

/* Gives *out, to be released with jj_classic_done(). `linktype` as in capture files. The optimizer
 * makes shorter programs; for hundreds of `or` terms it needs seconds. */
int jj_classic_compile(struct jj_classic *out, const char *expression, uint16_t linktype,
                       bool optimize, struct jj_error *err);

void jj_classic_done(struct jj_classic *program);
