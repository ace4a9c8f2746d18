#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the first inputs of the fuzz targets, one folder each: small valid frames and files, so
that the fuzzer starts behind the first checks.

usage: seeds.py FOLDER"""
import gzip
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import craft
from craft import eth, extension, fragment6, ip4, ip6, tcp, udp

ENDS = "10.0.0.1", "10.0.0.2"
ENDS6 = "2001:db8::1", "2001:db8::2"
PLAIN = ip4(*ENDS, tcp(1, 2, "PA", 3, 4, b"data", options=b"\2\4\5\xb4\1\3\3\7"))
PLAIN6 = ip6(*ENDS6, udp(1, 2, b"data"), "udp")


def frames():
    """(link type, frame)"""
    for packet in (PLAIN, PLAIN6):
        for wrap in (eth, craft.mpls, craft.pppoe, craft.eth_802_3):
            yield craft.ETHERNET, wrap(packet)
        yield craft.ETHERNET, eth(packet, tags=[(0x88A8, 1), (0x8100, 2)])
        yield craft.RAW, packet
        yield craft.NULL, craft.null(packet)
        yield craft.PPP, craft.ppp(packet)
        yield craft.SLL, craft.sll(packet)
        yield craft.SLL2, craft.sll2(packet)
        for payload, protocol in ((craft.gre(packet, key=1), "gre"),
                                  (craft.vxlan(eth(packet), 1), "udp"),
                                  (craft.geneve(packet, 1), "udp"), (craft.gtpu(packet, 1), "udp"),
                                  (packet, "ipip" if packet[0] >> 4 == 4 else "ip6")):
            yield craft.RAW, ip4(*ENDS, payload, protocol)
    yield craft.RAW, ip4(*ENDS, b"x" * 40, "udp", fragment=1480)
    yield craft.RAW, ip6(*ENDS6, extension(43, extension("tcp", tcp(1, 2))), 0)
    yield craft.RAW, ip6(*ENDS6, fragment6(17, udp(1, 2, b"x" * 40), 7, more=True), 44)
    yield craft.RAW, ip4(*ENDS, craft.icmp(3, payload=PLAIN), "icmp")


def files():
    packets = craft.Talk(step=0.1).handshake().close().packets[:3]
    yield craft.pcap(packets)
    yield craft.pcap(packets, nano=True, order=">")
    yield craft.pcapng(packets)
    yield craft.section() + craft.interface(options=craft.option(9, b"\x89")) \
        + craft.simple(packets[0][1]) + craft.enhanced(1 << 30, packets[1][1])
    yield gzip.compress(craft.pcap(packets), mtime=0)


SEEDS = {
    "decode": lambda: (struct.pack("!HB", linktype, 0) + frame for linktype, frame in frames()),
    "file": files,
}


def main():
    for name, inputs in SEEDS.items():
        folder = os.path.join(sys.argv[1], name)
        os.makedirs(folder, exist_ok=True)
        for number, data in enumerate(inputs()):
            with open(os.path.join(folder, f"seed-{number:02}"), "wb") as file:
                file.write(data)


main()
