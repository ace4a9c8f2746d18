/* SPDX-License-Identifier: MIT
 *
 * Mapping and walking of a TPACKET_V3 ring, see tpacket_ring.h and the kernel's packet_mmap
 * document. A VLAN tag that the kernel keeps beside a frame is put back in place: the socket
 * reserves room for it before each frame, and the block is ours while we read it. */
#include "engine/capture/tpacket_ring.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define RETIRE_MS         10
#define LARGEST_BLOCK     (1u << 20)
#define SMALLEST_BLOCK    (JJ_TPACKET_SMALLEST / 2)
#define FRAME_BYTES       2048u /* only a divisor: V3 packs frames */
#define MAC_PAIR          12u
#define TAG               4u
#define LINKTYPE_ETHERNET 1

static size_t block_bytes_for(size_t ring)
{
    size_t block = ring / 8;
    return block > LARGEST_BLOCK ? LARGEST_BLOCK : block < SMALLEST_BLOCK ? SMALLEST_BLOCK : block;
}

static int set(int fd, int option, const void *value, socklen_t size)
{
    return setsockopt(fd, SOL_PACKET, option, value, size) ? -errno : 0;
}

int jj_tpacket_ring_map(struct jj_tpacket_ring *ring, int fd, size_t bytes)
{
    int version = TPACKET_V3;
    unsigned reserve = TAG;
    size_t block = block_bytes_for(bytes);
    struct tpacket_req3 wish = {
        .tp_block_size = (unsigned)block,
        .tp_block_nr = (unsigned)(bytes / block),
        .tp_frame_size = FRAME_BYTES,
        .tp_frame_nr = (unsigned)(bytes / FRAME_BYTES),
        .tp_retire_blk_tov = RETIRE_MS,
    };
    int code = set(fd, PACKET_VERSION, &version, sizeof version);
    if (!code)
        code = set(fd, PACKET_RESERVE, &reserve, sizeof reserve);
    if (!code)
        code = set(fd, PACKET_RX_RING, &wish, sizeof wish);
    if (code)
        return code;
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return -errno;
    ring->map = map;
    ring->block_bytes = block;
    ring->blocks = wish.tp_block_nr;
    return 0;
}

void jj_tpacket_ring_unmap(struct jj_tpacket_ring *ring)
{
    if (ring->map)
        munmap(ring->map, ring->block_bytes * ring->blocks);
    ring->map = NULL;
}

static struct tpacket_hdr_v1 *block_at(const struct jj_tpacket_ring *ring, unsigned number)
{
    uint8_t *block = ring->map + number % ring->blocks * ring->block_bytes;
    return &((struct tpacket_block_desc *)block)->hdr.bh1;
}

/* The current block is the reader's, with frames left or read to its end. */
static bool open_block(struct jj_tpacket_ring *ring)
{
    struct tpacket_hdr_v1 *block = block_at(ring, ring->current);
    if (ring->held == ring->blocks ||
        !(__atomic_load_n(&block->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
        return false;
    ring->left = block->num_pkts;
    ring->at = ring->map + ring->current * ring->block_bytes + block->offset_to_first_pkt;
    return true;
}

static void leave_block(struct jj_tpacket_ring *ring)
{
    ring->current = (ring->current + 1) % ring->blocks;
    ring->held++;
}

static void put_tag_back(const struct tpacket3_hdr *head, struct jj_frame *frame)
{
    uint16_t tci = (uint16_t)head->hv1.tp_vlan_tci, tpid = ETH_P_8021Q;
    frame->wire_len += TAG;
    if (frame->cap_len < MAC_PAIR)
        return;
    if (head->tp_status & TP_STATUS_VLAN_TPID_VALID)
        tpid = head->hv1.tp_vlan_tpid;
    uint8_t *start = (uint8_t *)frame->data - TAG;
    memmove(start, frame->data, MAC_PAIR);
    const uint8_t tag[TAG] = { (uint8_t)(tpid >> 8), (uint8_t)tpid, (uint8_t)(tci >> 8),
                               (uint8_t)tci };
    memcpy(start + MAC_PAIR, tag, TAG);
    frame->data = start;
    frame->cap_len += TAG;
}

static void to_frame(const struct jj_tpacket_ring *ring, uint8_t *at, struct jj_frame *frame)
{
    const struct tpacket3_hdr *head = (const struct tpacket3_hdr *)at;
    const struct sockaddr_ll *from = (const struct sockaddr_ll *)(at + TPACKET_ALIGN(sizeof *head));
    *frame = (struct jj_frame){
        .time = head->tp_sec * 1000000000ll + head->tp_nsec,
        .data = at + head->tp_mac,
        .cap_len = head->tp_snaplen,
        .wire_len = head->tp_len,
        .linktype = ring->linktype,
        .direction = from->sll_pkttype == PACKET_OUTGOING ? JJ_DIR_OUT : JJ_DIR_IN,
    };
    if (head->tp_status & TP_STATUS_VLAN_VALID && ring->linktype == LINKTYPE_ETHERNET)
        put_tag_back(head, frame);
    if (frame->cap_len > ring->snaplen)
        frame->cap_len = ring->snaplen;
}

unsigned jj_tpacket_ring_take(struct jj_tpacket_ring *ring, struct jj_frame *frames, unsigned max)
{
    unsigned taken = 0;
    while (taken < max) {
        if (!ring->left && !open_block(ring))
            break;
        for (; ring->left && taken < max; ring->left--) {
            to_frame(ring, ring->at, &frames[taken++]);
            ring->at += ((const struct tpacket3_hdr *)ring->at)->tp_next_offset;
        }
        if (!ring->left)
            leave_block(ring);
    }
    return taken;
}

void jj_tpacket_ring_give_back(struct jj_tpacket_ring *ring)
{
    for (; ring->held; ring->held--) {
        unsigned number = ring->current + ring->blocks - ring->held;
        __atomic_store_n(&block_at(ring, number)->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    }
}
