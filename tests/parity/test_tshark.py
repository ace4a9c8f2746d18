#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Packets, bytes and payload bytes of every shared capture, added up by tshark and by us.

Outer headers are compared in full (--tunnel outer); of inner ones the number of packets. What
tshark sees otherwise stands in tshark_exceptions.tsv: file, our count minus tshark's for packets,
bytes and payload, and why.

usage: test_tshark.py ENGINE [CAPTURE...]     with names of captures: shows both counts"""
import collections
import multiprocessing
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import jj

CHOSEN = [os.path.basename(name) for name in sys.argv[2:]]
del sys.argv[2:]
EXCEPTIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tshark_exceptions.tsv")

FIELDS = ["frame.protocols", "ip.len", "ip.hdr_len", "ip.proto", "ip.frag_offset", "ip.flags.mf",
          "ipv6.plen", "tcp.len", "udp.length", "icmp.type", "ipv6.fraghdr.offset",
          "ipv6.hopopts.len_oct", "ipv6.routing.len_oct", "ipv6.dstopts.len_oct"]
# Every packet for itself: no reassembly, and no stateful dissector above layer 4.
PLAIN = ["ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE",
         "tcp.check_checksum:FALSE", "ip.check_checksum:FALSE"]
ICMP_HEADER = {"13": 20, "14": 20, "17": 12, "18": 12}
EXTENSIONS = {"ipv6.hopopts", "ipv6.routing", "ipv6.fraghdr", "ipv6.dstopts"}

Totals = collections.namedtuple("Totals", "packets bytes payload")


def first_ip(layers):
    """(version, layer behind the first IP header and its extension headers)"""
    for index, layer in enumerate(layers):
        if layer in ("ip", "ipv6"):
            rest = [name for name in layers[index + 1:] if name not in EXTENSIONS]
            return (4 if layer == "ip" else 6), rest[0] if rest else ""
    return None, ""


def payload_of(field, layer, body):
    """Bytes behind the layer-4 header of a packet whose IP header carries `body` bytes."""
    if layer == "tcp":  # without a length when its header is not all there
        return int(field["tcp.len"] or 0)
    if layer == "udp":
        return min(max(int(field["udp.length"] or 0) - 8, 0), max(body - 8, 0))
    if layer in ("icmp", "icmpv6"):
        return max(body - ICMP_HEADER.get(field["icmp.type"], 8), 0)
    if layer == "sctp":
        return max(body - 12, 0)
    return body


def packet_of(field):
    """(IP bytes, payload bytes) of a frame as tshark tells it; None without IP."""
    layers = field["frame.protocols"].split(":")
    version, layer = first_ip(layers)
    if version == 4 and field["ip.len"]:
        length, header = int(field["ip.len"]), int(field["ip.hdr_len"] or 20)
        later = field["ip.frag_offset"] not in ("", "0")
    elif version == 6 and field["ipv6.plen"]:
        length, header = int(field["ipv6.plen"]) + 40, 40 + 8 * layers.count("ipv6.fraghdr")
        header += sum(int(field[f"{name}.len_oct"] or 0) for name in EXTENSIONS
                      if f"{name}.len_oct" in field)
        later = field["ipv6.fraghdr.offset"] not in ("", "0")
    else:
        return None
    body = max(length - header, 0)
    return length, body if later else payload_of(field, layer, body)


def tshark(path):
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "occurrence=f"]
    for preference in PLAIN:
        command += ["-o", preference]
    for name in FIELDS:
        command += ["-e", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                          text=True, errors="replace", timeout=300)
    packets = []
    for line in done.stdout.splitlines():
        packet = packet_of(dict(zip(FIELDS, line.split("\t"))))
        if packet:
            packets.append(packet)
    return Totals(len(packets), sum(p[0] for p in packets), sum(p[1] for p in packets))


def ours(path, *options):
    rows = jj.extract(path, "--features", "flow_meta", *options)
    return Totals(*(sum(row[name] for row in rows)
                    for name in ("total_packets", "total_bytes", "payload_bytes_total")))


def compare(path):
    name = os.path.basename(path)
    try:
        return name, tshark(path), ours(path, "--tunnel", "outer"), ours(path), None
    except Exception as fault:
        return name, None, None, None, f"{type(fault).__name__}: {fault}"


def exceptions():
    known = {}
    with open(EXCEPTIONS, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, packets, octets, payload, _ = line.rstrip("\n").split("\t")
                known[name] = Totals(int(packets), int(octets), int(payload))
    return known


def case_totals():
    if not shutil.which("tshark"):
        raise jj.Skipped("no tshark")
    folder = jj.shared("pcaps")
    known, equal, different, packets = exceptions(), 0, 0, 0
    paths = [os.path.join(folder, name) for name in CHOSEN or sorted(os.listdir(folder))]
    with multiprocessing.Pool(2) as pool:
        for name, theirs, outer, inner, fault in pool.imap_unordered(compare, paths):
            expected = known.get(name, Totals(0, 0, 0))
            difference = None if fault else Totals(*(a - b for a, b in zip(outer, theirs)))
            if not fault and difference == expected and inner.packets == outer.packets:
                equal += 1
                packets += outer.packets
            else:
                different += 1
                print(f"{name}: {fault or difference}, expected {tuple(expected)}; "
                      f"tshark {theirs}, we {outer}, inside tunnels {inner}")
            if CHOSEN:
                print(f"{name}: tshark {theirs}, we {outer}, inside tunnels {inner}")
    print(f"{equal} captures as expected ({packets} packets), {different} otherwise, "
          f"{len(known)} with known differences")
    jj.true(packets > 0, "nothing was compared")
    jj.equal(different, 0, "number of captures that differ")


jj.main(globals())
