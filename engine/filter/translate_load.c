/* SPDX-License-Identifier: MIT
 *
 * The instructions that read the packet. Bytes in its linear part are read directly; for all others
 * the code leaves the straight path to a detour behind the program, which asks the kernel's helper.
 * When a VLAN tag is put back, the bytes around it come from two windows on the stack. */
#include <linux/if_packet.h>

#include "engine/filter/translate_emit.h"

#define MACS     12 /* the tag stands behind the two addresses */
#define TAG_END  16
#define FARTHEST 65531 /* the verifier allows no larger offset into a packet */

static unsigned size_code(unsigned bytes)
{
    return bytes == 8 ? BPF_DW : bytes == 4 ? BPF_W : bytes == 2 ? BPF_H : BPF_B;
}

static void move_result(struct translation *t, int to)
{
    emit(t, BPF_ALU | BPF_MOV | BPF_X, to, BPF_REG_0, 0, 0);
}

/* Copies bytes of the packet from the offset in R2 to the stack. */
static void copy_to_stack(struct translation *t, int to, unsigned bytes)
{
    move(t, BPF_REG_1, CONTEXT);
    move(t, BPF_REG_3, BPF_REG_10);
    add(t, BPF_REG_3, to);
    set(t, BPF_REG_4, bytes);
    call(t, at_xdp(t) ? BPF_FUNC_xdp_load_bytes : BPF_FUNC_skb_load_bytes);
}

static void load_by_helper(struct translation *t, int reg, unsigned bytes)
{
    copy_to_stack(t, SCRATCH, bytes);
    jump(t, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 0, NO_MATCH);
    load(t, size_code(bytes), reg, BPF_REG_10, SCRATCH);
}

static void data_end(struct translation *t)
{
    if (at_xdp(t))
        XDP_FIELD(t, BPF_REG_1, data_end);
    else
        SKB_FIELD(t, BPF_REG_1, data_end);
}

static void load_direct(struct translation *t, int reg, uint32_t offset, unsigned bytes)
{
    struct detour *detour = &t->detours[t->detour_count++];
    data_end(t);
    move(t, BPF_REG_2, PACKET);
    add(t, BPF_REG_2, (int32_t)(offset + bytes));
    emit(t, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_2, BPF_REG_1, 0, 0);
    *detour = (struct detour){
        .from = t->count - 1, .offset = offset, .reg = (uint8_t)reg, .bytes = (uint8_t)bytes
    };
    load(t, size_code(bytes), reg, BPF_REG_2, -(int)bytes);
    detour->back = t->count;
}

/* Socket filters may not touch the packet, but still have the classic instructions: the kernel
 * makes them what we do elsewhere. They give numbers, and end the function with 0 on failure. */
static void load_classic(struct translation *t, int mode, int reg, uint32_t offset, unsigned bytes)
{
    emit(t, BPF_LD | (unsigned)mode | size_code(bytes), 0, mode == BPF_IND ? BPF_REG_2 : 0, 0,
         offset);
    move_result(t, reg);
}

static void load_direct_variable(struct translation *t, int reg, unsigned bytes)
{
    struct detour *detour = &t->detours[t->detour_count++];
    unsigned far = skip(t, BPF_JMP | BPF_JGT | BPF_K, BPF_REG_2, FARTHEST);
    data_end(t);
    move(t, BPF_REG_3, PACKET);
    emit(t, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
    move(t, BPF_REG_4, BPF_REG_3);
    add(t, BPF_REG_4, (int32_t)bytes);
    emit(t, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_4, BPF_REG_1, 0, 0);
    *detour = (struct detour){ .from = t->count - 1,
                               .far = far,
                               .variable = true,
                               .reg = (uint8_t)reg,
                               .bytes = (uint8_t)bytes };
    load(t, size_code(bytes), reg, BPF_REG_3, 0);
    detour->back = t->count;
}

/* From the offset in R2. */
static void load_variable(struct translation *t, int reg, unsigned bytes)
{
    if (t->hook == JJ_HOOK_SOCKET) {
        load_classic(t, BPF_IND, reg, 0, bytes);
        return;
    }
    if (t->may_add_offsets)
        load_direct_variable(t, reg, bytes);
    else
        load_by_helper(t, reg, bytes);
    to_host(t, reg, bytes);
}

/* From a constant offset into the packet as the hook sees it. */
static void load_at(struct translation *t, int reg, uint32_t offset, unsigned bytes)
{
    if (t->hook == JJ_HOOK_SOCKET) {
        load_classic(t, BPF_ABS, reg, offset, bytes);
        return;
    }
    if (offset <= FARTHEST) {
        load_direct(t, reg, offset, bytes);
    } else {
        set(t, BPF_REG_2, offset);
        load_by_helper(t, reg, bytes);
    }
    to_host(t, reg, bytes);
}

/* Reading four bytes from the tag's last on, one is of the payload, which may be empty. */
static void need_payload(struct translation *t)
{
    SKB_FIELD(t, BPF_REG_1, len);
    jump(t, BPF_JMP32 | BPF_JLT | BPF_K, BPF_REG_1, 0, TAG_END - 1, NO_MATCH);
}

/* Constant offset into a frame whose tag is put back. */
static void load_tagged(struct translation *t, int reg, uint32_t offset, unsigned bytes)
{
    if (offset + bytes <= MACS || offset >= TAG_END) {
        load_at(t, reg, offset < MACS ? offset : offset - 4, bytes);
        return;
    }
    if (offset + bytes == TAG_END + 3)
        need_payload(t);
    uint32_t base = offset <= MACS ? 8 : MACS;
    load(t, BPF_DW, reg, BPF_REG_10, base == 8 ? WINDOW_8 : WINDOW_12);
    emit(t, BPF_ALU64 | BPF_LSH | BPF_K, reg, 0, 0, (offset - base) * 8);
    emit(t, BPF_ALU64 | BPF_RSH | BPF_K, reg, 0, 0, 64 - bytes * 8);
}

static void load_absolute(struct translation *t, int reg, uint32_t offset, unsigned bytes)
{
    if (offset > INT32_MAX)
        never_match(t);
    else if (t->tagged)
        load_tagged(t, reg, offset, bytes);
    else
        load_at(t, reg, offset, bytes);
}

/* The offset in R2 is one of 9 to 15, so that the bytes read and the tag overlap. */
static void load_window(struct translation *t, int reg, unsigned bytes)
{
    if (bytes == 4) {
        unsigned shorter = skip(t, BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_2, TAG_END - 1);
        need_payload(t);
        aim(t, shorter, t->count);
    }
    load(t, BPF_DW, BPF_REG_3, BPF_REG_10, WINDOW_8);
    unsigned first = skip(t, BPF_JMP32 | BPF_JLE | BPF_K, BPF_REG_2, MACS);
    load(t, BPF_DW, BPF_REG_3, BPF_REG_10, WINDOW_12);
    add(t, BPF_REG_2, 8 - MACS);
    aim(t, first, t->count);
    add(t, BPF_REG_2, -8);
    emit(t, BPF_ALU64 | BPF_LSH | BPF_K, BPF_REG_2, 0, 0, 3);
    emit(t, BPF_ALU64 | BPF_LSH | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
    emit(t, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 64 - bytes * 8);
    move(t, reg, BPF_REG_3);
}

static void load_indirect_tagged(struct translation *t, int reg, unsigned bytes)
{
    unsigned behind = skip(t, BPF_JMP32 | BPF_JGE | BPF_K, BPF_REG_2, TAG_END);
    unsigned before = skip(t, BPF_JMP32 | BPF_JLE | BPF_K, BPF_REG_2, MACS - bytes);
    load_window(t, reg, bytes);
    unsigned done = skip(t, BPF_JMP | BPF_JA, 0, 0);
    aim(t, behind, t->count);
    add(t, BPF_REG_2, -4);
    aim(t, before, t->count);
    load_variable(t, reg, bytes);
    aim(t, done, t->count);
}

/* The sum must not wrap around: libpcap's does not. */
static void load_indirect(struct translation *t, uint32_t k, unsigned bytes)
{
    if (k > INT32_MAX) {
        never_match(t);
        return;
    }
    set(t, BPF_REG_2, k); /* the other way round, the verifier would remember k too well */
    emit(t, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_2, X, 0, 0);
    jump(t, BPF_JMP | BPF_JGT | BPF_K, BPF_REG_2, 0, INT32_MAX, NO_MATCH);
    if (t->tagged)
        load_indirect_tagged(t, A, bytes);
    else
        load_variable(t, A, bytes);
}

void jj_translate_length(struct translation *t, int reg)
{
    if (at_xdp(t)) {
        move(t, BPF_REG_1, CONTEXT);
        call(t, BPF_FUNC_xdp_get_buff_len);
        move_result(t, reg);
    } else {
        SKB_FIELD(t, reg, len);
        if (t->tagged)
            add(t, reg, 4);
    }
}

static void load_from_helper(struct translation *t, uint32_t helper)
{
    call(t, helper);
    move_result(t, A);
}

/* What the hook implies; the packet itself says it only to packet sockets. */
static void load_packet_type(struct translation *t)
{
    if (t->hook == JJ_HOOK_TC_EGRESS || t->hook == JJ_HOOK_CGROUP_EGRESS)
        set(t, A, PACKET_OUTGOING);
    else if (at_xdp(t))
        set(t, A, PACKET_HOST);
    else
        SKB_FIELD(t, A, pkt_type);
}

static bool load_xdp_ancillary(struct translation *t, int which)
{
    switch (which) {
    case SKF_AD_PROTOCOL:
        load_absolute(t, A, 12, 2);
        return true;
    case SKF_AD_IFINDEX:
        XDP_FIELD(t, A, ingress_ifindex);
        return true;
    case SKF_AD_QUEUE:
        XDP_FIELD(t, A, rx_queue_index);
        return true;
    case SKF_AD_MARK:
    case SKF_AD_VLAN_TAG:
    case SKF_AD_VLAN_TAG_PRESENT:
    case SKF_AD_VLAN_TPID:
        set(t, A, 0); /* nobody has set a mark or taken a tag off yet */
        return true;
    default:
        return false;
    }
}

static bool load_skb_ancillary(struct translation *t, int which)
{
    switch (which) {
    case SKF_AD_PROTOCOL:
        SKB_FIELD(t, A, protocol);
        to_host(t, A, 2);
        return true;
    case SKF_AD_IFINDEX:
        SKB_FIELD(t, A, ifindex);
        return true;
    case SKF_AD_QUEUE:
        SKB_FIELD(t, A, queue_mapping);
        return true;
    case SKF_AD_MARK:
        SKB_FIELD(t, A, mark);
        return true;
    case SKF_AD_RXHASH:
        SKB_FIELD(t, A, hash);
        return true;
    case SKF_AD_VLAN_TAG:
        SKB_FIELD(t, A, vlan_tci);
        return true;
    case SKF_AD_VLAN_TAG_PRESENT:
        SKB_FIELD(t, A, vlan_present);
        return true;
    case SKF_AD_VLAN_TPID:
        SKB_FIELD(t, A, vlan_proto);
        to_host(t, A, 2);
        return true;
    default:
        return false;
    }
}

static bool load_ancillary(struct translation *t, int which)
{
    switch (which) {
    case SKF_AD_PKTTYPE:
        load_packet_type(t);
        return true;
    case SKF_AD_CPU:
        load_from_helper(t, BPF_FUNC_get_smp_processor_id);
        return true;
    case SKF_AD_RANDOM:
        load_from_helper(t, BPF_FUNC_get_prandom_u32);
        return true;
    case SKF_AD_ALU_XOR_X:
        emit(t, BPF_ALU | BPF_XOR | BPF_X, A, X, 0, 0);
        return true;
    default:
        return at_xdp(t) ? load_xdp_ancillary(t, which) : load_skb_ancillary(t, which);
    }
}

bool jj_translate_load(struct translation *t, const struct jj_classic_insn *insn)
{
    unsigned bytes = BPF_SIZE(insn->code) == BPF_W ? 4 : BPF_SIZE(insn->code) == BPF_H ? 2 : 1;
    switch (insn->code) {
    case BPF_LD | BPF_ABS | BPF_W:
    case BPF_LD | BPF_ABS | BPF_H:
    case BPF_LD | BPF_ABS | BPF_B:
        if (insn->k >= (uint32_t)SKF_AD_OFF)
            return load_ancillary(t, (int)(insn->k - (uint32_t)SKF_AD_OFF));
        load_absolute(t, A, insn->k, bytes);
        return true;
    case BPF_LD | BPF_IND | BPF_W:
    case BPF_LD | BPF_IND | BPF_H:
    case BPF_LD | BPF_IND | BPF_B:
        load_indirect(t, insn->k, bytes);
        return true;
    case BPF_LDX | BPF_MSH | BPF_B: /* four times the low half of a byte: an IPv4 header's length */
        load_absolute(t, X, insn->k, 1);
        emit(t, BPF_ALU | BPF_AND | BPF_K, X, 0, 0, 15);
        emit(t, BPF_ALU | BPF_LSH | BPF_K, X, 0, 0, 2);
        return true;
    default:
        return false;
    }
}

void jj_translate_detours(struct translation *t)
{
    for (unsigned i = 0; i < t->detour_count; i++) {
        const struct detour *detour = &t->detours[i];
        aim(t, detour->from, t->count);
        if (detour->variable)
            aim(t, detour->far, t->count);
        else
            set(t, BPF_REG_2, detour->offset);
        load_by_helper(t, detour->reg, detour->bytes);
        aim(t, skip(t, BPF_JMP | BPF_JA, 0, 0), detour->back);
    }
}

static void finish_window(struct translation *t, int window)
{
    SKB_FIELD(t, BPF_REG_1, vlan_proto);
    store(t, BPF_H, window + MACS - (window == WINDOW_8 ? 8 : MACS), BPF_REG_1);
    SKB_FIELD(t, BPF_REG_1, vlan_tci);
    emit(t, BPF_ALU | BPF_END | BPF_TO_BE, BPF_REG_1, 0, 0, 16);
    store(t, BPF_H, window + MACS + 2 - (window == WINDOW_8 ? 8 : MACS), BPF_REG_1);
    load(t, BPF_DW, BPF_REG_1, BPF_REG_10, window);
    emit(t, BPF_ALU | BPF_END | BPF_TO_BE, BPF_REG_1, 0, 0, 64);
    store(t, BPF_DW, window, BPF_REG_1);
}

/* Copying may fail only for the payload's first byte, which need_payload() guards. */
void jj_translate_put_tag_back(struct translation *t)
{
    static const struct {
        int to;
        uint32_t from, bytes;
    } copies[] = { { WINDOW_8, 8, 4 }, { WINDOW_12 + 4, 12, 2 }, { WINDOW_12 + 6, 14, 1 } };
    emit(t, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, WINDOW_8, 0);
    emit(t, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, WINDOW_12, 0);
    for (unsigned i = 0; i < sizeof copies / sizeof copies[0]; i++) {
        set(t, BPF_REG_2, copies[i].from);
        copy_to_stack(t, copies[i].to, copies[i].bytes);
    }
    finish_window(t, WINDOW_8);
    finish_window(t, WINDOW_12);
}
