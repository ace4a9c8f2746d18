#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What stands in the output: formats, missing values, chosen columns, hashes, and that neither the
number of workers nor the format changes a value."""
import gzip
import hashlib
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from craft import Talk, eth, ip4, pcap, tcp, udp
import jj


def run(packets, *options, suffix="", squeeze=bytes):
    """Standard output as bytes."""
    with jj.Folder() as at:
        path = at("x.pcap" + suffix)
        with open(path, "wb") as file:
            file.write(squeeze(pcap(packets)))
        done = jj.run("extract", path, "-q", "--features", jj.GROUPS, *options)
        jj.equal(done.returncode, 0, f"exit ({done.stderr.decode()})")
        return done.stdout


def rows_of(packets, *options):
    return jj.json_rows(run(packets, "-f", "json", *options))


def mix(flows=60, seed=1):
    """UDP and TCP flows woven into each other, in time order."""
    dice = random.Random(seed)
    packets = []
    for i in range(flows):
        start = 1000 + dice.random() * 200
        client = f"10.{1 + i % 2}.{i // 250}.{i % 250}"
        if i % 2:
            talk = Talk(client=client, sport=1024 + i, start=start, step=dice.random())
            talk.handshake()
            for _ in range(dice.randrange(12)):
                talk.c("PA", b"q" * dice.randrange(1000)).s("A")
            packets += talk.close().packets
        else:
            for k in range(dice.randrange(1, 9)):
                question = udp(1024 + i, 53, b"d" * dice.randrange(400))
                packets.append((start + k * dice.random() * 20,
                                eth(ip4(client, "10.0.0.53", question, "udp"))))
    return sorted(packets)


def text_of(value):
    """A JSON value as CSV has to show it."""
    if value is None:
        return ""
    return str(value) if not isinstance(value, float) else value


def same(text, value):
    if isinstance(value, float):
        return text != "" and float(text) == value
    if isinstance(value, list):
        return json.loads(text) == value
    return text == text_of(value)


def case_csv_equals_json():
    packets = mix()
    in_csv, in_json = jj.csv_rows(run(packets)), rows_of(packets)
    jj.equal(len(in_csv), len(in_json), "rows")
    jj.true(len(in_json) >= 60, "too few rows to say anything")
    jj.equal(list(in_csv[0]), list(in_json[0]), "columns")
    for row, want in zip(in_csv, in_json):
        for name, value in want.items():
            jj.true(same(row[name], value), f"{name}: {row[name]!r} in CSV, {value!r} in JSON")


def case_csv_lines():
    data = run(mix(5))
    jj.true(data.endswith(b"\n") and b"\n\n" not in data, "lines")
    widths = {line.count(b",") for line in data.replace(b"\r\n", b"\n").splitlines()}
    jj.equal(len(widths), 1, "kinds of width")


def case_missing_values():
    """One packet has no inter-arrival time, no rate and no answer."""
    packets = [(1000, eth(ip4("10.0.0.1", "10.0.0.2", udp(1, 2, b"abc"), "udp")))]
    row, = rows_of(packets)
    text, = jj.csv_rows(run(packets))
    for name in ("iat_mean", "iat_min", "iat_std", "iat_fwd_mean", "iat_bwd_mean",
                 "packets_per_second", "bytes_per_second", "first_response_time",
                 "pkt_len_bwd_mean", "payload_len_bwd_mean"):
        jj.equal(row[name], None, name)
        jj.equal(text[name], "", f"{name} in CSV")
    jj.check_row(row, duration=0.0, pkt_len_mean=31.0, packets_bwd=0, payload_bytes_bwd=0)
    old, = rows_of(packets, "--compat=joyfuljay")
    jj.check_row(old, iat_mean=0.0, first_response_time=0.0, packets_per_second=1.0,
                 pkt_len_bwd_mean=0.0)


def case_no_infinity():
    packets = mix(40) + [(2000, eth(ip4("10.9.0.1", "10.9.0.2", udp(1, 2), "udp")))]
    jj.json_rows(run(packets, "-f", "json"))  # refuses NaN and Infinity
    for row in jj.csv_rows(run(packets)):
        for name, text in row.items():
            jj.true(text.lower().strip("+-") not in ("nan", "inf", "infinity"), f"{name} is {text}")


def case_no_rows():
    """A header and nothing else, and what an older run left in the file is gone."""
    with jj.Folder() as at:
        with open(at("x.pcap"), "wb") as file:
            file.write(pcap([]))
        for form in ("csv", "json"):
            with open(at("out"), "w", encoding="ascii") as file:
                file.write("stale\n" * 10000)
            jj.equal(jj.run("extract", at("x.pcap"), "-o", at("out"), "-f", form).returncode, 0)
            with open(at("out"), encoding="ascii") as file:
                left = file.read()
            jj.true("stale" not in left, "the old file survived")
            jj.equal(left.count("\n"), 1 if form == "csv" else 0, "lines")
        jj.true(run([]).startswith(b"src_ip,dst_ip,"), "no header on standard output")


def case_output_file_equals_stdout():
    with jj.Folder() as at:
        with open(at("x.pcap"), "wb") as file:
            file.write(pcap(mix(9)))
        for form in ("csv", "json"):
            done = jj.run("extract", at("x.pcap"), "-f", form, "-q")
            jj.run("extract", at("x.pcap"), "-f", form, "-o", at("out"))
            with open(at("out"), "rb") as file:
                jj.equal(file.read(), done.stdout, form)


def case_no_ips_no_ports():
    names = set(rows_of(mix(3))[0])
    gone = names - set(rows_of(mix(3), "--no-ips")[0])
    jj.equal(gone, {"src_ip", "dst_ip"}, "gone by --no-ips")
    gone = names - set(rows_of(mix(3), "--no-ports")[0])
    jj.equal(gone, {"src_port", "dst_port", "dst_port_class", "dst_port_class_num"},
             "gone by --no-ports")


def case_flow_id():
    """SHA-256 of both ends in the order of their texts, then the protocol: one for both ways."""
    def frame(src, dst, sport, dport):
        return eth(ip4(src, dst, udp(sport, dport, b"x"), "udp"))
    packets = [(1, frame("10.0.0.9", "10.0.0.10", 5, 6)),
               (500, frame("10.0.0.10", "10.0.0.9", 6, 5)),
               (501, frame("10.0.0.9", "10.0.0.10", 5, 7))]
    rows = rows_of(packets, "--flow-id")
    jj.equal(list(rows[0])[0], "flow_id", "first column")
    ids = [row["flow_id"] for row in rows]
    want = hashlib.sha256(b"10.0.0.10:6:10.0.0.9:5:17").hexdigest()[:32]
    jj.equal(ids[:2], [want, want])
    jj.true(ids[2] != want, "another flow has the same flow_id")
    jj.equal([row["flow_id"] for row in rows_of(packets, "--flow-id")], ids, "second run")


def case_anonymize_ips():
    packets = mix(4)
    for options, salt in (((), ""), (("--salt", "pepper"), "pepper")):
        for plain, row in zip(rows_of(packets), rows_of(packets, "--anonymize-ips", *options)):
            for name in ("src_ip", "dst_ip"):
                want = hashlib.sha256((salt + plain[name]).encode()).hexdigest()[:16]
                jj.equal(row.pop(name), want, name)
                plain.pop(name)
            jj.equal(row, plain, "the other columns")


def case_salt_from_environment():
    with jj.Folder() as at:
        with open(at("x.pcap"), "wb") as file:
            file.write(pcap(mix(2)))
        run_in = ["extract", at("x.pcap"), "-q", "-f", "json", "--anonymize-ips"]
        by_name = jj.run(*run_in, env={"JJ_SALT": "pepper"}).stdout
        jj.equal(by_name, jj.run(*run_in, "--salt", "pepper").stdout)
        jj.true(by_name != jj.run(*run_in).stdout, "JJ_SALT changed nothing")


def case_sequences():
    talk = Talk(step=0.25, start=1000).handshake().c("PA", b"q" * 100)
    row, = rows_of(talk.packets, "--include-sequences", "--max-sequence-length", "6")
    jj.equal(row["pkt_len_sequence"], [40, -40, 40, 140, 0, 0], "pkt_len_sequence")
    jj.equal(row["iat_sequence"], [0.25, 0.25, 0.25, 0, 0, 0], "iat_sequence")
    jj.equal(row["timestamp_sequence"], [0, 0.25, 0.5, 0.75, 0, 0], "timestamp_sequence")
    jj.true("pkt_len_sequence" not in rows_of(talk.packets)[0], "they are there unasked")


def case_chosen_columns():
    packets = mix(3)
    row = rows_of(packets, "--feature", "duration,src_port")[0]
    jj.equal(list(row), ["src_port", "duration"], "columns")
    row = rows_of(packets, "--profile", "JJ-CORE")[0]
    jj.true({"duration", "iat_mean", "pkt_len_mean", "tcp_syn_count"} <= set(row), "JJ-CORE")


def canonical(data):
    return sorted(data.splitlines())


def case_workers_give_the_same_rows():
    packets = mix(300)
    one = run(packets, "--workers", "1")
    jj.true(len(one.splitlines()) > 300, "too few rows")
    for workers in ("2", "3"):
        jj.equal(canonical(run(packets, "--workers", workers)) == canonical(one), True,
                 f"rows of {workers} workers equal those of one")


def case_runs_are_repeatable():
    packets = mix(100)
    jj.equal(run(packets) == run(packets), True, "two runs give the same bytes")


def case_compressed_input():
    packets = mix(9)
    jj.equal(run(packets, suffix=".gz", squeeze=gzip.compress), run(packets))


def case_standard_input():
    data = pcap(mix(9))
    with jj.Folder() as at:
        with open(at("x.pcap"), "wb") as file:
            file.write(data)
        want = jj.run("extract", at("x.pcap"), "-q").stdout
        with open(at("x.pcap"), "rb") as file:
            jj.equal(jj.run("extract", "-", "-q", stdin=file).stdout, want)


def case_folder_and_many_files():
    with jj.Folder() as at:
        for i in range(3):
            with open(at(f"{i}.pcap"), "wb") as file:
                file.write(pcap(mix(4, seed=i)))
        paths = [at(f"{i}.pcap") for i in range(3)]
        each = [row for path in paths for row in jj.extract(path)]
        jj.equal(jj.extract(paths), each, "rows of three files")
        jj.equal(jj.extract(at("")), each, "rows of the folder")


# Long flows

def long_flow(count=10_000):
    dice = random.Random(7)
    time, packets = 1000.0, []
    for i in range(count):
        time += dice.expovariate(20)
        back = dice.random() < 0.4
        ends = ("10.0.0.2", "10.0.0.1", 80, 4000) if back else ("10.0.0.1", "10.0.0.2", 4000, 80)
        packets.append((time, eth(ip4(*ends[:2], tcp(*ends[2:], "PA", seq=i, payload=b"p" * int(
            dice.lognormvariate(5.5, 0.8) % 1400))))))
    return packets


QUANTILES = ("median", "p25", "p75", "p90", "p99")


def case_long_flow_default_and_exact():
    """Moments and counts do not depend on the log's limit; quantiles stay within 2 %."""
    packets = long_flow()
    options = "--active-timeout", "0"
    exact, = rows_of(packets, *options, "--exact")
    rough, = rows_of(packets, *options)
    jj.equal(exact["total_packets"], 10_000, "packets")
    for name, value in exact.items():
        if not isinstance(value, float):
            jj.equal(rough[name], value, name)
        else:
            jj.near(rough[name], value, 0.02 if name.endswith(QUANTILES) else 1e-9, name)


def case_long_flow_exact_is_exact():
    packets = long_flow()
    row, = rows_of(packets, "--active-timeout", "0", "--exact")
    stamps = [round(time * 1e6) * 1000 for time, _ in packets]
    gaps = sorted((b - a) / 1e9 for a, b in zip(stamps, stamps[1:]))
    sizes = sorted(len(frame) - 14 for _, frame in packets)
    for name, values in (("iat", gaps), ("pkt_len", sizes)):
        mean = sum(values) / len(values)
        jj.near(row[f"{name}_mean"], mean, 1e-9, f"{name}_mean")
        spread = (sum((x - mean) ** 2 for x in values) / len(values)) ** 0.5
        jj.near(row[f"{name}_std"], spread, 1e-9, f"{name}_std")
        for label, p in (("median", 50), ("p25", 25), ("p75", 75), ("p90", 90)):
            at = (len(values) - 1) * p / 100
            low = int(at)
            want = values[low] + (values[min(low + 1, len(values) - 1)] - values[low]) * (at - low)
            jj.near(row[f"{name}_{label}"], want, 1e-9, f"{name}_{label}")


jj.main(globals())
