#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where flows begin and end, who is the initiator, and why a flow ended: small captures, results
worked out by hand."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from craft import Talk, eth, icmp, ip4, pcap, tcp, udp
import jj


def rows_of(packets, *options, groups="flow_meta", **more):
    with jj.Folder() as at:
        with open(at("x.pcap"), "wb") as file:
            file.write(pcap(packets, **more))
        return jj.extract(at("x.pcap"), "--features", groups, *options)


def udp_at(time, sport=5000, payload=b"x" * 10, back=False):
    ends = ("10.0.0.1", "10.0.0.2", udp(sport, 9000, payload)) if not back else \
        ("10.0.0.2", "10.0.0.1", udp(9000, sport, payload))
    return time, eth(ip4(*ends, "udp"))


def columns(rows, *names):
    return [tuple(row[name] for name in names) for row in rows]


def ends(rows):
    """What most cases are about: packets, why it ended, how the initiator is known."""
    return columns(rows, "total_packets", "end_reason", "dir_basis")


# Timeouts

def case_timeout_checked_on_every_packet():
    rows = rows_of([udp_at(1000 + 300 * i) for i in range(4)])
    jj.equal(ends(rows), [(1, "idle", "first")] * 3 + [(1, "input", "first")])
    jj.equal(columns(rows, "start_time"), [(1000.0,), (1300.0,), (1600.0,), (1900.0,)])


def case_timeout_is_more_than():
    jj.equal(len(rows_of([udp_at(1000), udp_at(1060)])), 1, "rows at exactly 60 s")
    jj.equal(len(rows_of([udp_at(1000), udp_at(1060.000001)])), 2, "rows behind 60 s")


def case_timeout_option():
    packets = [udp_at(1000 + 300 * i) for i in range(4)]
    row, = rows_of(packets, "--timeout", "400")
    jj.check_row(row, total_packets=4, duration=900.0, end_reason="input")
    jj.equal(len(rows_of(packets, "--timeout", "299.5")), 4)


def case_timeout_counts_from_the_last_packet():
    row, = rows_of([udp_at(1000 + 50 * i, back=i % 2 == 1) for i in range(10)])
    jj.check_row(row, total_packets=10, packets_fwd=5, packets_bwd=5, duration=450.0)


def case_idle_flow_leaves_while_others_go_on():
    packets = [udp_at(1000, sport=1)] + [udp_at(1000.5 + i * 10, sport=2) for i in range(20)]
    rows = rows_of(packets)
    jj.equal(columns(rows, "src_port", "total_packets", "end_reason"),
             [(1, 1, "idle"), (2, 20, "input")])


def case_active_timeout():
    """26 packets, one every 10 s, cut after 95 s: 10 + 10 + 6; the one at 100 s is the server's,
    yet the client stays the initiator."""
    packets = [udp_at(1000 + 10 * i, back=i == 10) for i in range(26)]
    rows = rows_of(packets, "--active-timeout", "95")
    jj.equal(ends(rows), [(10, "active", "first"), (10, "active", "continued"),
                          (6, "input", "continued")])
    jj.equal(columns(rows, "src_port", "packets_bwd"), [(5000, 0), (5000, 1), (5000, 0)])


def case_active_timeout_default_and_never():
    packets = [udp_at(1000 + 50 * i) for i in range(60)]  # 2950 s
    jj.equal(columns(rows_of(packets), "end_reason"), [("active",), ("input",)])
    jj.equal(len(rows_of(packets, "--active-timeout", "0")), 1)


# TCP

def case_both_fins():
    talk = Talk().handshake().c("PA", b"q" * 100).s("PA", b"r" * 200).c("A").close()
    row, = rows_of(talk.packets)
    jj.check_row(row, total_packets=9, end_reason="fin", dir_basis="syn", src_port=40000,
                 packets_fwd=6, packets_bwd=3, payload_bytes_fwd=100, payload_bytes_bwd=200,
                 total_bytes=9 * 40 + 300, duration=4.0)


def case_linger_takes_a_straggler():
    talk = Talk(step=0.1).handshake().close()
    talk.time += 1.5
    row, = rows_of(talk.s("A").packets)
    jj.check_row(row, total_packets=7, end_reason="fin")


def case_linger_ends():
    talk = Talk(step=0.1).handshake().close()
    talk.time += 2.5
    rows = rows_of(talk.s("A").packets)
    jj.equal(ends(rows), [(6, "fin", "syn"), (1, "input", "first")])


def case_half_close_goes_on():
    talk = Talk(step=1).handshake().c("FA").s("A")
    for _ in range(20):
        talk.s("PA", b"d" * 50).c("A")
    row, = rows_of(talk.s("FA").c("A").packets)
    jj.check_row(row, total_packets=47, end_reason="fin", payload_bytes_bwd=1000)


def case_unanswered_fin_is_no_end():
    talk = Talk().handshake().c("FA")
    row, = rows_of(talk.packets)
    jj.check_row(row, total_packets=4, end_reason="input")


def case_reset():
    row, = rows_of(Talk().handshake().s("RA").packets)
    jj.check_row(row, total_packets=4, end_reason="rst")


def case_refused():
    row, = rows_of(Talk(isn=(1000, 0)).c("S").s("RA").packets)
    jj.check_row(row, total_packets=2, end_reason="rst", packets_fwd=1)


def case_reset_that_does_not_fit():
    talk = Talk().handshake()
    talk.next[1], real = talk.next[1] + 10**9, talk.next[1]
    talk.s("R")
    talk.next[1] = real
    row, = rows_of(talk.s("PA", b"still here").c("A").packets)
    jj.check_row(row, total_packets=6, end_reason="input", payload_bytes_bwd=10)


def case_ports_reused_without_end():
    first = Talk().handshake().c("PA", b"x")
    second = Talk(start=1030, isn=(900_000, 77)).handshake()
    rows = rows_of(first.packets + second.packets)
    jj.equal(ends(rows), [(4, "reused", "syn"), (3, "input", "syn")])


def case_ports_reused_within_linger():
    first = Talk(step=0.01).handshake().close()
    second = Talk(start=1000.5, isn=(900_000, 77)).handshake()
    rows = rows_of(first.packets + second.packets)
    jj.equal(ends(rows), [(6, "fin", "syn"), (3, "input", "syn")])


def case_syn_again_is_the_same_connection():
    talk = Talk(step=1).c("S")
    talk.next[0] -= 1
    row, = rows_of(talk.c("S").s("SA").c("A").packets)
    jj.check_row(row, total_packets=4, dir_basis="syn", packets_fwd=3)


def case_tcp_end_first_fin():
    rows = rows_of(Talk().handshake().close().packets, "--tcp-end", "first-fin")
    jj.equal(columns(rows, "total_packets", "end_reason")[0], (4, "fin"))
    jj.equal(sum(row["total_packets"] for row in rows), 6)


def case_tcp_end_timeout():
    talk = Talk().handshake().close()
    talk.time += 10
    row, = rows_of(talk.s("A").packets, "--tcp-end", "timeout")
    jj.check_row(row, total_packets=7, end_reason="input")


# Who is the initiator

def case_initiator_syn_never_seen():
    row, = rows_of(Talk().s("SA").c("A").s("PA", b"hello").packets)
    jj.check_row(row, src_ip="10.0.0.1", src_port=40000, dst_port=80, dir_basis="synack",
                 packets_fwd=1, packets_bwd=2, payload_bytes_bwd=5)


def case_initiator_syn_late():
    talk = Talk().handshake()
    syn, synack, ack = (frame for _, frame in talk.packets)
    row, = rows_of([(1000, synack), (1000.001, syn), (1000.002, ack)])
    jj.check_row(row, src_ip="10.0.0.1", src_port=40000, packets_fwd=2, packets_bwd=1,
                 total_packets=3)


def case_initiator_midstream():
    row, = rows_of(Talk().s("PA", b"x" * 9).c("A").packets)
    jj.check_row(row, src_ip="10.0.0.2", src_port=80, dst_port=40000, dir_basis="first")


def case_loopback_ports_tell_directions():
    ping = eth(ip4("127.0.0.1", "127.0.0.1", udp(1111, 2222, b"a"), "udp"))
    pong = eth(ip4("127.0.0.1", "127.0.0.1", udp(2222, 1111, b"bc"), "udp"))
    row, = rows_of([(1, ping), (2, pong), (3, ping)])
    jj.check_row(row, src_port=1111, packets_fwd=2, packets_bwd=1, payload_bytes_bwd=2)


def case_icmp_has_no_ports():
    echo = eth(ip4("10.0.0.1", "10.0.0.2", icmp(8, rest=b"\0\1\0\1", payload=b"p" * 56), "icmp"))
    reply = eth(ip4("10.0.0.2", "10.0.0.1", icmp(0, rest=b"\0\1\0\1", payload=b"p" * 56), "icmp"))
    row, = rows_of([(1, echo), (1.25, reply)])
    jj.check_row(row, protocol=1, src_port=0, dst_port=0, packets_fwd=1, packets_bwd=1,
                 total_bytes=168, payload_bytes_total=112, duration=0.25)


# Time

def case_time_goes_back():
    """Steps back are no inter-arrival times; the duration spans earliest to latest."""
    rows = rows_of([udp_at(1000), udp_at(1002), udp_at(1001)], groups="flow_meta,timing")
    jj.equal(len(rows), 1)
    jj.check_row(rows[0], total_packets=3, start_time=1000.0, end_time=1002.0, duration=2.0,
                 iat_min=2.0, iat_max=2.0, iat_mean=2.0)


def case_time_starts_late():
    rows = rows_of([udp_at(1001), udp_at(1000)], groups="flow_meta,timing")
    jj.check_row(rows[0], total_packets=2, start_time=1000.0, duration=1.0, iat_mean=None)


# The table is full

def case_eviction_loses_no_packet():
    packets = [udp_at(1000 + i * 0.001 + j * 3, sport=1000 + i)
               for j in range(3) for i in range(200)]
    rows = rows_of(packets, "--max-flows", "16")
    jj.true("evicted" in {row["end_reason"] for row in rows}, "no flow was evicted")
    jj.equal(sum(row["total_packets"] for row in rows), 600, "packets in rows")
    jj.equal(sum(row["total_bytes"] for row in rows), 600 * 38, "bytes in rows")


def case_eviction_takes_the_longest_silent():
    packets = [udp_at(1000 + i, sport=1000 + i) for i in range(17)]
    rows = rows_of(packets, "--max-flows", "16")
    jj.equal(columns(rows, "src_port", "end_reason")[0], (1000, "evicted"))


# Numbers of a conversation, all worked out from its ten packets

def case_numbers():
    """t = 0, .1 ... .9; lengths 40 40 40 140 40 540 540 40 40 40; c c.. see the list below."""
    talk = Talk(step=0.1, start=2000)
    talk.c("S").s("SA").c("A").c("PA", b"q" * 100).s("A").s("PA", b"r" * 500)
    talk.s("PA", b"r" * 500).c("A").c("FA").s("FA")
    row, = rows_of(talk.packets, groups=jj.GROUPS)
    jj.check_row(row, total_packets=10, packets_fwd=5, packets_bwd=5, total_bytes=1500,
                 bytes_fwd=300, bytes_bwd=1200, payload_bytes_fwd=100, payload_bytes_bwd=1000,
                 packets_ratio=1.0, bytes_ratio=0.25, avg_packet_size=150.0,
                 dst_port_class="http", hdr_desc="ETH-IP-TCP", num_hdrs=3,
                 pkt_len_min=40.0, pkt_len_max=540.0, pkt_len_median=40.0,
                 packets_with_payload=3, header_only_ratio=0.7, dominant_pkt_size=40,
                 dominant_pkt_ratio=0.7, byte_asymmetry=-0.6, pkt_asymmetry=0.0,
                 tcp_is_tcp=True, tcp_syn_count=1, tcp_synack_count=1, tcp_fin_count=2,
                 tcp_rst_count=0, tcp_ack_count=9, tcp_psh_count=3, tcp_complete_handshake=True,
                 tcp_graceful_close=True, tcp_reset_close=False, tcp_data_packets=3,
                 tcp_ack_only_packets=3, tcp_flags_anomaly=False, tcp_syn_ratio=0.2,
                 tcp_flags_fwd=0x1B, tcp_flags_bwd=0x1B, tcp_fstat=0x5F)
    jj.near(row["duration"], 0.9, 1e-9, "duration")
    jj.near(row["iat_mean"], 0.1, 1e-9, "iat_mean")
    jj.near(row["packets_per_second"], 10 / 0.9, 1e-9, "packets_per_second")
    jj.near(row["first_response_time"], 0.1, 1e-9, "first_response_time")
    squares = 7 * (40 - 150) ** 2 + (140 - 150) ** 2 + 2 * (540 - 150) ** 2
    jj.near(row["pkt_len_std"], (squares / 10) ** 0.5, 1e-12, "pkt_len_std")


def case_bursts():
    """Gaps 10 10 500 10 2000 ms with a threshold of 50 ms: bursts of 3, 2 and 1 packets."""
    times = [0, 0.01, 0.02, 0.52, 0.53, 2.53]
    row, = rows_of([udp_at(3000 + t) for t in times], groups="timing")
    jj.check_row(row, burst_count=3, avg_burst_packets=2.0, max_burst_packets=3, idle_count=2)
    jj.near(row["avg_idle_duration"], 1.25, 1e-9)
    jj.near(row["max_idle_duration"], 2.0, 1e-9)
    row, = rows_of([udp_at(3000 + t) for t in times], "--burst-threshold-ms", "1000",
                   groups="timing")
    jj.check_row(row, burst_count=2, max_burst_packets=5, idle_count=1)


def case_odd_flags():
    syn_fin = eth(ip4("10.0.0.1", "10.0.0.2", tcp(1, 2, "SF", seq=9)))
    row, = rows_of([(1, syn_fin)], groups="tcp")
    jj.check_row(row, tcp_flags_anomaly=True, tcp_flags_agg=3, tcp_syn_count=1, tcp_fin_count=1)


jj.main(globals())
