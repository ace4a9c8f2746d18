/* SPDX-License-Identifier: MIT
 *
 * A flow, and its log: what is remembered of each packet until an extractor folds it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Canonical: the smaller (address, port) is side 0, so both directions give the same key. */
struct jj_key {
    uint8_t addr[2][16]; /* IPv4 in the first four bytes, the rest zero */
    uint16_t port[2];
    uint8_t protocol;
    uint8_t ip_version;
    uint16_t reserved;
};

enum jj_end_reason {
    JJ_END_NONE,
    JJ_END_FIN,     /* both FINs seen and answered (RFC 9293, 3.6) */
    JJ_END_RST,     /* a reset that fits the connection */
    JJ_END_REUSED,  /* a SYN with a new sequence number took the ports over */
    JJ_END_IDLE,    /* silent for longer than the idle timeout */
    JJ_END_ACTIVE,  /* older than the active timeout; goes on in another row */
    JJ_END_EVICTED, /* the table was full and this one was silent the longest */
    JJ_END_INPUT,   /* the capture ended */
};

/* How it is known who is the initiator. */
enum jj_dir_basis { JJ_BASIS_FIRST, JJ_BASIS_SYN, JJ_BASIS_SYNACK, JJ_BASIS_CONTINUED };

const char *jj_end_reason_name(enum jj_end_reason reason);
const char *jj_dir_basis_name(enum jj_dir_basis basis);

enum jj_record_flag {
    JJ_REC_BACKWARD = 1 << 15, /* sent by the responder */
    JJ_REC_MAC = 1 << 14,      /* the frame had MAC addresses */
    JJ_REC_NO_L4 = 1 << 13,    /* no TCP header was decoded: a later or cut fragment */
};

/* One packet in a flow's log. */
struct jj_record {
    int64_t time;
    uint32_t ip_len;
    uint32_t payload_len;
    uint32_t seq;
    uint32_t ack;
    uint16_t window;
    uint16_t ip_id;
    uint16_t flags; /* enum jj_tcp_flag in the low nine bits, enum jj_record_flag above */
    uint8_t ttl;
    uint8_t tos;
};

/* What TCP has shown of one direction. */
struct jj_tcp_side {
    uint32_t isn;    /* sequence number of its SYN */
    uint32_t next;   /* highest sequence number sent, plus one */
    uint32_t fin;    /* sequence number behind its FIN */
    uint16_t window; /* last one it announced, unscaled */
    uint8_t reserved;
    uint8_t seen; /* enum jj_tcp_seen */
};

enum jj_tcp_seen {
    JJ_SEEN_ANY = 1, /* `next` is valid */
    JJ_SEEN_SYN = 2, /* `isn` is valid */
    JJ_SEEN_FIN = 4,
    JJ_SEEN_FIN_ACKED = 8,
};

struct jj_flow {
    /* line 0: what every packet needs */
    struct jj_key key;
    uint32_t hash;
    uint32_t log_tail;  /* the log's last chunk, which leads to its first; 0 = no record */
    uint32_t log_count; /* records in the log */
    uint16_t wheel_slot;
    uint8_t end_reason;    /* enum jj_end_reason; set before the end too, while it lingers */
    uint8_t initiator : 1; /* side of the key */
    uint8_t dir_basis : 2; /* enum jj_dir_basis */
    int64_t last;          /* time of the latest packet */

    /* line 1 */
    int64_t first;             /* time of the earliest packet */
    uint64_t ordinal;          /* of its last packet in the source */
    struct jj_tcp_side tcp[2]; /* by side of the key */
    uint32_t wheel_next;
    uint32_t wheel_prev;
    uint32_t state;  /* persistent extractor state, 0 = none: the log has never been folded */
    uint32_t tunnel; /* number in the tunnel pool, 0 = none */
};
#ifndef __cplusplus
_Static_assert(sizeof(struct jj_flow) == 128, "a flow is two cache lines");
#endif

static inline uint8_t jj_flow_responder(const struct jj_flow *flow)
{
    return flow->initiator ^ 1;
}

#ifdef __cplusplus
}
#endif
