/* SPDX-License-Identifier: MIT
 *
 * libpcap compiles, and its interpreter runs, one classic BPF program for each link type. The
 * programs live as long as the filter; the last one used is tried first, because link types hardly
 * ever change within a capture. */
#include "engine/filter/filter.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPLEN           262144
#define LINKTYPE_ETHERNET 1

struct program {
    struct bpf_program code;
    uint16_t linktype;
    bool usable;
    struct program *next;
};

struct jj_filter {
    struct program *last;
    struct program *programs;
    char problem[400];
    char expression[];
};

/* Files number a few link types otherwise than libpcap's interface does. */
static int dlt_of(uint16_t linktype)
{
    switch (linktype) {
    case 100:
        return DLT_ATM_RFC1483;
    case 101:
        return DLT_RAW;
    case 102:
        return DLT_SLIP_BSDOS;
    case 103:
        return DLT_PPP_BSDOS;
    case 106:
        return DLT_ATM_CLIP;
    default:
        return linktype;
    }
}

static int compile(struct program *program, const char *expression, uint16_t linktype,
                   struct jj_error *err)
{
    pcap_t *pcap = pcap_open_dead(dlt_of(linktype), SNAPLEN);
    if (!pcap) {
        return jj_fail(err, -ENOMEM, "no memory to compile the filter");
    }
    int rc = pcap_compile(pcap, &program->code, expression, 1, PCAP_NETMASK_UNKNOWN);
    if (rc < 0) {
        rc = jj_fail(err, JJ_EUSAGE, "filter \"%.120s\": %s", expression, pcap_geterr(pcap));
    }
    pcap_close(pcap);
    return rc;
}

/* A program that cannot be compiled stays in the list, unusable, so that it is tried once. */
static struct program *add(struct jj_filter *f, uint16_t linktype, struct jj_error *err)
{
    struct program *program = calloc(1, sizeof *program);
    if (!program) {
        jj_fail(err, -ENOMEM, "no memory to compile the filter");
        return NULL;
    }
    program->linktype = linktype;
    program->usable = compile(program, f->expression, linktype, err) == 0;
    program->next = f->programs;
    f->programs = program;
    return program;
}

static struct program *find(struct jj_filter *f, uint16_t linktype)
{
    struct program *program = f->programs;
    while (program && program->linktype != linktype) {
        program = program->next;
    }
    if (program) {
        return program;
    }
    struct jj_error err = { 0 };
    program = add(f, linktype, &err);
    if (err.code < 0 && !f->problem[0]) {
        const char *name = pcap_datalink_val_to_name(dlt_of(linktype));
        snprintf(f->problem, sizeof f->problem,
                 "packets of link type %u (%s) were left out, because the filter does not work "
                 "there: %s",
                 linktype, name ? name : "unknown", err.text);
    }
    return program;
}

int jj_filter_create(struct jj_filter **out, const char *expression, struct jj_error *err)
{
    struct jj_filter *f = calloc(1, sizeof *f + strlen(expression) + 1);
    if (!f) {
        return jj_fail(err, -ENOMEM, "no memory to compile the filter");
    }
    memcpy(f->expression, expression, strlen(expression) + 1);
    struct jj_error why = { 0 };
    f->last = add(f, LINKTYPE_ETHERNET, &why);
    if (why.code < 0) {
        jj_filter_destroy(f);
        return jj_fail(err, why.code, "%s", why.text);
    }
    *out = f;
    return 0;
}

bool jj_filter_match(struct jj_filter *f, const struct jj_frame *frame)
{
    struct program *program = f->last;
    if (!program || program->linktype != frame->linktype) {
        program = f->last = find(f, frame->linktype);
    }
    return program && program->usable &&
           bpf_filter(program->code.bf_insns, frame->data, frame->wire_len, frame->cap_len) != 0;
}

unsigned jj_filter_apply(struct jj_filter *f, struct jj_frame *frames, unsigned count)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++) {
        if (jj_filter_match(f, &frames[i])) {
            frames[kept++] = frames[i];
        }
    }
    return kept;
}

const char *jj_filter_problem(const struct jj_filter *f)
{
    return f->problem[0] ? f->problem : NULL;
}

void jj_filter_destroy(struct jj_filter *f)
{
    if (!f) {
        return;
    }
    while (f->programs) {
        struct program *next = f->programs->next;
        if (f->programs->usable) {
            pcap_freecode(&f->programs->code);
        }
        free(f->programs);
        f->programs = next;
    }
    free(f);
}
