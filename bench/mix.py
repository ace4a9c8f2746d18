#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Merges the Ethernet captures of a folder into one pcap, over and over, until it has enough packets.

Usage: mix.py FOLDER OUTPUT [PACKETS]

Each round starts four hours after the last packet of the one before and has other addresses, so that
flows of different rounds are different flows to every tool. Within a round the captures overlap, as traffic does: all start together and
their packets are in order of time. Reading needs tshark's editcap, for pcapng."""
import os
import struct
import subprocess
import sys
import tempfile

ETHERNET = 1
GAP = 4 * 3600 * 10**9  # longer than any tool keeps a flow
SLICE = 600 * 10**9  # of each capture, so that a round stays short


def records(path):
    """(nanoseconds, original length, bytes) of an Ethernet capture; nothing of any other."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as plain:
        done = subprocess.run(["editcap", "-F", "nsecpcap", path, plain.name], capture_output=True)
        if done.returncode:
            return
        data = plain.read()
    if len(data) < 24 or struct.unpack("<I", data[20:24])[0] != ETHERNET:
        return
    at = 24
    while at + 16 <= len(data):
        seconds, nanoseconds, captured, original = struct.unpack("<4I", data[at:at + 16])
        yield seconds * 10**9 + nanoseconds, original, data[at + 16:at + 16 + captured]
        at += 16 + captured


def readdressed(frame, number):
    """The frame with the round's number added to both IP addresses. Checksums are left wrong."""
    at = 14
    while frame[at - 2:at] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    kind = frame[at - 2:at]
    places = {b"\x08\x00": (13, 17), b"\x86\xdd": (10, 26)}.get(kind, ())
    frame = bytearray(frame)
    for place in places:
        if at + place < len(frame):
            frame[at + place] = (frame[at + place] + number) & 255
    return frame


def one_round(folder):
    merged = []
    for name in sorted(os.listdir(folder)):
        packets = sorted(records(os.path.join(folder, name)), key=lambda p: p[0])
        start = packets[0][0] if packets else 0
        merged += [(t - start, n, b) for t, n, b in packets if t - start < SLICE]
    merged.sort(key=lambda p: p[0])
    return merged


def main():
    folder, output = sys.argv[1:3]
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 600000
    packets = one_round(folder)
    if not packets:
        sys.exit(f"mix.py: no Ethernet capture that editcap can read in {folder}")
    start, written, number = 1700000000 * 10**9, 0, 0
    with open(output, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, ETHERNET))
        while written < wanted:
            for t, original, frame in packets:
                time = start + t
                data = readdressed(frame, number)
                out.write(struct.pack("<4I", time // 10**9, time % 10**9 // 1000, len(data), original) + data)
            written += len(packets)
            start += packets[-1][0] + GAP
            number += 1
    print(f"{output}: {written} packets")


if __name__ == "__main__":
    main()
