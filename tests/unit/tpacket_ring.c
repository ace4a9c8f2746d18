/* SPDX-License-Identifier: MIT
 *
 * Walking a TPACKET_V3 ring whose blocks were written by hand instead of by the kernel: what is
 * lent, what is given back and when, and the VLAN tag. */
#include "engine/capture/tpacket_ring.c"

#include "test.h"

enum { BLOCK = 4096, BLOCKS = 3, FRAME = 60, MAC = 100, STEP = 256 };

static _Alignas(64) uint8_t memory[BLOCK * BLOCKS];

static struct jj_tpacket_ring make(void)
{
    memset(memory, 0, sizeof memory);
    return (struct jj_tpacket_ring){ .map = memory,
                                     .block_bytes = BLOCK,
                                     .blocks = BLOCKS,
                                     .snaplen = 65536,
                                     .linktype = LINKTYPE_ETHERNET };
}

static struct tpacket3_hdr *frame_at(unsigned block, unsigned number)
{
    return (struct tpacket3_hdr *)(memory + block * BLOCK + 64 + number * STEP);
}

/* Frames of FRAME bytes, all with the value `first` plus their number. */
static void fill(struct jj_tpacket_ring *ring, unsigned block, unsigned count, unsigned first)
{
    for (unsigned i = 0; i < count; i++) {
        struct tpacket3_hdr *head = frame_at(block, i);
        *head = (struct tpacket3_hdr){ .tp_next_offset = STEP,
                                       .tp_sec = 5,
                                       .tp_nsec = first + i,
                                       .tp_snaplen = FRAME,
                                       .tp_len = FRAME + 1,
                                       .tp_mac = MAC };
        memset((uint8_t *)head + MAC, (int)(first + i), FRAME);
    }
    struct tpacket_hdr_v1 *head = block_at(ring, block);
    head->num_pkts = count;
    head->offset_to_first_pkt = 64;
    head->block_status = TP_STATUS_USER;
}

static int status(struct jj_tpacket_ring *ring, unsigned block)
{
    return (int)block_at(ring, block)->block_status;
}

static void frames_in_order(void)
{
    struct jj_tpacket_ring ring = make();
    struct jj_frame frames[8];
    CHECK_INT(jj_tpacket_ring_take(&ring, frames, 8), 0);
    fill(&ring, 0, 3, 10);
    fill(&ring, 1, 2, 13);
    CHECK_INT(jj_tpacket_ring_take(&ring, frames, 4), 4);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT(frames[i].time, 5000000010ll + i);
        CHECK_INT(frames[i].data[FRAME - 1], 10 + i);
        CHECK_INT(frames[i].cap_len, FRAME);
        CHECK_INT(frames[i].wire_len, FRAME + 1);
        CHECK_INT(frames[i].direction, JJ_DIR_IN);
    }
    CHECK_INT(status(&ring, 0), TP_STATUS_USER);
    jj_tpacket_ring_give_back(&ring);
    CHECK_INT(status(&ring, 0), TP_STATUS_KERNEL);
    CHECK_INT(status(&ring, 1), TP_STATUS_USER); /* one of its frames is still to come */
    CHECK_INT(jj_tpacket_ring_take(&ring, frames, 4), 1);
    jj_tpacket_ring_give_back(&ring);
    CHECK_INT(status(&ring, 1), TP_STATUS_KERNEL);
}

/* A lent block still carries the mark of a fresh one: it must not be read again. */
static void a_full_ring_is_read_once(void)
{
    struct jj_tpacket_ring ring = make();
    struct jj_frame frames[16];
    for (unsigned block = 0; block < BLOCKS; block++)
        fill(&ring, block, 2, 2 * block);
    CHECK_INT(jj_tpacket_ring_take(&ring, frames, 16), 2 * BLOCKS);
    CHECK_INT(jj_tpacket_ring_take(&ring, frames, 16), 0);
    jj_tpacket_ring_give_back(&ring);
    for (unsigned block = 0; block < BLOCKS; block++)
        CHECK_INT(status(&ring, block), TP_STATUS_KERNEL);
    fill(&ring, 0, 1, 9);
    CHECK_INT(jj_tpacket_ring_take(&ring, frames, 16), 1);
    CHECK_INT(frames[0].data[0], 9);
}

static void an_empty_block_is_passed(void)
{
    struct jj_tpacket_ring ring = make();
    struct jj_frame frames[4];
    fill(&ring, 0, 0, 0);
    fill(&ring, 1, 1, 7);
    CHECK_INT(jj_tpacket_ring_take(&ring, frames, 4), 1);
    CHECK_INT(frames[0].data[0], 7);
    jj_tpacket_ring_give_back(&ring);
    CHECK_INT(status(&ring, 0), TP_STATUS_KERNEL);
}

static void tags_go_back(void)
{
    struct jj_tpacket_ring ring = make();
    struct jj_frame frame;
    fill(&ring, 0, 3, 0);
    for (unsigned i = 0; i < 3; i++) {
        struct tpacket3_hdr *head = frame_at(0, i);
        head->tp_status = TP_STATUS_VLAN_VALID | (i ? TP_STATUS_VLAN_TPID_VALID : 0);
        head->hv1.tp_vlan_tci = 0xA005;
        head->hv1.tp_vlan_tpid = 0x88A8;
        for (int at = 0; at < FRAME; at++)
            ((uint8_t *)head + MAC)[at] = (uint8_t)at;
    }
    frame_at(0, 2)->tp_snaplen = 11;
    CHECK_INT(jj_tpacket_ring_take(&ring, &frame, 1), 1);
    CHECK_INT(frame.cap_len, FRAME + 4);
    CHECK_INT(frame.wire_len, FRAME + 5);
    CHECK(!memcmp(frame.data, "\0\1\2\3\4\5\6\7\10\11\12\13\x81\0\xA0\5\14\15", 18));
    CHECK_INT(frame.data[FRAME + 3], FRAME - 1);
    ring.snaplen = 20;
    CHECK_INT(jj_tpacket_ring_take(&ring, &frame, 1), 1);
    CHECK_INT(frame.cap_len, 20);
    CHECK(!memcmp(frame.data + 12, "\x88\xA8\xA0\5\14\15", 6));
    CHECK_INT(jj_tpacket_ring_take(&ring, &frame, 1), 1); /* cut before the place of the tag */
    CHECK_INT(frame.cap_len, 11);
    CHECK_INT(frame.wire_len, FRAME + 5);
}

static void sizes_of_blocks(void)
{
    CHECK_INT(block_bytes_for(JJ_TPACKET_SMALLEST), 128 << 10);
    CHECK_INT(block_bytes_for(4 << 20), 512 << 10);
    CHECK_INT(block_bytes_for(1 << 30), 1 << 20);
}

int main(void)
{
    frames_in_order();
    a_full_ring_is_read_once();
    an_empty_block_is_passed();
    tags_go_back();
    sizes_of_blocks();
    return test_end();
}
