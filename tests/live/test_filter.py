#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--filter on live sources: what each expression lets through, frame by frame, is what tcpdump lets
through of the same frames; and every frame left out is counted."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import Cable, Engine, check_balance, jj, read_pcap  # noqa: E402
import craft  # noqa: E402

A, B, C = "10.1.0.1", "10.1.0.2", "172.16.5.5"
EXPRESSIONS = (
    "udp port 53", "tcp[tcpflags] & tcp-syn != 0", "host 10.1.0.2 and not icmp", "net 172.16/12",
    "ip6", "vlan 5", "vlan and udp", "greater 200", "less 80", "arp or icmp", "portrange 50-60",
    "ip[8] < 10", "udp[8:4] = 0x71717171", "not ip", "ether src 02:00:00:00:00:01", "protochain 17",
)


def frames():
    for number in range(6):
        yield craft.eth(craft.ip4(A, B, craft.udp(4000 + number, 50 + number, b"q" * 40 * number), "udp"))
        yield craft.eth(craft.ip4(B, C, craft.tcp(80, 5000, "SA" if number % 2 else "A", 1, 1), ttl=5 + 60 * (number % 2)))
        yield craft.eth(craft.ip6("fd00::1", "fd00::2", craft.udp(53, 4000 + number, b"r" * 20), "udp"))
        yield craft.eth(craft.ip4(A, B, craft.udp(4000, 53, b"q" * 20), "udp"), tags=((0x8100, 5),))
        yield craft.eth(craft.ip4(A, C, craft.icmp(8), "icmp"))
        yield b"\xff" * 6 + b"\x02\0\0\0\0\1" + b"\x08\x06" + bytes(46)


def matching(all_frames, expression, folder):
    """What tcpdump keeps of the frames."""
    with open(folder("all.pcap"), "wb") as file:
        file.write(craft.pcap(list(enumerate(all_frames))))
    subprocess.run(["tcpdump", "-r", folder("all.pcap"), "-w", folder("kept.pcap"), expression],
                   check=True, capture_output=True)
    return [frame for _, frame, _ in read_pcap(folder("kept.pcap"))[0]]


def compare(source, inwards):
    sent = list(frames())
    for expression in EXPRESSIONS:
        with Cable() as cable, jj.Folder() as folder:
            want = matching(sent, expression, folder)
            with Engine(cable, folder, "--save-pcap", folder("saved.pcap"), "--filter", expression,
                        source=source) as engine:
                for frame in sent:
                    (cable.send_in if inwards else cable.send_out)(frame)
                time.sleep(0.05)
                said = engine.stop()
            got = [frame for _, frame, _ in read_pcap(engine.saved)[0]]
            stats = engine.stats()
        check_balance(stats)
        jj.equal([f.hex() for f in got], [f.hex() for f in want], f"{expression}: frames")
        jj.equal(stats["filtered"], len(sent) - len(want), f"{expression}: frames filtered")
        where = "user space" if source == "tpacket" or "protochain" in expression else "the kernel"
        jj.true(source == "tpacket" or f"filter in {where}" in said, f"{expression}: {said}")


def case_xdp_in():
    compare("xdp", True)


def case_xdp_out():
    compare("xdp", False)


def case_tap_in():
    compare("tap", True)


def case_tap_out():
    compare("tap", False)


def case_tpacket():
    compare("tpacket", True)


if __name__ == "__main__":
    jj.main(globals())
