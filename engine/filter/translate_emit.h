/* SPDX-License-Identifier: MIT
 *
 * Inside of the translator: its state, and how single instructions and jumps get into the output.
 * Register A lives in R7, X in R8, the context in R6, the start of the packet in R9, the scratch
 * memory on the stack; all of them survive calls of helpers. */
#pragma once
#include <linux/bpf.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/filter/translate.h"

enum { CONTEXT = BPF_REG_6, A = BPF_REG_7, X = BPF_REG_8, PACKET = BPF_REG_9 };

/* The stack, from the frame pointer down. The windows hold bytes 8 to 15 and 12 to 19 of a frame
 * whose tag is put back, as numbers. */
enum { SCRATCH = -8, WINDOW_8 = -16, WINDOW_12 = -24, MEMORY = -24 - 4 * BPF_MEMWORDS };

#define MAX_PATCHES (4 * BPF_MAXINSNS)
#define NO_MATCH    BPF_MAXINSNS /* as the target of a jump */

struct patch {
    unsigned at, target;
};

struct detour {
    unsigned from, back;
    unsigned far; /* a second jump to it, when the offset is variable, in R2 */
    bool variable;
    uint8_t reg, bytes;
    uint32_t offset;
};

struct translation {
    const struct jj_classic_insn *in;
    unsigned in_count;
    enum jj_hook hook;
    bool may_add_offsets;
    bool tagged;    /* this is the copy for packets without their tag */
    bool reads_tag; /* the program itself looks for a tag that was taken off */

    struct bpf_insn *out;
    unsigned count, room;
    bool too_far; /* a jump of more than 16 bits */

    unsigned patch_count, detour_count, no_match;
    bool live[BPF_MAXINSNS];
    unsigned start[BPF_MAXINSNS];
    struct patch patches[MAX_PATCHES];
    struct detour detours[BPF_MAXINSNS];
};

/* Counts on when there is no room any more: the end is checked once. */
static inline void emit(struct translation *t, unsigned code, int dst, int src, int off,
                        uint32_t imm)
{
    if (t->count < t->room)
        t->out[t->count] = (struct bpf_insn){ .code = (uint8_t)code,
                                              .dst_reg = dst & 15,
                                              .src_reg = src & 15,
                                              .off = (int16_t)off,
                                              .imm = (int32_t)imm };
    t->count++;
}

static inline void move(struct translation *t, int to, int from)
{
    emit(t, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

static inline void set(struct translation *t, int to, uint32_t value)
{
    emit(t, BPF_ALU | BPF_MOV | BPF_K, to, 0, 0, value);
}

static inline void add(struct translation *t, int to, int32_t value)
{
    emit(t, BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, (uint32_t)value);
}

static inline void load(struct translation *t, unsigned size, int to, int from, int off)
{
    emit(t, BPF_LDX | BPF_MEM | size, to, from, off, 0);
}

static inline void store(struct translation *t, unsigned size, int off, int from)
{
    emit(t, BPF_STX | BPF_MEM | size, BPF_REG_10, from, off, 0);
}

static inline void to_host(struct translation *t, int reg, unsigned bytes)
{
    if (bytes > 1)
        emit(t, BPF_ALU | BPF_END | BPF_TO_BE, reg, 0, 0, bytes * 8);
}

static inline void call(struct translation *t, uint32_t helper)
{
    emit(t, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

/* Makes the jump at `at` lead to instruction `to` of the output. */
static inline void aim(struct translation *t, unsigned at, unsigned to)
{
    long distance = (long)to - at - 1;
    if (distance != (int16_t)distance)
        t->too_far = true;
    else if (at < t->room)
        t->out[at].off = (int16_t)distance;
}

/* A jump to a place of the classic program. */
static inline void jump(struct translation *t, unsigned code, int dst, int src, uint32_t imm,
                        unsigned target)
{
    t->patches[t->patch_count++] = (struct patch){ t->count, target };
    emit(t, code, dst, src, 0, imm);
}

/* A jump forward to a place that aim() is told later. */
static inline unsigned skip(struct translation *t, unsigned code, int dst, uint32_t imm)
{
    emit(t, code, dst, 0, 0, imm);
    return t->count - 1;
}

/* A comparison, because the verifier refuses code that no jump leads to. */
static inline void never_match(struct translation *t)
{
    set(t, BPF_REG_0, 0);
    jump(t, BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0, NO_MATCH);
}

static inline bool at_xdp(const struct translation *t)
{
    return t->hook == JJ_HOOK_XDP;
}

static inline void context_field(struct translation *t, int to, size_t offset)
{
    load(t, BPF_W, to, CONTEXT, (int)offset);
}
#define SKB_FIELD(t, to, field) context_field(t, to, offsetof(struct __sk_buff, field))
#define XDP_FIELD(t, to, field) context_field(t, to, offsetof(struct xdp_md, field))

/* translate_load.c; false for an instruction that is not one of those. */
bool jj_translate_load(struct translation *t, const struct jj_classic_insn *insn);
void jj_translate_length(struct translation *t, int reg);
void jj_translate_detours(struct translation *t);
void jj_translate_put_tag_back(struct translation *t); /* fills the windows */
