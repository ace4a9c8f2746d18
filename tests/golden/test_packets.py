#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""From frame to packet: link types, lengths, extension headers, fragments, tunnels, times of files.
The same conversation must give the same row however it is wrapped."""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import craft
from craft import Talk, eth, extension, fragment6, ip4, ip6, pcap, tcp, udp
import jj

# Of the frame, not of the packet in it.
OF_THE_LINK = {"num_hdrs", "hdr_desc"}


def rows_of(data, *options):
    with jj.Folder() as at:
        with open(at("x.pcap"), "wb") as file:
            file.write(data)
        return jj.extract(at("x.pcap"), "--features", jj.GROUPS, *options)


def talk_in(wrap, v6=False):
    ends = {"client": "2001:db8::1", "server": "2001:db8::2"} if v6 else {}
    talk = Talk(wrap=wrap, **ends)
    return talk.handshake().c("PA", b"q" * 100).s("PA", b"r" * 300).c("A").close().packets


def without_link(row):
    return {name: value for name, value in row.items() if name not in OF_THE_LINK}


def differing(rows, want):
    return [name for name in want
            if name not in OF_THE_LINK and rows and rows[0].get(name) != want[name]]


WRAPS = {
    "VLAN": (lambda p: eth(p, tags=[(0x8100, 7)]), craft.ETHERNET),
    "QinQ": (lambda p: eth(p, tags=[(0x88A8, 7), (0x8100, 9)]), craft.ETHERNET),
    "two 802.1Q tags": (lambda p: eth(p, tags=[(0x8100, 7), (0x8100, 9)]), craft.ETHERNET),
    "0x9100 tag": (lambda p: eth(p, tags=[(0x9100, 7), (0x8100, 9)]), craft.ETHERNET),
    "MPLS": (lambda p: craft.mpls(p, 16), craft.ETHERNET),
    "MPLS of three labels": (lambda p: craft.mpls(p, 16, 17, 18), craft.ETHERNET),
    "PPPoE": (craft.pppoe, craft.ETHERNET),
    "PPPoE in a VLAN": (lambda p: craft.pppoe(p, tags=[(0x8100, 7)]), craft.ETHERNET),
    "802.3 with SNAP": (craft.eth_802_3, craft.ETHERNET),
    "trailer": (lambda p: eth(p, trailer=b"\xde\xad\xbe\xef"), craft.ETHERNET),
    "SLL": (craft.sll, craft.SLL),
    "SLL2": (craft.sll2, craft.SLL2),
    "NULL": (craft.null, craft.NULL),
    "NULL, other byte order": (lambda p: craft.null(p, order=">"), craft.NULL),
    "LOOP": (lambda p: craft.null(p, order=">"), 108),
    "raw": (lambda p: p, craft.RAW),
    "raw, DLT 12": (lambda p: p, 12),
    "PPP": (craft.ppp, craft.PPP),
}


def check_wraps(wraps, v6):
    want, = rows_of(pcap(talk_in(eth, v6)))
    jj.check_row(want, total_packets=9, end_reason="fin", payload_bytes_total=400,
                 total_bytes=9 * (60 if v6 else 40) + 400, hdr_desc=f"ETH-IP{'6' * v6}-TCP")
    faults = []
    for name, (wrap, linktype) in wraps.items():
        rows = rows_of(pcap(talk_in(wrap, v6), linktype=linktype))
        if [without_link(row) for row in rows] != [without_link(want)]:
            faults.append(f"{name}: {len(rows)} rows, differs in {differing(rows, want)}")
    jj.true(not faults, "; ".join(faults))


def case_links_ipv4():
    check_wraps({**WRAPS, "IPV4": (lambda p: p, 228)}, False)


def case_links_ipv6():
    families = {f"NULL, family {f}": (lambda p, f=f: craft.null(p, f), craft.NULL)
                for f in (10, 24, 28, 30)}
    check_wraps({**WRAPS, **families, "IPV6": (lambda p: p, 229)}, True)


def case_padding_is_no_payload():
    row, = rows_of(pcap(talk_in(lambda p: craft.padded(eth(p)))))
    jj.check_row(row, payload_bytes_total=400, total_bytes=760, packets_with_payload=2,
                 tcp_ack_only_packets=3, tcp_data_packets=2)


def case_padding_with_compat():
    """JoyfulJay counts the padding: 7 of the 9 frames carry 40 bytes of IP, so 6 of padding."""
    rows = rows_of(pcap(talk_in(lambda p: craft.padded(eth(p)))), "--compat=joyfuljay")
    jj.equal(sum(row["payload_bytes_total"] for row in rows), 400 + 7 * 6)


def case_ip_options():
    row, = rows_of(pcap([(1, eth(ip4("10.0.0.1", "10.0.0.2", udp(1, 2, b"abc"), "udp",
                                     options=b"\x94\x04\0\0")))]))
    jj.check_row(row, src_port=1, dst_port=2, total_bytes=24 + 8 + 3, payload_bytes_total=3)


def case_tcp_options_are_no_payload():
    segment = tcp(1, 2, "S", options=b"\1" * 12)
    row, = rows_of(pcap([(1, eth(ip4("10.0.0.1", "10.0.0.2", segment)))]))
    jj.check_row(row, total_bytes=52, payload_bytes_total=0)


def case_extension_headers():
    """Hop-by-hop (8 bytes), routing (24), destination options (8), then TCP."""
    segment = tcp(4000, 443, "S", seq=1, payload=b"early")
    chain = extension("ip6", b"")  # only to show that the helper is not what is tested
    jj.equal(len(chain), 8)
    behind = extension(43, extension(60, extension("tcp", segment), words=2))
    row, = rows_of(pcap([(1, eth(ip6("2001:db8::1", "2001:db8::2", behind, 0)))]))
    jj.check_row(row, protocol=6, src_port=4000, dst_port=443, tcp_is_tcp=True, tcp_syn_count=1,
                 total_bytes=40 + 8 + 24 + 8 + 25, payload_bytes_total=5, hdr_desc="ETH-IP6-TCP")


def case_extension_headers_join_the_flow():
    plain = eth(ip6("2001:db8::1", "2001:db8::2", udp(7, 9, b"ab"), "udp"))
    longer = eth(ip6("2001:db8::1", "2001:db8::2", extension("udp", udp(7, 9, b"ab")), 60))
    row, = rows_of(pcap([(1, plain), (2, longer)]))
    jj.check_row(row, protocol=17, total_packets=2, total_bytes=50 + 58, payload_bytes_total=4)


# Fragments

def fragments4(ident, data, size=1480):
    whole = udp(5000, 6000, data)
    for offset in range(0, len(whole), size):
        part = whole[offset:offset + size]
        yield eth(ip4("10.0.0.1", "10.0.0.2", part, "udp", ident=ident, fragment=offset,
                      more=offset + size < len(whole)))


def case_fragments_join_their_first():
    frames = list(fragments4(77, b"z" * 4000))  # 4008 = 1480 + 1480 + 1048
    row, = rows_of(pcap([(i, frame) for i, frame in enumerate(frames, 1)]))
    jj.check_row(row, src_port=5000, dst_port=6000, total_packets=3, total_bytes=4008 + 3 * 20,
                 payload_bytes_total=4000)


def case_fragments_of_two_datagrams():
    first, second = list(fragments4(1, b"z" * 2000)), list(fragments4(2, b"y" * 2000))
    row, = rows_of(pcap([(i, f) for i, f in enumerate([first[0], second[0], second[1], first[1]])]))
    jj.check_row(row, total_packets=4, payload_bytes_total=4000)


def case_fragments_ipv6():
    whole = udp(5000, 6000, b"z" * 2000)
    parts = fragment6(17, whole[:1232], 5, more=True), fragment6(17, whole[1232:], 5, 1232)
    row, = rows_of(pcap([(time, eth(ip6("2001:db8::1", "2001:db8::2", part, 44)))
                         for time, part in enumerate(parts)]))
    jj.check_row(row, protocol=17, src_port=5000, total_packets=2, total_bytes=2008 + 2 * 48,
                 payload_bytes_total=2000)


def case_fragment_without_its_first():
    frame = list(fragments4(9, b"z" * 2000))[1]
    row, = rows_of(pcap([(1, frame)]))
    jj.check_row(row, protocol=17, src_port=0, dst_port=0, total_packets=1)


# Tunnels

def tunnels():
    def over(payload, protocol="udp", **more):
        return eth(ip4("192.0.2.1", "192.0.2.2", payload, protocol), **more)

    def family(packet):
        return "ipip" if packet[0] >> 4 == 4 else "ip6"

    middle = "198.51.100.1", "198.51.100.2"
    options = b"\0\0\1\1" + b"o" * 4
    return {
        "GRE": (lambda p: over(craft.gre(p), "gre"), 47, 0),
        "GRE with key": (lambda p: over(craft.gre(p, key=9), "gre"), 47, 0),
        "GRE with Ethernet": (lambda p: over(craft.gre(eth(p), ethertype=0x6558), "gre"), 47, 0),
        "IPIP": (lambda p: over(p, family(p)), 4, 0),
        "VXLAN": (lambda p: over(craft.vxlan(eth(p), 42)), 17, 4789),
        "Geneve": (lambda p: over(craft.geneve(p, 42)), 17, 6081),
        "Geneve with options": (lambda p: over(craft.geneve(p, 42, options)), 17, 6081),
        "GTP-U": (lambda p: over(craft.gtpu(p, 42)), 17, 2152),
        "GTP-U in a VLAN": (lambda p: over(craft.gtpu(p, 1), tags=[(0x8100, 3)]), 17, 2152),
        "GRE in GRE": (lambda p: over(craft.gre(ip4(*middle, craft.gre(p), "gre")), "gre"), 47, 0),
        "IP over IPv6": (lambda p: eth(ip6("2001:db8:f::1", "2001:db8:f::2", p, family(p))), 4, 0),
    }


def check_tunnels_inner(v6):
    want, = rows_of(pcap(talk_in(eth, v6)))
    faults = []
    for name, (wrap, _, _) in tunnels().items():
        rows = rows_of(pcap(talk_in(wrap, v6)))
        if [without_link(row) for row in rows] != [without_link(want)]:
            faults.append(f"{name}: {len(rows)} rows, differs in {differing(rows, want)}")
    jj.true(not faults, "; ".join(faults))


def case_tunnels_inner_ipv4():
    check_tunnels_inner(False)


def case_tunnels_inner_ipv6():
    check_tunnels_inner(True)


def case_tunnels_outer():
    faults = []
    for name, (wrap, protocol, port) in tunnels().items():
        if "over IPv6" in name:
            continue
        packets = talk_in(wrap)
        row, *more = rows_of(pcap(packets), "--tunnel", "outer")
        head = 18 if "VLAN" in name else 14
        want = {"src_ip": "192.0.2.1", "dst_ip": "192.0.2.2", "protocol": protocol,
                "dst_port": port, "total_packets": 9,
                "total_bytes": sum(len(frame) - head for _, frame in packets)}
        got = {key: row[key] for key in want}
        if more or got != want:
            faults.append(f"{name}: {got}, not {want}, and {len(more)} more rows")
    jj.true(not faults, "; ".join(faults))


def case_quoted_header_is_no_tunnel():
    quoted = ip4("10.0.0.2", "10.0.0.9", udp(1, 2, b"abc"), "udp")
    frame = eth(ip4("10.0.0.1", "10.0.0.2", craft.icmp(3, 3, payload=quoted), "icmp"))
    row, = rows_of(pcap([(1, frame)]))
    jj.check_row(row, src_ip="10.0.0.1", dst_ip="10.0.0.2", protocol=1, total_bytes=20 + 8 + 31)


# Files

def case_snaplen_does_not_change_lengths():
    full, = rows_of(pcap(talk_in(eth)))
    cut, = rows_of(pcap([(t, frame[:54], len(frame)) for t, frame in talk_in(eth)]))
    jj.equal(cut, full)


def case_nanoseconds():
    frame = eth(ip4("10.0.0.1", "10.0.0.2", udp(1, 2, b"abc"), "udp"))
    data = pcap([], nano=True) + b"".join(
        struct.pack("<4I", 1700000000, ns, len(frame), len(frame)) + frame for ns in (1, 1_000_001))
    row, = rows_of(data)
    jj.near(row["duration"], 0.001, 1e-12, "duration")
    jj.near(row["iat_mean"], 0.001, 1e-12, "iat_mean")


def case_big_endian():
    jj.equal(rows_of(pcap(talk_in(eth), order=">")), rows_of(pcap(talk_in(eth))))


def case_pcapng():
    jj.equal(rows_of(craft.pcapng(talk_in(eth))), rows_of(pcap(talk_in(eth))))


def udp_frame(sport=1):
    return eth(ip4("10.0.0.1", "10.0.0.2", udp(sport, 2, b"abc"), "udp"))


def case_pcapng_simple_packet_repeats_the_time():
    data = craft.section() + craft.interface() + craft.enhanced(5_000_000, udp_frame()) \
        + craft.simple(udp_frame())
    row, = rows_of(data)
    jj.check_row(row, total_packets=2, start_time=5.0, end_time=5.0, duration=0.0)


def case_pcapng_time_offset():
    options = craft.option(14, struct.pack("<q", 1_600_000_000))
    row, = rows_of(craft.section() + craft.interface(options=options)
                   + craft.enhanced(7_500_000, udp_frame()))
    jj.check_row(row, start_time=1_600_000_007.5)


def case_pcapng_resolution():
    for value, ticks in ((9, 7_500_000_000), (3, 7_500), (0x80 | 20, 15 << 19)):
        for end in (True, False):
            options = craft.option(9, bytes([value]))
            row, = rows_of(craft.section() + craft.interface(options=options, end=end)
                           + craft.enhanced(ticks, udp_frame()))
            jj.check_row(row, start_time=7.5)


def case_pcapng_two_interfaces():
    packet = ip4("10.0.0.1", "10.0.0.2", udp(1, 2, b"abc"), "udp")
    data = craft.section() + craft.interface(craft.ETHERNET) + craft.interface(
        craft.RAW, options=craft.option(9, b"\x09")) + craft.enhanced(1_000_000, eth(packet)) \
        + craft.enhanced(2_000_000_000, packet, number=1)
    row, = rows_of(data)
    jj.check_row(row, total_packets=2, duration=1.0, payload_bytes_total=6)


def case_pcapng_two_sections():
    one = craft.pcapng([(1, udp_frame())])
    two = craft.section() + craft.interface(craft.RAW) \
        + craft.enhanced(2_000_000, ip4("10.0.0.1", "10.0.0.2", udp(1, 2, b"abc"), "udp"))
    row, = rows_of(one + two)
    jj.check_row(row, total_packets=2, duration=1.0)


def case_other_blocks_are_skipped():
    odd = b"".join(craft.block(kind, b"\0" * 12) for kind in (0x0BAD, 4, 5))
    row, = rows_of(craft.section() + odd + craft.interface() + odd
                   + craft.enhanced(1_000_000, udp_frame()) + odd)
    jj.check_row(row, total_packets=1)


def case_no_ip_no_row():
    arp = eth(b"\0\1\x08\0\6\4\0\1" + b"\0" * 20, 0x0806)
    jj.equal(rows_of(pcap([(1, arp)])), [])


jj.main(globals())
