/* SPDX-License-Identifier: MIT */
#include "engine/filter/classic.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define SNAPLEN      262144
#define LINKTYPE_RAW 101 /* in files; libpcap's interface has another number for it */

_Static_assert(sizeof(struct jj_classic_insn) == sizeof(struct bpf_insn), "one layout");

static int keep(struct jj_classic *out, const struct bpf_program *code, struct jj_error *err)
{
    size_t bytes = code->bf_len * sizeof *out->insns;
    struct jj_classic_insn *insns = malloc(bytes);
    if (!insns)
        return jj_fail(err, -ENOMEM, "no memory to compile the filter");
    memcpy(insns, code->bf_insns, bytes);
    *out = (struct jj_classic){ .insns = insns, .count = code->bf_len };
    return 0;
}

int jj_classic_compile(struct jj_classic *out, const char *expression, uint16_t linktype,
                       bool optimize, struct jj_error *err)
{
    int dlt = linktype == LINKTYPE_RAW ? DLT_RAW : linktype;
    pcap_t *pcap = pcap_open_dead(dlt, SNAPLEN);
    struct bpf_program code;
    if (!pcap)
        return jj_fail(err, -ENOMEM, "no memory to compile the filter");
    int rc = pcap_compile(pcap, &code, expression, optimize, PCAP_NETMASK_UNKNOWN);
    if (rc == 0) {
        rc = keep(out, &code, err);
        pcap_freecode(&code);
    } else {
        rc = jj_fail(err, JJ_EUSAGE, "filter \"%.120s\": %s", expression, pcap_geterr(pcap));
    }
    pcap_close(pcap);
    return rc;
}

void jj_classic_done(struct jj_classic *program)
{
    free(program->insns);
    *program = (struct jj_classic){ 0 };
}
