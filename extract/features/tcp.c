/* SPDX-License-Identifier: MIT
 *
 * What the TCP flags of a flow tell (RFC 9293 3.1; ECE and CWR: RFC 3168). */
#include "extract/extract.h"

#define COUNT(id, doc) X(id, JJ_I64, JJ_CORE, "count", NULL, "0", doc)
#define FLAG(id, doc)  X(id, JJ_BOOL, JJ_CORE, "", NULL, "False", doc)
#define RATIO(id, doc) X(id, JJ_F64, JJ_CORE, "ratio", NULL, "0.0", doc)
#define BITS(id, doc)  X(id, JJ_I64, JJ_CORE, "", NULL, "0", doc)
#define FEATURES                                                                                  \
    FLAG(tcp_is_tcp, "the flow's protocol is TCP; the group's other columns are 0 when not")      \
    COUNT(tcp_syn_count, "packets with SYN and not ACK")                                          \
    COUNT(tcp_synack_count, "packets with SYN and ACK")                                           \
    COUNT(tcp_fin_count, "packets with FIN")                                                      \
    COUNT(tcp_rst_count, "packets with RST")                                                      \
    COUNT(tcp_ack_count, "packets with ACK, SYN+ACK included")                                    \
    COUNT(tcp_psh_count, "packets with PSH")                                                      \
    COUNT(tcp_urg_count, "packets with URG")                                                      \
    COUNT(tcp_ece_count, "packets with ECE (0x40)")                                               \
    COUNT(tcp_cwr_count, "packets with CWR (0x80)")                                               \
    FLAG(tcp_complete_handshake, "SYN of the initiator and SYN+ACK of the responder seen")        \
    FLAG(tcp_graceful_close, "FIN of both sides seen")                                            \
    FLAG(tcp_reset_close, "an RST was seen")                                                      \
    RATIO(tcp_syn_ratio, "(tcp_syn_count + tcp_synack_count) / packets")                          \
    RATIO(tcp_fin_ratio, "tcp_fin_count / packets")                                               \
    RATIO(tcp_rst_ratio, "tcp_rst_count / packets")                                               \
    RATIO(tcp_psh_ratio, "tcp_psh_count / packets")                                               \
    COUNT(tcp_data_packets, "packets with TCP payload")                                           \
    COUNT(tcp_ack_only_packets, "packets with ACK, no payload and none of SYN, FIN, RST")         \
    FLAG(tcp_flags_anomaly, "a packet without flags, with FIN+PSH+URG, with FIN but neither ACK " \
                            "nor SYN, with SYN+FIN, or with SYN+RST")                             \
    FLAG(tcp_initiator_syn, "the initiator sent a SYN without ACK")                               \
    FLAG(tcp_responder_synack, "the responder sent a SYN with ACK")                               \
    BITS(tcp_fstat, "1 initiator SYN, 2 responder SYN+ACK, 4 more ACKs than SYN+ACKs, "           \
                    "8 initiator FIN, 16 responder FIN, 32 RST, 64 payload, 128 anomaly")         \
    BITS(tcp_flags_agg, "all flags seen, or-ed; bit 8 is NS")                                     \
    BITS(tcp_flags_fwd, "flags of the initiator, or-ed")                                          \
    BITS(tcp_flags_bwd, "flags of the responder, or-ed")

#define X(...) JJ_FEATURE_INDEX(__VA_ARGS__)
enum { FEATURES FEATURE_COUNT };
#undef X
#define X(...) JJ_FEATURE_ENTRY(__VA_ARGS__)
static const struct jj_feature features[] = { FEATURES };
#undef X

struct state {
    uint64_t packets, syn, synack, fin, rst, ack, psh, urg, ece, cwr, data, ack_only;
    uint16_t seen[JJ_SIDES];
    bool initiator_syn, responder_synack, anomaly;
};

static bool is_anomaly(uint16_t flags)
{
    const uint16_t xmas = JJ_TCP_FIN | JJ_TCP_PSH | JJ_TCP_URG;
    if (flags == 0 || (flags & xmas) == xmas)
        return true;
    if (flags & JJ_TCP_FIN && !(flags & (JJ_TCP_ACK | JJ_TCP_SYN)))
        return true;
    return flags & JJ_TCP_SYN && flags & (JJ_TCP_FIN | JJ_TCP_RST);
}

static void add_syn(struct state *s, uint16_t flags, bool forward)
{
    if (flags & JJ_TCP_ACK) {
        s->synack++;
        s->responder_synack |= !forward;
    } else {
        s->syn++;
        s->initiator_syn |= forward;
    }
}

static void add_packet(struct state *s, const struct jj_record *r)
{
    uint16_t flags = r->flags & 0x1ff;
    bool forward = !(r->flags & JJ_REC_BACKWARD);
    if (flags & JJ_TCP_SYN)
        add_syn(s, flags, forward);
    s->seen[forward ? JJ_FWD : JJ_BWD] |= flags;
    s->fin += (flags & JJ_TCP_FIN) != 0;
    s->rst += (flags & JJ_TCP_RST) != 0;
    s->ack += (flags & JJ_TCP_ACK) != 0;
    s->psh += (flags & JJ_TCP_PSH) != 0;
    s->urg += (flags & JJ_TCP_URG) != 0;
    s->ece += (flags & JJ_TCP_ECE) != 0;
    s->cwr += (flags & JJ_TCP_CWR) != 0;
    s->data += r->payload_len > 0;
    s->ack_only += r->payload_len == 0 && flags & JJ_TCP_ACK &&
                   !(flags & (JJ_TCP_SYN | JJ_TCP_FIN | JJ_TCP_RST));
    s->anomaly |= is_anomaly(flags);
}

static void fold(void *state, const struct jj_view *view)
{
    struct state *s = state;
    s->packets += view->count;
    if (view->flow->key.protocol != 6)
        return;
    for (size_t i = 0; i < view->count; i++)
        if (!(view->record[i].flags & JJ_REC_NO_L4))
            add_packet(s, &view->record[i]);
}

static int64_t status(const struct state *s)
{
    return s->initiator_syn << 0 | s->responder_synack << 1 | (s->ack > s->synack) << 2 |
           !!(s->seen[JJ_FWD] & JJ_TCP_FIN) << 3 | !!(s->seen[JJ_BWD] & JJ_TCP_FIN) << 4 |
           (s->rst > 0) << 5 | (s->data > 0) << 6 | s->anomaly << 7;
}

static void finish(const void *state, const struct jj_view *view, const struct jj_row *row)
{
    struct state whole = { 0 };
    const struct state *s = state ? state : &whole;
    if (!state)
        fold(&whole, view);
    double packets = s->packets ? (double)s->packets : 1.0;
    uint16_t fwd = s->seen[JJ_FWD], bwd = s->seen[JJ_BWD];
    jj_put_bool(row, F_tcp_is_tcp, view->flow->key.protocol == 6);
    jj_put_i64(row, F_tcp_syn_count, (int64_t)s->syn);
    jj_put_i64(row, F_tcp_synack_count, (int64_t)s->synack);
    jj_put_i64(row, F_tcp_fin_count, (int64_t)s->fin);
    jj_put_i64(row, F_tcp_rst_count, (int64_t)s->rst);
    jj_put_i64(row, F_tcp_ack_count, (int64_t)s->ack);
    jj_put_i64(row, F_tcp_psh_count, (int64_t)s->psh);
    jj_put_i64(row, F_tcp_urg_count, (int64_t)s->urg);
    jj_put_i64(row, F_tcp_ece_count, (int64_t)s->ece);
    jj_put_i64(row, F_tcp_cwr_count, (int64_t)s->cwr);
    jj_put_bool(row, F_tcp_complete_handshake, s->initiator_syn && s->responder_synack);
    jj_put_bool(row, F_tcp_graceful_close, fwd & bwd & JJ_TCP_FIN);
    jj_put_bool(row, F_tcp_reset_close, s->rst > 0);
    jj_put_f64(row, F_tcp_syn_ratio, (double)(s->syn + s->synack) / packets);
    jj_put_f64(row, F_tcp_fin_ratio, (double)s->fin / packets);
    jj_put_f64(row, F_tcp_rst_ratio, (double)s->rst / packets);
    jj_put_f64(row, F_tcp_psh_ratio, (double)s->psh / packets);
    jj_put_i64(row, F_tcp_data_packets, (int64_t)s->data);
    jj_put_i64(row, F_tcp_ack_only_packets, (int64_t)s->ack_only);
    jj_put_bool(row, F_tcp_flags_anomaly, s->anomaly);
    jj_put_bool(row, F_tcp_initiator_syn, s->initiator_syn);
    jj_put_bool(row, F_tcp_responder_synack, s->responder_synack);
    jj_put_i64(row, F_tcp_fstat, status(s));
    jj_put_i64(row, F_tcp_flags_agg, fwd | bwd);
    jj_put_i64(row, F_tcp_flags_fwd, fwd);
    jj_put_i64(row, F_tcp_flags_bwd, bwd);
}

const struct jj_extractor jj_extractor_tcp = {
    .group = "tcp",
    .summary = "TCP flags, handshake and close",
    .features = features,
    .count = FEATURE_COUNT,
    .state_size = sizeof(struct state),
    .fold = fold,
    .finish = finish,
};
