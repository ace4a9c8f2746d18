#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The source "xdp" over a virtual cable: exactly the frames that were sent, in their order, and
the same rows as from a file."""
import os
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import Cable, Engine, check_balance, command, jj, make_tun, read_pcap  # noqa: E402
import craft  # noqa: E402
import vlan_pusher  # noqa: E402

A, B = "10.1.0.1", "10.1.0.2"


def datagram(number, size=20, src=A, dst=B, **more):
    payload = struct.pack("!I", number) + b"x" * (size - 4)
    return craft.eth(craft.ip4(src, dst, craft.udp(1000 + number % 50, 9, payload), "udp"), **more)


def conversation(port, lines=6):
    """(frame, from the near end?) of a TCP connection opened by the far end."""
    def segment(out, flags, seq, ack, payload=b""):
        ends = (B, A, 80, port) if out else (A, B, port, 80)
        packet = craft.ip4(*ends[:2], craft.tcp(*ends[2:], flags, seq, ack, payload))
        return craft.eth(packet), out
    yield segment(False, "S", 100, 0)
    yield segment(True, "SA", 500, 101)
    yield segment(False, "A", 101, 501)
    for line in range(lines):
        yield segment(False, "PA", 101 + 10 * line, 501 + 100 * line, b"q" * 10)
        yield segment(True, "PA", 501 + 100 * line, 111 + 10 * line, b"r" * 100)
    yield segment(False, "FA", 101 + 10 * lines, 501 + 100 * lines)
    yield segment(True, "FA", 501 + 100 * lines, 102 + 10 * lines)
    yield segment(False, "A", 102 + 10 * lines, 502 + 100 * lines)


def captured(engine, expect=None):
    """Ends the engine; the frames it saved, in its order, and its counters."""
    engine.stop()
    packets, linktype = read_pcap(engine.saved)
    stats = engine.stats()
    check_balance(stats)
    jj.equal(stats["received"], len(packets), "received")
    if expect is not None:
        frames = [frame for _, frame, _ in packets]
        jj.equal(len(frames), len(expect), "frames")
        for number, (got, want) in enumerate(zip(frames, expect)):
            jj.equal(got.hex(), want.hex(), f"frame {number}")
    times = [when for when, _, _ in packets]
    jj.true(times == sorted(times), "times go backwards")
    now = time.time_ns()
    jj.true(not times or now - 60 * 10**9 < times[0] and times[-1] <= now, "times are not of now")
    return packets, linktype


def exchange(options, mode):
    frames = []
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder, "--save-pcap", folder("saved.pcap"), *options,
                    mode=mode) as engine:
            for number in range(300):
                frames.append(datagram(number, 20 + number))
                (cable.send_in, cable.send_out)[number % 2](frames[-1])
                time.sleep(0.0005)
            captured(engine, frames)


def case_native():
    exchange((), "xdp")


def case_generic():
    exchange(("--generic",), "xdpgeneric")


def case_rows_equal_offline():
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder, "--save-pcap", folder("saved.pcap")) as engine:
            for port in range(2000, 2030):
                for frame, out in conversation(port):
                    (cable.send_out if out else cable.send_in)(frame)
            captured(engine)
        with open(engine.rows, "rb") as file:
            live = file.read()
        offline = jj.run("extract", engine.saved, "-q").stdout
        jj.equal(len(jj.csv_rows(live)), 30, "flows")
        jj.equal(sorted(live.splitlines()), sorted(offline.splitlines()), "rows")
        for row in jj.csv_rows(live):
            jj.equal(row["src_ip"], A, "the initiator")


def case_idle_flow_leaves():
    """On a silent wire a flow is written out soon after its timeout, while the engine goes on."""
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder, "--timeout", "1") as engine:
            cable.send_in(datagram(1))
            sent = time.monotonic()
            rows = []
            while not rows and time.monotonic() < sent + 5:
                time.sleep(0.02)
                with open(engine.rows, "rb") as file:
                    rows = jj.csv_rows(file.read())
            waited = time.monotonic() - sent
            jj.equal(len(rows), 1, "rows while it runs")
            jj.equal(rows[0]["end_reason"], "idle", "end_reason")
            jj.true(1 <= waited < 2, f"the row came after {waited:.2f} s, not 1 to 2")
            jj.true(engine.process.poll() is None, "the engine ended")
            engine.stop()


def case_jumbo():
    frames = [datagram(number, size) for number, size in enumerate((1400, 3000, 4050, 8900))]
    for options in ((), ("--generic",)):
        with Cable(mtu=9000) as cable, jj.Folder() as folder:
            with Engine(cable, folder, "--save-pcap", folder("saved.pcap"), *options) as engine:
                for frame in frames:
                    cable.send_in(frame)
                    time.sleep(0.002)
                    cable.send_out(frame)
                    time.sleep(0.002)
                captured(engine, [frame for frame in frames for _ in range(2)])


def case_vlan_in_the_frame():
    tags = ((0x8100, 5),), ((0x88A8, 7), (0x8100, 5))
    frames = [datagram(number, tags=tags[number % 2]) for number in range(8)]
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder, "--save-pcap", folder("saved.pcap")) as engine:
            for number, frame in enumerate(frames):
                (cable.send_in, cable.send_out)[number // 2 % 2](frame)
                time.sleep(0.002)
            captured(engine, frames)


def case_vlan_beside_the_frame():
    """The kernel holds the tag of an outgoing frame apart; the capture must have it back."""
    sizes = (4, 100, 1400)
    for snaplen in (0, 60):
        with Cable() as cable, jj.Folder() as folder:
            link = vlan_pusher.push(cable.near_ns, cable.near, 0x2005)
            with Engine(cable, folder, "--save-pcap", folder("saved.pcap"), "--snaplen",
                        snaplen) as engine:
                for size in sizes:
                    cable.send_out(datagram(1, size))
                    time.sleep(0.002)
                want = [datagram(1, size, tags=((0x8100, 0x2005),)) for size in sizes]
                packets, _ = captured(engine, [frame[:snaplen or None] for frame in want])
                jj.equal([wire for *_, wire in packets], [len(frame) for frame in want], "lengths")
            os.close(link)


def case_snaplen():
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder, "--save-pcap", folder("saved.pcap"), "--snaplen",
                    80) as engine:
            frames = [datagram(number, size) for number, size in enumerate((20, 38, 39, 1400))]
            for frame in frames:
                cable.send_in(frame)
            packets, _ = captured(engine, [frame[:80] for frame in frames])
            jj.equal([wire for *_, wire in packets], [len(frame) for frame in frames], "lengths")


def case_loopback_once():
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder, "--save-pcap", folder("saved.pcap"), device="lo") as engine:
            command("nsenter", f"--net=/run/netns/{cable.near_ns}", "ping", "-c", "3", "-i", "0.1",
                    "127.0.0.1")
            packets, linktype = captured(engine)
            jj.equal(len(packets), 6, "requests and answers")
            jj.equal(linktype, craft.ETHERNET, "link type")


def case_raw_ip_device():
    if not os.path.exists("/dev/net/tun"):
        raise jj.Skipped("no /dev/net/tun")
    with Cable() as cable, jj.Folder() as folder:
        tun = make_tun(cable.near_ns, "jjxtun")
        command("ip", "-n", cable.near_ns, "address", "add", "10.9.0.1/24", "dev", "jjxtun")
        command("ip", "-n", cable.near_ns, "link", "set", "jjxtun", "up")
        with Engine(cable, folder, "--save-pcap", folder("saved.pcap"), device="jjxtun") as engine:
            into = craft.ip4("10.9.0.2", "10.9.0.1", craft.icmp(8, rest=b"\0\1\0\1", payload=b"hi"),
                             "icmp")
            tun.write(into)
            packets, linktype = captured(engine)
            jj.equal(linktype, craft.RAW, "link type")
            jj.equal(packets[0][1].hex(), into.hex(), "the packet that came in")
            jj.true(len(packets) >= 1 and all(frame[0] >> 4 == 4 for _, frame, _ in packets),
                    "not IP packets")
        tun.close()


if __name__ == "__main__":
    jj.main(globals())
