#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cut and damaged captures: never a crash, a hang or a sanitizer's report, and the books balance.

Every shared capture (without them: captures made here) gets JJ_CORRUPT_N damaged copies, half of
them cut, half with changed bytes; JJ_CORRUPT_SEED makes others. Many are read at a time."""
import json
import multiprocessing
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import craft
import jj

COPIES = int(os.environ.get("JJ_CORRUPT_N", "20"))
SEED = int(os.environ.get("JJ_CORRUPT_SEED", "1"))
BATCH_BYTES = 16 << 20
HEADER = 24  # of the file; damaged in a case of its own, as the whole file falls with it
WAYS = ([], ["--tunnel", "outer"], ["--compat=joyfuljay"], ["--workers", "2"],
        ["--filter", "tcp or vlan"], ["--max-flows", "16", "--exact"])
REPORTS = (b"AddressSanitizer", b"LeakSanitizer", b"ThreadSanitizer", b"runtime error:",
           b"Assertion", b"stack smashing", b"free():", b"malloc")


def seeds():
    """(name, bytes) of the captures to damage."""
    folder = os.path.join(jj.SHARED, "pcaps")
    if os.path.isdir(folder):
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                yield name, file.read()
        return
    for wrap in (craft.eth, craft.mpls, craft.pppoe, craft.eth_802_3):
        talk = craft.Talk(wrap=wrap).handshake().c("PA", b"q" * 90).s("PA", b"r" * 90)
        packets = talk.close().packets
        yield f"{wrap.__name__}.pcap", craft.pcap(packets)
        yield f"{wrap.__name__}.pcapng", craft.pcapng(packets)


def cut(data, dice):
    return data[:dice.randrange(HEADER, len(data) + 1)]


def damage(data, dice):
    """A few single bytes, a run of noise, or lengths that look extreme."""
    out = bytearray(data)
    for _ in range(dice.choice((1, 3, 10, 40))):
        at = dice.randrange(HEADER, len(out))
        out[at] = dice.choice((0, 0xFF, 0x7F, 0x80, out[at] ^ 1 << dice.randrange(8),
                               dice.randrange(256)))
    if dice.random() < 0.2:
        at = dice.randrange(HEADER, len(out))
        out[at:at + 16] = dice.randbytes(min(16, len(out) - at))
    return bytes(out)


def damaged(index, name, data):
    dice = random.Random(f"{SEED} {index} {name}")
    return (cut if index % 2 else damage)(data, dice)


def check(done, what):
    for report in REPORTS:
        if report in done.stderr:
            raise jj.Failed(f"{what}: {done.stderr.decode(errors='replace')[-3000:]}")
    # A damaged file that cannot be read on is a failure (1); all else is none.
    jj.true(done.returncode in (0, 1), f"{what}: exit {done.returncode}: {done.stderr[-500:]!r}")


def read_batch(job):
    """Reads some damaged copies at once; on a fault names the copy that does it alone."""
    number, copies = job
    way = WAYS[number % len(WAYS)]
    with jj.Folder() as at:
        paths = []
        for index, name, data in copies:
            paths.append(at(f"{index}-{name}"))
            with open(paths[-1], "wb") as file:
                file.write(damaged(index, name, data))
        try:
            read(paths, way, at)
            return len(paths), None
        except jj.Failed as fault:
            return len(paths), name_the_one(paths, way, at) or f"only together, {way}: {fault}"


def read(paths, way, at):
    done = jj.run("extract", *paths, "-f", "json", "-o", at("rows"), "--stats-json", at("stats"),
                  "--features", jj.GROUPS, *way, timeout=240)
    check(done, f"{way}")
    with open(at("stats"), encoding="utf-8") as file:
        stats = json.load(file)
    jj.equal(stats["imbalance"], 0, "imbalance")
    with open(at("rows"), "rb") as file:
        rows = jj.json_rows(file.read())
    jj.equal(sum(row["total_packets"] for row in rows), stats["in_flows"], "packets in rows")


def name_the_one(paths, way, at):
    for path in paths:
        try:
            read([path], way, at)
        except jj.Failed as fault:
            keep = os.path.join(os.getcwd(), "corrupt-" + os.path.basename(path))
            os.replace(path, keep)
            return f"{keep} with {way}: {fault}"
    return None


def batches():
    """Numbered lists of copies of a bearable size."""
    number, batch, size = 0, [], 0
    for name, data in seeds():
        for index in range(COPIES):
            batch.append((index, name, data))
            size += len(data)
            if size > BATCH_BYTES or len(batch) >= 200:
                yield number, batch
                number, batch, size = number + 1, [], 0
    if batch:
        yield number, batch


def case_damaged_copies():
    count, faults = 0, []
    with multiprocessing.Pool(2) as pool:
        for read_now, fault in pool.imap_unordered(read_batch, batches()):
            count += read_now
            if fault:
                faults.append(fault)
                print(fault)
    print(f"{count} damaged captures were read")
    jj.true(count > 0, "no capture was read")
    jj.true(not faults, f"{len(faults)} batches fail")


def case_damaged_file_headers():
    dice = random.Random(SEED)
    names = [name for name in seeds()]
    with jj.Folder() as at:
        for _, data in dice.choices(names, k=40):
            head = bytearray(data[:dice.choice((0, 1, 3, 4, 12, 23, 24, 4000))])
            for _ in range(3):
                if head:
                    head[dice.randrange(min(len(head), 48))] = dice.randrange(256)
            with open(at("x.pcap"), "wb") as file:
                file.write(head)
            check(jj.run("extract", at("x.pcap"), "-o", at("rows")), head[:48].hex())


def case_cut_capture_is_read_as_far_as_it_goes():
    packets = craft.Talk().handshake().c("PA", b"q" * 500).packets
    with jj.Folder() as at:
        for make in (craft.pcap, craft.pcapng):
            with open(at("x.pcap"), "wb") as file:
                file.write(make(packets)[:-100])
            done = jj.run("extract", at("x.pcap"), "-f", "json", "--features", "flow_meta")
            jj.equal(done.returncode, 0, "exit")
            jj.equal([row["total_packets"] for row in jj.json_rows(done.stdout)], [3], "packets")
            warnings = [line for line in done.stderr.decode().splitlines()
                        if line.startswith("Warning: ") and "x.pcap" in line]
            jj.equal(len(warnings), 1, f"warnings about the file in {done.stderr!r}")


jj.main(globals())
