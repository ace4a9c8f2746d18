#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Wrong use and bad luck: one clear line on standard error and the right exit code. 1 = something
failed, 2 = wrong usage, 130 = interrupted with everything finished written."""
import os
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import craft
from craft import Talk, eth, ip4, pcap, pcapng, udp
import jj

UNPRIVILEGED = {"user": 65534, "group": 65534, "extra_groups": []}


def capture(at, count=3, name="x.pcap"):
    packets = [(1000 + i, eth(ip4("10.0.0.1", "10.0.0.2", udp(1 + i % 60000, 2, b"abc"), "udp")))
               for i in range(count)]
    with open(at(name), "wb") as file:
        file.write(pcap(packets))
    return at(name)


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def complains(done, code, *words):
    """Exactly one line that starts with Error:, nothing odd besides, and the exit code."""
    said = done.stderr.decode(errors="replace")
    errors = [line for line in said.splitlines() if line.startswith("Error: ")]
    jj.equal(done.returncode, code, f"exit ({said.strip()})")
    jj.equal(len(errors), 1, f"error lines in {said!r}")
    jj.true(20 < len(errors[0]) < 300, f"length of {errors[0]!r}")
    for word in words:
        jj.true(word.lower() in errors[0].lower(), f"{word!r} is not in {errors[0]!r}")


def one_line(done, code, *words):
    complains(done, code, *words)
    jj.equal(done.stderr.decode().count("\n"), 1, f"lines of {done.stderr!r}")


# Wrong usage

def case_wrong_usage():
    with jj.Folder() as at:
        path = capture(at)
        for arguments, word in (
                (["extract", path, "--no-such-option"], "--no-such-option"),
                (["extract", path, "--formt", "csv"], "--format"),
                (["extract", path, "-f", "xml"], "xml"),
                (["extract", path, "--compat=other"], "other"),
                (["extract", path, "--timeout", "soon"], "soon"),
                (["extract", path, "--timeout", "-1"], "-1"),
                (["extract", path, "--workers", "1.5"], "1.5"),
                (["extract", path, "--features", "flow_mta"], "flow_mta"),
                (["extract", path, "--feature", "no_such_column"], "no_such_column"),
                (["extract", path, "--profile", "JJ-NONE"], "JJ-NONE"),
                (["extract", path, "--tunnel", "middle"], "middle"),
                (["extract", path, "-o"], "-o"),
                (["extract", at("absent.pcap")], "absent.pcap"),
                (["extract"], "PATH"),
                (["extrct", path], "extract"),
                (["live"], "INTERFACE")):
            try:
                complains(jj.run(*arguments), 2, word)
            except jj.Failed as fault:
                raise jj.Failed(f"{' '.join(arguments)}: {fault}") from None


def case_bad_filter():
    with jj.Folder() as at:
        path = capture(at)
        for expression in ("tcp prt 80", "host", "((("):
            done = jj.run("extract", path, "-q", "--filter", expression)
            jj.true(done.returncode in (1, 2), f"exit {done.returncode}")
            one_line(done, done.returncode, "filter")


# Input

def case_not_a_capture():
    with jj.Folder() as at:
        one_line(jj.run("extract", "-q", write(at("x.pcap"), b"hello, world\n" * 99)), 1, "x.pcap")
        one_line(jj.run("extract", "-q", write(at("e.pcap"), b"")), 1, "e.pcap")
        packed = write(at("z.pcap.gz"), b"\x1f\x8b" + b"no gzip" * 9)
        one_line(jj.run("extract", "-q", packed), 1, "z.pcap.gz")


def case_one_bad_file_of_many():
    with jj.Folder() as at:
        good, bad = capture(at), write(at("bad.pcap"), b"hello, world\n" * 99)
        done = jj.run("extract", bad, good, "-q", "-f", "json")
        one_line(done, 1, "bad.pcap")
        jj.equal(len(jj.json_rows(done.stdout)), 3, "rows of the good file")


def case_folder_without_captures():
    with jj.Folder() as at:
        write(at("notes.txt"), b"nothing")
        one_line(jj.run("extract", "-q", at("")), 1, "no pcap files found")


def case_unreadable_file():
    with jj.Folder() as at:
        path = capture(at)
        os.chmod(path, 0)
        if os.getuid() != 0:
            one_line(jj.run("extract", "-q", path), 1, "x.pcap", "permission")
            return
        open_to_all(os.path.dirname(path))
        one_line(as_nobody("extract", "-q", path), 1, "x.pcap", "permission")


def case_wireless_capture():
    """802.11 with radiotap is a capture, but of frames that we do not decode."""
    frame = bytes.fromhex("00000800000000000802000000") + b"\0" * 40
    with jj.Folder() as at:
        for make in (pcap, pcapng):
            path = write(at("x.pcap"), make([(1, frame), (2, frame)], linktype=craft.RADIOTAP))
            one_line(jj.run("extract", "-q", path), 1, "x.pcap", "802.11")


# Output

def case_full_disk():
    with jj.Folder() as at:
        for count in (1, 50000):
            path = capture(at, count)
            one_line(jj.run("extract", "-q", path, "-o", "/dev/full"), 1, "space")
            with open("/dev/full", "wb") as full:
                one_line(jj.run("extract", "-q", path, stdout=full), 1, "space")


def case_output_not_writable():
    with jj.Folder() as at:
        path = capture(at)
        one_line(jj.run("extract", "-q", path, "-o", at("no/such/folder/x.csv")), 1, "x.csv")
        one_line(jj.run("extract", "-q", path, "-o", at("")), 1)


def case_output_over_input():
    with jj.Folder() as at:
        path = capture(at)
        one_line(jj.run("extract", "-q", path, "-o", path), 2, "x.pcap")
        jj.equal(len(jj.extract(path)), 3, "rows of the capture that must survive")


def case_closed_pipe():
    with jj.Folder() as at:
        path = capture(at, 100000)
        engine = subprocess.Popen([jj.engine(), "extract", "-q", path], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env=jj.environment())
        engine.stdout.readline()
        engine.stdout.close()
        said = engine.stderr.read().decode()
        code = engine.wait(timeout=60)
        jj.true(code in (0, 1, -signal.SIGPIPE), f"exit {code}: {said}")
        jj.true(said.count("\n") <= 1 and "anitizer" not in said, f"it said {said!r}")


# Live

def case_unknown_interface():
    complains(jj.run("live", "-q", "nosuchdev0", "-d", "1"), 1, "nosuchdev0")
    complains(jj.run("live", "-q", "--xdp", "nosuchdev0", "-d", "1"), 1, "nosuchdev0")


def open_to_all(folder):
    os.chmod(folder, stat.S_IRWXU | stat.S_IXGRP | stat.S_IXOTH | stat.S_IRGRP | stat.S_IROTH)


def as_nobody(*arguments):
    """The engine without any privilege; skips when that user cannot even start it."""
    try:
        subprocess.run([jj.engine(), "help"], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, **UNPRIVILEGED)
    except (PermissionError, subprocess.CalledProcessError):
        raise jj.Skipped("the folder of the engine is closed to other users") from None
    return jj.run(*arguments, **UNPRIVILEGED)


def case_no_permission():
    done = as_nobody("live", "-q", "lo", "-d", "1") if os.getuid() == 0 else \
        jj.run("live", "-q", "lo", "-d", "1")
    complains(done, 1, "root")


# Interrupted

def interrupt(at, *options):
    """Feeds packets, waits until they were read, sends SIGINT: what is left of the process."""
    talk = Talk(step=0.01).handshake().close()
    frame = eth(ip4("10.0.0.3", "10.0.0.4", udp(9, 10, b"abc"), "udp"))
    other = [(1000 + i, frame) for i in range(300)]
    engine = subprocess.Popen([jj.engine(), "extract", "-", "-f", "json", "--features", "flow_meta",
                               *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=jj.environment())
    engine.stdin.write(pcap(talk.packets + other))
    engine.stdin.flush()
    time.sleep(1.5)
    engine.send_signal(signal.SIGINT)
    try:
        engine.wait(timeout=20)
    except subprocess.TimeoutExpired:
        engine.kill()
        raise jj.Failed("SIGINT does not end it") from None
    rows = engine.stdout.read()
    said = engine.stderr.read().decode()
    engine.stdin.close()
    jj.equal(engine.returncode, 130, f"exit ({said})")
    jj.true("anitizer" not in said, said)
    return rows


def case_interrupt_writes_everything():
    with jj.Folder() as at:
        for options in ([], ["--workers", "2"]):
            rows = jj.json_rows(interrupt(at, *options))
            jj.equal(sorted(row["total_packets"] for row in rows), [6, 300], "packets of the rows")
        interrupt(at, "-o", at("rows"))
        with open(at("rows"), "rb") as file:
            jj.equal(len(jj.json_rows(file.read())), 2, "rows in the file")


jj.main(globals())
