/* SPDX-License-Identifier: MIT
 *
 * Who talked to whom, when, how much, and how the flow began and ended. */
#include <openssl/evp.h>
#include <stdio.h>

#include "jj/packet.h"

#include "engine/base/address.h"
#include "extract/extract.h"
#include "extract/features/ports.h"

#define TEXT(id, doc)                X(id, JJ_STRING, JJ_CORE, "", NULL, "", doc)
#define OWN_TEXT(id, doc)            X(id, JJ_STRING, JJ_PROFILE_NONE, "", NULL, "", doc)
#define NUMBER(id, unit, doc)        X(id, JJ_I64, JJ_CORE, unit, NULL, "0", doc)
#define TIME(id, doc)                X(id, JJ_F64, JJ_CORE, "s", NULL, "0.0", doc)
#define RATE(id, unit, missing, doc) X(id, JJ_F64, JJ_CORE, unit, missing, "0.0", doc)
#define FEATURES                                                                                   \
    Y(flow_id, JJ_STRING, "",                                                                      \
      "first 32 hex digits of SHA-256(salt, \"ip:port:ip:port:protocol\"), the smaller "           \
      "(ip text, port) first: both directions and all rows of a 5-tuple share it")                 \
    TEXT(src_ip, "address of the initiator; with --anonymize-ips 16 hex digits of "                \
                 "SHA-256(salt, address)")                                                         \
    TEXT(dst_ip, "address of the responder; likewise")                                             \
    NUMBER(src_port, "", "port of the initiator; 0 where the protocol has none")                   \
    NUMBER(dst_port, "", "port of the responder; 0 where the protocol has none")                   \
    TEXT(dst_port_class, "name of the responder's port (45 are known), else system (below 1024), " \
                         "registered (below 49152) or dynamic")                                    \
    NUMBER(dst_port_class_num, "", "1 below 1024, 2 below 49152, else 3")                          \
    NUMBER(protocol, "", "IP protocol number behind all extension headers (IANA)")                 \
    TIME(start_time, "time of the earliest packet, seconds since 1970 UTC")                        \
    TIME(end_time, "time of the latest packet")                                                    \
    TIME(duration, "end_time - start_time")                                                        \
    NUMBER(total_packets, "count", "packets of both directions")                                   \
    NUMBER(packets_fwd, "count", "packets of the initiator")                                       \
    NUMBER(packets_bwd, "count", "packets of the responder")                                       \
    NUMBER(total_bytes, "bytes", "sum of IP lengths")                                              \
    NUMBER(bytes_fwd, "bytes", "sum of IP lengths, initiator")                                     \
    NUMBER(bytes_bwd, "bytes", "sum of IP lengths, responder")                                     \
    NUMBER(payload_bytes_fwd, "bytes", "sum of layer-4 payload lengths, initiator")                \
    NUMBER(payload_bytes_bwd, "bytes", "sum of layer-4 payload lengths, responder")                \
    NUMBER(payload_bytes_total, "bytes", "payload_bytes_fwd + payload_bytes_bwd")                  \
    RATE(packets_ratio, "ratio", "no backward packet", "packets_fwd / packets_bwd")                \
    RATE(bytes_ratio, "ratio", "no backward bytes", "bytes_fwd / bytes_bwd")                       \
    RATE(packets_per_second, "pps", "duration is 0", "total_packets / duration")                   \
    RATE(bytes_per_second, "Bps", "duration is 0", "total_bytes / duration")                       \
    RATE(avg_packet_size, "bytes", NULL, "total_bytes / total_packets")                            \
    TIME(time_first, "same as start_time")                                                         \
    TIME(time_last, "same as end_time")                                                            \
    NUMBER(flow_stat, "",                                                                          \
           "1 SYN, 2 SYN+ACK, 4 FIN of the initiator, 8 FIN of the responder, 16 RST, "            \
           "32 ended by a timeout, 64 opened and closed in full")                                  \
    NUMBER(num_hdrs, "count", "number of parts of hdr_desc")                                       \
    TEXT(hdr_desc, "headers of the first packet: ETH- when it had MAC addresses, IP or IP6, "      \
                   "then TCP, UDP, ICMP or PROTOn")                                                \
    OWN_TEXT(end_reason, "why the row ends: fin, rst, reused, idle, active, evicted, input")       \
    OWN_TEXT(dir_basis, "how the initiator is known: syn, synack, first (packet), continued")

#define Y(id, ...) F_##id,
#define X(...)     JJ_FEATURE_INDEX(__VA_ARGS__)
enum { FEATURES FEATURE_COUNT };
#undef X
#undef Y
#define Y(...) JJ_FEATURE_OPTIONAL(__VA_ARGS__)
#define X(...) JJ_FEATURE_ENTRY(__VA_ARGS__)
static const struct jj_feature features[] = { FEATURES };
#undef X
#undef Y

enum stat { SYN = 1, SYNACK = 2, FIN_FWD = 4, FIN_BWD = 8, RST = 16, TIMEOUT = 32, WHOLE = 64 };

struct state {
    uint64_t packets[JJ_SIDES], bytes[JJ_SIDES], payload[JJ_SIDES];
    int64_t first, last; /* in the order of arrival */
    uint16_t stat;
    bool mac;
};

static uint16_t stat_of(const struct jj_record *r)
{
    uint16_t stat = 0;
    if (r->flags & JJ_TCP_SYN)
        stat |= r->flags & JJ_TCP_ACK ? SYNACK : SYN;
    if (r->flags & JJ_TCP_FIN)
        stat |= r->flags & JJ_REC_BACKWARD ? FIN_BWD : FIN_FWD;
    if (r->flags & JJ_TCP_RST)
        stat |= RST;
    return stat;
}

static void fold(void *state, const struct jj_view *view)
{
    struct state *s = state;
    if (view->seen == 0) {
        s->first = view->record[0].time;
        s->mac = view->record[0].flags & JJ_REC_MAC;
    }
    s->last = view->record[view->count - 1].time;
    for (size_t i = 0; i < view->count; i++) {
        const struct jj_record *r = &view->record[i];
        enum jj_side side = r->flags & JJ_REC_BACKWARD ? JJ_BWD : JJ_FWD;
        s->packets[side]++;
        s->bytes[side] += r->ip_len;
        s->payload[side] += r->payload_len;
        s->stat |= stat_of(r);
    }
}

/* The first hex digits of SHA-256(salt, text). */
static size_t write_digest(char *to, size_t digits, const char *salt, const char *text, size_t size)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) &&
                EVP_DigestUpdate(context, salt, strlen(salt)) &&
                EVP_DigestUpdate(context, text, size) && EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    if (!done)
        return 0;
    jj_write_hex(to, digest, digits / 2);
    return digits;
}

static void put_address(const struct jj_view *view, const struct jj_row *row, unsigned feature,
                        unsigned side)
{
    const struct jj_key *key = &view->flow->key;
    char text[JJ_ADDRESS_ROOM], digest[16];
    size_t length = jj_write_ip(text, key->addr[side], key->ip_version);
    if (!view->policy->anonymize_ips) {
        jj_put_string(row, feature, text, length);
        return;
    }
    length = write_digest(digest, sizeof digest, view->policy->salt, text, length);
    jj_put_string(row, feature, digest, length);
}

static bool is_text_order(const struct jj_key *key, const char *a, size_t n, const char *b,
                          size_t m)
{
    int order = memcmp(a, b, n < m ? n : m);
    if (order == 0 && n == m)
        return key->port[0] <= key->port[1];
    return order < 0 || (order == 0 && n < m);
}

static void put_flow_id(const struct jj_view *view, const struct jj_row *row)
{
    const struct jj_key *key = &view->flow->key;
    char ip[2][JJ_ADDRESS_ROOM], text[2 * JJ_ADDRESS_ROOM + 32], digest[32];
    size_t length[2];
    for (unsigned side = 0; side < 2; side++)
        length[side] = jj_write_ip(ip[side], key->addr[side], key->ip_version);
    unsigned a = is_text_order(key, ip[0], length[0], ip[1], length[1]) ? 0 : 1, b = a ^ 1;
    int size = snprintf(text, sizeof text, "%.*s:%u:%.*s:%u:%u", (int)length[a], ip[a],
                        key->port[a], (int)length[b], ip[b], key->port[b], key->protocol);
    size_t digits = write_digest(digest, sizeof digest, view->policy->salt, text, (size_t)size);
    jj_put_string(row, F_flow_id, digest, digits);
}

static void put_text(const struct jj_row *row, unsigned feature, const char *text)
{
    jj_put_string(row, feature, text, strlen(text));
}

/* JoyfulJay divides by one where there is nothing to divide by. */
static void put_ratio(const struct jj_view *view, const struct jj_row *row, unsigned feature,
                      double above, double below)
{
    if (below > 0)
        jj_put_f64(row, feature, above / below);
    else if (view->policy->compat)
        jj_put_f64(row, feature, above);
    else
        jj_put_missing(row, feature);
}

static int64_t whole_stat(const struct jj_view *view, const struct state *s)
{
    int64_t stat = s->stat;
    bool opened = (stat & (SYN | SYNACK)) == (SYN | SYNACK);
    bool closed = (stat & (FIN_FWD | FIN_BWD)) == (FIN_FWD | FIN_BWD) || stat & RST;
    if (opened && closed)
        stat |= WHOLE;
    uint8_t reason = view->flow->end_reason;
    if ((reason == JJ_END_IDLE || reason == JJ_END_ACTIVE) && !view->policy->compat)
        stat |= TIMEOUT;
    return stat;
}

static void put_headers(const struct jj_view *view, const struct jj_row *row, bool mac)
{
    const struct jj_key *key = &view->flow->key;
    char text[32], *to = text;
    if (mac)
        to = stpcpy(to, "ETH-");
    to = stpcpy(to, key->ip_version == 6 ? "IP6-" : "IP-");
    if (key->protocol == 6)
        to = stpcpy(to, "TCP");
    else if (key->protocol == 17)
        to = stpcpy(to, "UDP");
    else if (key->protocol == 1)
        to = stpcpy(to, "ICMP");
    else
        to += sprintf(to, "PROTO%u", key->protocol);
    jj_put_string(row, F_hdr_desc, text, (size_t)(to - text));
    jj_put_i64(row, F_num_hdrs, mac ? 3 : 2);
}

static void put_identity(const struct jj_view *view, const struct jj_row *row)
{
    const struct jj_flow *flow = view->flow;
    unsigned responder = jj_flow_responder(flow);
    uint16_t port = flow->key.port[responder];
    /* The hash is dear; the sink column means that nobody asked. */
    if (row->columns[F_flow_id]->offsets)
        put_flow_id(view, row);
    put_address(view, row, F_src_ip, flow->initiator);
    put_address(view, row, F_dst_ip, responder);
    jj_put_i64(row, F_src_port, flow->key.port[flow->initiator]);
    jj_put_i64(row, F_dst_port, port);
    put_text(row, F_dst_port_class, jj_port_class(port));
    jj_put_i64(row, F_dst_port_class_num, port < 1024 ? 1 : port < 49152 ? 2 : 3);
    jj_put_i64(row, F_protocol, flow->key.protocol);
    put_text(row, F_end_reason, jj_end_reason_name(flow->end_reason));
    put_text(row, F_dir_basis, jj_dir_basis_name(flow->dir_basis));
}

static double put_times(const struct jj_view *view, const struct state *s, const struct jj_row *row)
{
    bool compat = view->policy->compat;
    int64_t first = compat ? s->first : view->flow->first;
    int64_t last = compat ? s->last : view->flow->last;
    double start = jj_seconds(first), end = jj_seconds(last);
    double duration = jj_gap(view->policy, first, last);
    jj_put_f64(row, F_start_time, start);
    jj_put_f64(row, F_end_time, end);
    jj_put_f64(row, F_time_first, start);
    jj_put_f64(row, F_time_last, end);
    jj_put_f64(row, F_duration, duration);
    return duration;
}

static void put_counts(const struct state *s, const struct jj_row *row)
{
    jj_put_i64(row, F_total_packets, (int64_t)(s->packets[JJ_FWD] + s->packets[JJ_BWD]));
    jj_put_i64(row, F_packets_fwd, (int64_t)s->packets[JJ_FWD]);
    jj_put_i64(row, F_packets_bwd, (int64_t)s->packets[JJ_BWD]);
    jj_put_i64(row, F_total_bytes, (int64_t)(s->bytes[JJ_FWD] + s->bytes[JJ_BWD]));
    jj_put_i64(row, F_bytes_fwd, (int64_t)s->bytes[JJ_FWD]);
    jj_put_i64(row, F_bytes_bwd, (int64_t)s->bytes[JJ_BWD]);
    jj_put_i64(row, F_payload_bytes_fwd, (int64_t)s->payload[JJ_FWD]);
    jj_put_i64(row, F_payload_bytes_bwd, (int64_t)s->payload[JJ_BWD]);
    jj_put_i64(row, F_payload_bytes_total, (int64_t)(s->payload[JJ_FWD] + s->payload[JJ_BWD]));
}

static void finish(const void *state, const struct jj_view *view, const struct jj_row *row)
{
    struct state whole = { 0 };
    const struct state *s = state ? state : &whole;
    if (!state)
        fold(&whole, view);
    double packets = (double)(s->packets[JJ_FWD] + s->packets[JJ_BWD]);
    double bytes = (double)(s->bytes[JJ_FWD] + s->bytes[JJ_BWD]);
    put_identity(view, row);
    double duration = put_times(view, s, row);
    put_counts(s, row);
    put_ratio(view, row, F_packets_ratio, (double)s->packets[JJ_FWD], (double)s->packets[JJ_BWD]);
    put_ratio(view, row, F_bytes_ratio, (double)s->bytes[JJ_FWD], (double)s->bytes[JJ_BWD]);
    put_ratio(view, row, F_packets_per_second, packets, duration);
    put_ratio(view, row, F_bytes_per_second, bytes, duration);
    jj_put_f64(row, F_avg_packet_size, bytes / packets);
    jj_put_i64(row, F_flow_stat, whole_stat(view, s));
    put_headers(view, row, s->mac);
}

const struct jj_extractor jj_extractor_flow_meta = {
    .group = "flow_meta",
    .summary = "endpoints, times, packet and byte counts, how it began and ended",
    .features = features,
    .count = FEATURE_COUNT,
    .state_size = sizeof(struct state),
    .fold = fold,
    .finish = finish,
};
