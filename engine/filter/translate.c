/* SPDX-License-Identifier: MIT
 *
 * The translator without the instructions that read the packet, which translate_load.c has. Code
 * that no path reaches is left out, because the verifier refuses it. At hooks where the kernel has
 * taken a VLAN tag off the packet, the program is emitted twice: the second copy, for packets with
 * such a tag, reads them as they were on the wire. */
#include "engine/filter/translate.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/filter/translate_emit.h"

_Static_assert(sizeof(struct jj_classic_insn) == sizeof(struct sock_filter), "one layout");

static int memory_word(uint32_t k)
{
    return MEMORY + 4 * (int)(k % BPF_MEMWORDS);
}

static bool do_move(struct translation *t, const struct jj_classic_insn *insn)
{
    int reg = BPF_CLASS(insn->code) == BPF_LD || BPF_CLASS(insn->code) == BPF_ST ? A : X;
    switch (insn->code) {
    case BPF_LD | BPF_IMM:
    case BPF_LDX | BPF_IMM:
        set(t, reg, insn->k);
        return true;
    case BPF_LD | BPF_LEN:
    case BPF_LDX | BPF_LEN:
        jj_translate_length(t, reg);
        return true;
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_MEM:
        load(t, BPF_W, reg, BPF_REG_10, memory_word(insn->k));
        return insn->k < BPF_MEMWORDS;
    case BPF_ST:
    case BPF_STX:
        store(t, BPF_W, memory_word(insn->k), reg);
        return insn->k < BPF_MEMWORDS;
    case BPF_MISC | BPF_TAX:
        move(t, X, A);
        return true;
    case BPF_MISC | BPF_TXA:
        move(t, A, X);
        return true;
    default:
        return false;
    }
}

static void shift(struct translation *t, const struct jj_classic_insn *insn)
{
    if (BPF_SRC(insn->code) == BPF_K && insn->k > 31) {
        set(t, A, 0);
    } else if (BPF_SRC(insn->code) == BPF_K) {
        emit(t, insn->code, A, 0, 0, insn->k);
    } else {
        unsigned wide = skip(t, BPF_JMP32 | BPF_JGT | BPF_K, X, 31);
        emit(t, insn->code, A, X, 0, 0);
        unsigned done = skip(t, BPF_JMP | BPF_JA, 0, 0);
        aim(t, wide, t->count);
        set(t, A, 0);
        aim(t, done, t->count);
    }
}

/* Both languages have the same codes for it. */
static bool do_arithmetic(struct translation *t, const struct jj_classic_insn *insn)
{
    bool by_x = BPF_SRC(insn->code) == BPF_X;
    switch (BPF_OP(insn->code)) {
    case BPF_LSH:
    case BPF_RSH:
        shift(t, insn);
        return true;
    case BPF_NEG:
        emit(t, BPF_ALU | BPF_NEG, A, 0, 0, 0);
        return true;
    case BPF_DIV:
    case BPF_MOD:
        if (by_x)
            jump(t, BPF_JMP32 | BPF_JEQ | BPF_K, X, 0, 0, NO_MATCH);
        else if (insn->k == 0)
            return false;
        break;
    case BPF_ADD:
    case BPF_SUB:
    case BPF_MUL:
    case BPF_OR:
    case BPF_AND:
    case BPF_XOR:
        break;
    default:
        return false;
    }
    emit(t, insn->code & 0xff, A, by_x ? X : 0, 0, by_x ? 0 : insn->k);
    return true;
}

static void compare(struct translation *t, const struct jj_classic_insn *insn, unsigned op,
                    unsigned target)
{
    bool with_x = BPF_SRC(insn->code) == BPF_X;
    jump(t, BPF_JMP32 | op | BPF_SRC(insn->code), A, with_x ? X : 0, with_x ? 0 : insn->k, target);
}

/* The comparison that is true where `op` is not; 0 when there is none. */
static unsigned opposite(unsigned op)
{
    return op == BPF_JEQ ? BPF_JNE : op == BPF_JGT ? BPF_JLE : op == BPF_JGE ? BPF_JLT : 0;
}

static bool do_jump(struct translation *t, unsigned i)
{
    const struct jj_classic_insn *insn = &t->in[i];
    unsigned op = BPF_OP(insn->code), next = i + 1;
    if (op != BPF_JA && op != BPF_JEQ && op != BPF_JGT && op != BPF_JGE && op != BPF_JSET)
        return false;
    if (op == BPF_JA || insn->jt == insn->jf) {
        uint32_t distance = op == BPF_JA ? insn->k : insn->jt;
        if (distance)
            jump(t, BPF_JMP | BPF_JA, 0, 0, 0, next + distance);
    } else if (insn->jt == 0 && opposite(op)) {
        compare(t, insn, opposite(op), next + insn->jf);
    } else {
        compare(t, insn, op, next + insn->jt);
        if (insn->jf)
            jump(t, BPF_JMP | BPF_JA, 0, 0, 0, next + insn->jf);
    }
    return true;
}

static bool do_return(struct translation *t, const struct jj_classic_insn *insn)
{
    if (insn->code == (BPF_RET | BPF_A))
        emit(t, BPF_ALU | BPF_MOV | BPF_X, BPF_REG_0, A, 0, 0);
    else
        set(t, BPF_REG_0, insn->k);
    emit(t, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    return insn->code == (BPF_RET | BPF_A) || insn->code == (BPF_RET | BPF_K);
}

static bool do_instruction(struct translation *t, unsigned i)
{
    const struct jj_classic_insn *insn = &t->in[i];
    switch (BPF_CLASS(insn->code)) {
    case BPF_ALU:
        return do_arithmetic(t, insn);
    case BPF_JMP:
        return do_jump(t, i);
    case BPF_RET:
        return do_return(t, insn);
    default:
        return do_move(t, insn) || jj_translate_load(t, insn);
    }
}

static void resolve_jumps(struct translation *t)
{
    for (unsigned i = 0; i < t->patch_count; i++) {
        unsigned target = t->patches[i].target;
        aim(t, t->patches[i].at, target == NO_MATCH ? t->no_match : t->start[target]);
    }
}

static bool leads_to_no_match(const struct translation *t)
{
    for (unsigned i = 0; i < t->patch_count; i++)
        if (t->patches[i].target == NO_MATCH)
            return true;
    return false;
}

static int do_program(struct translation *t, struct jj_error *err)
{
    t->patch_count = t->detour_count = 0;
    for (unsigned i = 0; i < t->in_count; i++) {
        t->start[i] = t->count;
        if (t->live[i] && !do_instruction(t, i))
            return jj_fail(err, JJ_EUNSUPPORTED,
                           "the kernel cannot run instruction %u of the compiled filter "
                           "(code 0x%02x, operand 0x%x)",
                           i, t->in[i].code, t->in[i].k);
    }
    jj_translate_detours(t);
    t->no_match = t->count;
    if (leads_to_no_match(t)) {
        set(t, BPF_REG_0, 0);
        emit(t, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    }
    resolve_jumps(t);
    return 0;
}

static int reach(struct translation *t, unsigned from, uint32_t distance, struct jj_error *err)
{
    uint64_t target = from + 1 + (uint64_t)distance;
    if (distance > INT32_MAX)
        return jj_fail(err, JJ_EUNSUPPORTED,
                       "the filter loops (protochain does), which the kernel cannot run");
    if (target >= t->in_count)
        return jj_fail(err, JJ_EFORMAT, "instruction %u of the compiled filter leads outside",
                       from);
    t->live[target] = true;
    return 0;
}

static int reach_next(struct translation *t, unsigned i, struct jj_error *err)
{
    const struct jj_classic_insn *insn = &t->in[i];
    switch (BPF_CLASS(insn->code)) {
    case BPF_RET:
        return 0;
    case BPF_JMP:
        if (BPF_OP(insn->code) == BPF_JA)
            return reach(t, i, insn->k, err);
        int rc = reach(t, i, insn->jt, err);
        return rc ? rc : reach(t, i, insn->jf, err);
    default:
        return reach(t, i, 0, err);
    }
}

static bool reads_tag(const struct jj_classic_insn *insn)
{
    if (BPF_CLASS(insn->code) != BPF_LD || BPF_MODE(insn->code) != BPF_ABS)
        return false;
    return insn->k == (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG) ||
           insn->k == (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT) ||
           insn->k == (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TPID);
}

/* All jumps lead forward, so that one pass finds what can be reached. */
static int find_live(struct translation *t, struct jj_error *err)
{
    int rc = 0;
    t->live[0] = true;
    for (unsigned i = 0; i < t->in_count && !rc; i++) {
        if (!t->live[i])
            continue;
        t->reads_tag |= reads_tag(&t->in[i]);
        rc = reach_next(t, i, err);
    }
    return rc;
}

static bool reads_memory(const struct translation *t, unsigned word)
{
    for (unsigned i = 0; i < t->in_count; i++) {
        unsigned code = t->in[i].code;
        if ((code == (BPF_LD | BPF_MEM) || code == (BPF_LDX | BPF_MEM)) && t->in[i].k == word)
            return true;
    }
    return false;
}

static void begin(struct translation *t)
{
    move(t, CONTEXT, BPF_REG_1);
    if (at_xdp(t))
        XDP_FIELD(t, PACKET, data);
    else if (t->hook != JJ_HOOK_SOCKET)
        SKB_FIELD(t, PACKET, data);
    set(t, A, 0);
    set(t, X, 0);
    for (unsigned i = 0; i < BPF_MEMWORDS; i++)
        if (reads_memory(t, i))
            emit(t, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, memory_word(i), 0);
}

static bool may_lack_tag(const struct translation *t)
{
    return (t->hook == JJ_HOOK_TC_INGRESS || t->hook == JJ_HOOK_TC_EGRESS ||
            t->hook == JJ_HOOK_SOCKET) &&
           !t->reads_tag;
}

static int do_both_copies(struct translation *t, struct jj_error *err)
{
    SKB_FIELD(t, BPF_REG_1, vlan_present);
    unsigned choice = skip(t, BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_1, 0);
    int rc = do_program(t, err);
    if (rc)
        return rc;
    aim(t, choice, t->count);
    jj_translate_put_tag_back(t);
    t->tagged = true;
    return do_program(t, err);
}

static int translate(struct translation *t, struct jj_error *err)
{
    int rc = find_live(t, err);
    if (rc)
        return rc;
    begin(t);
    rc = may_lack_tag(t) ? do_both_copies(t, err) : do_program(t, err);
    if (rc)
        return rc;
    if (t->too_far || t->count > t->room)
        return jj_fail(err, -E2BIG, "the filter is too long for the kernel: %u instructions",
                       t->count);
    return (int)t->count;
}

int jj_translate(const struct jj_classic *program, enum jj_hook hook, struct bpf_insn *out,
                 unsigned room, struct jj_error *err)
{
    if (program->count == 0 || program->count > BPF_MAXINSNS)
        return jj_fail(err, JJ_EUNSUPPORTED,
                       "the compiled filter has %u instructions, the kernel takes 1 to %u",
                       program->count, BPF_MAXINSNS);
    struct translation *t = calloc(1, sizeof *t);
    if (!t)
        return jj_fail(err, -ENOMEM, "no memory to translate the filter");
    t->in = program->insns;
    t->in_count = program->count;
    t->hook = hook & ~JJ_HOOK_NO_PERFMON;
    t->may_add_offsets = !(hook & JJ_HOOK_NO_PERFMON);
    t->out = out;
    t->room = room;
    int rc = translate(t, err);
    free(t);
    return rc;
}
