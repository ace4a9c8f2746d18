/* SPDX-License-Identifier: MIT
 *
 * Random classic programs: valid, with all instructions that libpcap and the kernel share, jumps
 * everywhere and so much code that nothing leads to. */
#pragma once
#include <linux/filter.h>
#include <stdint.h>

#include "engine/filter/classic.h"
#include "translate_packets.h"

static uint32_t random_operand(void)
{
    return below(4) ? below(64) : below(3) ? below(200) : random_word();
}

static struct jj_classic_insn random_arithmetic(void)
{
    static const uint8_t ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND,
                                   BPF_LSH, BPF_RSH, BPF_NEG, BPF_MOD, BPF_XOR };
    unsigned op = ONE_OF(ops);
    if (op == BPF_NEG || below(2))
        return (struct jj_classic_insn){ BPF_ALU | op | (op == BPF_NEG ? 0 : BPF_X), 0, 0, 0 };
    uint32_t k = op == BPF_LSH || op == BPF_RSH ? below(32) : random_operand();
    return (struct jj_classic_insn){ BPF_ALU | op | BPF_K, 0, 0, k ? k : 1 };
}

static struct jj_classic_insn random_jump(unsigned left)
{
    static const uint8_t ops[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
    uint8_t most = left > 200 ? 200 : (uint8_t)left;
    if (below(8) == 0)
        return (struct jj_classic_insn){ BPF_JMP | BPF_JA, 0, 0, below(most + 1u) };
    return (struct jj_classic_insn){ BPF_JMP | ONE_OF(ops) | (below(3) ? BPF_K : BPF_X),
                                     (uint8_t)below(most + 1u), (uint8_t)below(most + 1u),
                                     random_operand() };
}

static struct jj_classic_insn random_load(void)
{
    static const uint16_t sizes[] = { BPF_W, BPF_H, BPF_B };
    switch (below(4)) {
    case 0:
        return (struct jj_classic_insn){ BPF_LD | BPF_ABS | ONE_OF(sizes), 0, 0,
                                         below(3) ? below(40) : random_operand() & INT32_MAX };
    case 1:
        return (struct jj_classic_insn){ BPF_LDX | BPF_MSH | BPF_B, 0, 0, below(60) };
    case 2: /* a negative offset is beyond every packet */
        return (struct jj_classic_insn){ BPF_LD | BPF_IND | ONE_OF(sizes), 0, 0,
                                         below(20) ? below(64) : random_word() };
    default:
        return (struct jj_classic_insn){ below(2) ? BPF_LD | BPF_LEN : BPF_LDX | BPF_LEN, 0, 0, 0 };
    }
}

static struct jj_classic_insn random_move(void)
{
    static const uint16_t codes[] = {
        BPF_LD | BPF_IMM, BPF_LDX | BPF_IMM, BPF_LD | BPF_MEM,   BPF_LDX | BPF_MEM,
        BPF_ST,           BPF_STX,           BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA
    };
    unsigned code = ONE_OF(codes);
    return (struct jj_classic_insn){ (uint16_t)code, 0, 0,
                                     BPF_MODE(code) == BPF_IMM && BPF_CLASS(code) <= BPF_LDX
                                         ? random_operand()
                                         : below(BPF_MEMWORDS) };
}

static struct jj_classic_insn random_insn(unsigned left)
{
    switch (below(30)) {
    case 0:
        return (struct jj_classic_insn){ below(2) ? BPF_RET | BPF_A : BPF_RET | BPF_K, 0, 0,
                                         below(2) };
    case 1 ... 9:
        return random_load();
    case 10 ... 17:
        return random_move();
    case 18 ... 23:
        return random_arithmetic();
    default:
        return random_jump(left);
    }
}

/* All scratch words are written first: libpcap does not clear them. */
static struct jj_classic random_program(void)
{
    static struct jj_classic_insn insns[200];
    unsigned n = 0, length = 2 * BPF_MEMWORDS + 4 + below(100);
    while (n < 2 * BPF_MEMWORDS) {
        insns[n] = (struct jj_classic_insn){ BPF_LD | BPF_IMM, 0, 0, random_operand() };
        insns[n + 1] = (struct jj_classic_insn){ BPF_ST, 0, 0, n / 2 };
        n += 2;
    }
    for (; n < length - 1; n++)
        insns[n] = random_insn(length - 2 - n);
    insns[n] = (struct jj_classic_insn){ BPF_RET | BPF_A, 0, 0, 0 };
    return (struct jj_classic){ insns, length };
}
