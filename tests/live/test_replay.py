#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real captures replayed over a virtual cable, into each live source: the rows equal those of `extract`
on the file in all columns that do not speak of time, with one worker and with two."""
import os
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import Cable, Engine, check_balance, jj  # noqa: E402

CAPTURES = ("443-firefox.pcap", "telegram.pcap", "whatsapp_login_call.pcap", "skype_no_unknown.pcap",
            "dns_doh.pcap", "NTPv4.pcap", "ssh.pcap", "vnc.pcap", "1kxun.pcap", "pinterest.pcap")
# A replay is quicker than what it replays: nothing may depend on pauses.
TIMELESS = ("--features", "flow_meta,size,tcp", "--tcp-end", "timeout", "--timeout", "1000000",
            "--active-timeout", "0")
OF_TIME = {"start_time", "end_time", "time_first", "time_last", "duration", "packets_per_second",
           "bytes_per_second"}
ETHERNET = 1
LONGEST = 1514


def frames_of(path):
    """The frames of an Ethernet capture, or None when not all of them fit the cable."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as plain:
        if subprocess.run(["editcap", "-F", "pcap", path, plain.name], capture_output=True,
                          check=False).returncode:
            return None
        data = plain.read()
    if len(data) < 24 or struct.unpack("<I", data[20:24])[0] != ETHERNET:
        return None
    frames, at = [], 24
    while at + 16 <= len(data):
        captured, original = struct.unpack("<8xII", data[at:at + 16])
        if captured != original or not 14 < captured <= LONGEST:
            return None
        frames.append(data[at + 16:at + 16 + captured])
        at += 16 + captured
    return frames


def timeless(rows):
    return sorted(tuple((name, value) for name, value in row.items() if name not in OF_TIME)
                  for row in rows)


def replay(path, frames, source, workers):
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder, *TIMELESS, "-w", workers, source=source) as engine:
            for number, frame in enumerate(frames):
                cable.send_in(frame)
                if number % 64 == 0:
                    time.sleep(0.0002)
            engine.stop()
            stats = engine.stats()
        check_balance(stats)
        jj.equal(stats["received"], len(frames), "frames received")
        with open(engine.rows, "rb") as file:
            live = timeless(jj.csv_rows(file.read()))
    offline = timeless(jj.csv_rows(jj.run("extract", path, "-q", *TIMELESS).stdout))
    jj.equal(len(live), len(offline), "flows")
    for got, want in zip(live, offline):
        jj.equal(got, want, "row")
    return len(live)


def replay_all(source, workers):
    usable = 0
    for name in CAPTURES:
        path = os.path.join(jj.shared("pcaps"), name)
        frames = frames_of(path) if os.path.exists(path) else None
        if not frames:
            continue
        flows = replay(path, frames, source, workers)
        print(f"{os.path.basename(path)}: {len(frames)} frames, {flows} flows equal")
        usable += 1
    jj.true(usable >= 3, "too few of the captures fit the cable")


def case_xdp():
    replay_all("xdp", 1)


def case_xdp_two_workers():
    replay_all("xdp", 2)


def case_tap():
    replay_all("tap", 1)


def case_tpacket():
    replay_all("tpacket", 1)


jj.main(globals())
