#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program as a user meets it: what stands on both outputs, exit codes, files, Ctrl+C.

Captures are made here, byte by byte, so that the right answers are known without the program.
Usage: test_cli.py PROGRAM"""
import csv
import io
import json
import os
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
FOLDER = tempfile.mkdtemp(prefix="jj-test-")
checks = failures = 0


def check(condition, what):
    global checks, failures
    checks += 1
    if not condition:
        failures += 1
        print(f"FAILED line {sys._getframe(1).f_lineno}: {what}")


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode(errors="replace")
        self.err = done.stderr.decode(errors="replace")

    def __repr__(self):
        return f"exit {self.code}\n  out: {self.out[:600]!r}\n  err: {self.err[:1200]!r}"


def jj(*arguments, **more):
    more.setdefault("cwd", FOLDER)
    return Result(subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=60, **more))


def path(name):
    return os.path.join(FOLDER, name)


def write(name, content):
    with open(path(name), "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    return path(name)


# --- captures ---------------------------------------------------------------------------------

def udp(src, dst, sport, dport, payload=b"hello"):
    body = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, 17, 0)
    return (b"\x02" * 12 + b"\x08\x00" + head + socket.inet_aton(src) + socket.inet_aton(dst) + body)


ARP = b"\xff" * 6 + b"\x02" * 6 + b"\x08\x06" + bytes(46)


def pcap(frames, start=1700000000, step_us=1000, linktype=1):
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, linktype)
    for i, frame in enumerate(frames):
        t = start * 1000000 + i * step_us
        out += struct.pack("<IIII", t // 1000000, t % 1000000, len(frame), len(frame)) + frame
    return out


def flows(count, packets=2, first_port=1000):
    """`count` UDP flows of `packets` packets each."""
    return [udp("10.0.0.1", "10.0.0.2", first_port + i, 53) for i in range(count)
            for _ in range(packets)]


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


# --- tests ------------------------------------------------------------------------------------

def test_general():
    r = jj("--version")
    check(r.code == 0 and re.fullmatch(r"jj-engine, version \d+\.\d+\.\d+\n", r.out), r)
    r = jj()
    check(r.code == 2 and "extract" in r.out, r)
    r = jj("--help")
    check(r.code == 0 and "Examples" in r.out and not r.err, r)
    r = jj("extrct")
    check(r.code == 2 and "did you mean 'extract'?" in r.err and not r.out, r)
    r = jj("extract", "x", "--formt", "csv")
    check(r.code == 2 and "unknown option '--formt'; did you mean '--format'?" in r.err, r)
    link = path("jj")
    os.symlink(PROGRAM, link)
    done = Result(subprocess.run([link, "--version"], capture_output=True))
    check(done.code == 0 and "version" in done.out, done)


def test_help_of_all():
    commands = re.findall(r"^  (\w+) +\S", jj().out.split("Commands")[1].split("Examples")[0], re.M)
    check(len(commands) >= 11, commands)
    for command in commands:
        r = jj(command, "--help")
        check(r.code == 0 and "Usage: jj-engine " + command in r.out and "Examples" in r.out, r)
        check(r.out == jj("help", command).out, command)
        check(max(map(len, r.out.splitlines())) <= 90, r)
        page = jj("man", command)
        check(page.code == 0 and page.out.startswith(".TH"), page)
        for option in re.findall(r"--[a-z][a-z-]+(?= |$)", r.out.split("Examples")[1]):
            if option in ("--features", "--no-progress"):
                continue
            check(option.replace("-", "\\-") in page.out or option not in r.out, option)
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-man", "-ww", "-Tascii"], input=jj("man").out.encode(),
                              capture_output=True)
        check(done.returncode == 0 and not done.stderr, done.stderr)


def test_completion():
    for shell in ("bash", "zsh", "fish"):
        r = jj("completion", shell)
        check(r.code == 0 and "extract" in r.out and "save-pcap" in r.out, r)
        if shutil.which(shell):
            done = subprocess.run([shell, "-n"] + ([] if shell != "fish" else ["/dev/stdin"]),
                                  input=r.out.encode(), capture_output=True)
            check(done.returncode == 0, (shell, done.stderr))
    script = write("completion.bash", jj("completion", "bash").out)
    ask = ('. %s; COMP_WORDS=(%s); COMP_CWORD=%d; _jj_engine; echo "${COMPREPLY[*]}"')
    for words, count, want in (("jj-engine ex", 1, "extract"),
                               ("jj-engine extract --tcp-end ''", 3, "both-fin first-fin timeout"),
                               ("jj-engine schema -f ''", 3, "json csv markdown"),
                               ("jj-engine extract --sta", 2, "--stats-json")):
        done = subprocess.run(["bash", "-c", ask % (script, words, count)], capture_output=True)
        check(done.stdout.decode().strip() == want, (words, done))
    check(jj("completion", "tcsh").code == 2, "tcsh")


def test_extract():
    write("a.pcap", pcap(flows(3) + [ARP]))
    r = jj("extract", "a.pcap")
    rows = rows_of(r.out)
    check(r.code == 0 and len(rows) == 3, r)
    check(sorted(int(row["src_port"]) for row in rows) == [1000, 1001, 1002], r)
    check("Processing: a.pcap\n" in r.err and "Extracted 3 flows\n" in r.err, r)
    check("received 7 = in flows 6 + not IP 1\n" in r.err, r)
    r = jj("extract", "a.pcap", "-o", "a.csv")
    check(r.code == 0 and not r.out and "Written to: a.csv\n" in r.err, r)
    check(len(rows_of(open(path("a.csv")).read())) == 3, "a.csv")
    r = jj("extract", "a.pcap", "-q")
    check(r.code == 0 and len(rows_of(r.out)) == 3 and not r.err, r)
    r = jj("extract", "a.pcap", "-q", "-f", "json")
    check(len([json.loads(line) for line in r.out.splitlines()]) == 3, r)
    r = jj("extract", "-", "-q", stdin=open(path("a.pcap"), "rb"))
    check(len(rows_of(r.out)) == 3, r)


def test_columns():
    r = jj("extract", "a.pcap", "-q", "--feature", "src_ip,dst_port", "--feature", "duration")
    check(r.out.splitlines()[0].split(",") == ["src_ip", "dst_port", "duration"], r)
    r = jj("extract", "a.pcap", "-q", "--features", "flow_meta", "--no-ips", "--no-ports")
    header = r.out.splitlines()[0].split(",")
    check("src_ip" not in header and "dst_port" not in header and "duration" in header, r)
    r = jj("extract", "a.pcap", "--features", "flow_meta,tlss")
    check(r.code == 2 and "unknown group 'tlss'; there are: flow_meta" in r.err and not r.out, r)
    r = jj("extract", "a.pcap", "--feature", "durration")
    check(r.code == 2 and "did you mean 'duration'?" in r.err, r)
    core = rows_of(jj("extract", "a.pcap", "-q", "--profile", "JJ-CORE").out)[0]
    listed = jj("profiles", "show", "JJ-CORE", "--json")
    check(set(core) == set(json.loads(listed.out)["features"]), listed)
    plain = rows_of(jj("extract", "a.pcap", "-q", "--feature", "src_ip").out)[0]["src_ip"]
    check(plain == "10.0.0.1", plain)
    salted = [rows_of(jj("extract", "a.pcap", "-q", "--feature", "src_ip", "--anonymize-ips", *how,
                         env={**os.environ, **env}).out)[0]["src_ip"]
              for how, env in (((), {}), (("--salt", "s"), {}), ((), {"JJ_SALT": "s"}))]
    check(len(set(salted)) == 2 and salted[1] == salted[2] and plain not in salted, salted)


def test_many_inputs():
    os.makedirs(path("d/sub"), exist_ok=True)
    write("d/2.pcap", pcap(flows(1, first_port=2)))
    write("d/1.cap", pcap(flows(1, first_port=1)))
    write("d/3.pcapng.txt", "no capture")
    write("d/sub/4.pcap", pcap(flows(1, first_port=4)))
    import gzip
    write("d/0.pcap.gz", gzip.compress(pcap(flows(1, first_port=9))))
    r = jj("extract", "d", "-q")
    check([row["src_port"] for row in rows_of(r.out)] == ["9", "1", "2"], r)
    write("bad.pcap", "this is no capture at all, it is a text file")
    r = jj("extract", "bad.pcap", "a.pcap")
    check(r.code == 1 and len(rows_of(r.out)) == 3, r)
    check(r.err.count("Error: ") == 1 and "bad.pcap" in r.err, r)
    r = jj("extract", "a.pcap", "nowhere.pcap")
    check(r.code == 2 and "nowhere.pcap" in r.err and not r.out, r)
    os.makedirs(path("empty"), exist_ok=True)
    r = jj("extract", "empty")
    check(r.code == 1 and "No PCAP files found in empty" in r.err, r)
    r = jj("extract", "a.pcap", "-o", "d/../a.pcap")
    check(r.code == 2 and "would overwrite" in r.err, r)
    check(len(rows_of(jj("extract", "a.pcap", "-q").out)) == 3, "a.pcap is whole")


def test_empty_and_cut():
    write("empty.pcap", pcap([]))
    write("stale.csv", "old content\n")
    r = jj("extract", "empty.pcap", "-o", "stale.csv")
    check(r.code == 0 and "Extracted 0 flows" in r.err, r)
    content = open(path("stale.csv")).read()
    check("old content" not in content and content.count("\n") == 1, content[:80])
    write("cut.pcap", pcap(flows(2))[:-10])
    r = jj("extract", "cut.pcap")
    check(r.code == 0 and "Warning: " in r.err and len(rows_of(r.out)) == 2, r)


def test_filter_and_count():
    write("mixed.pcap", pcap(flows(5) + [udp("10.0.0.1", "10.0.0.9", 7, 123)] * 4))
    r = jj("extract", "mixed.pcap", "--filter", "udp port 123")
    check(len(rows_of(r.out)) == 1 and "filtered 10" in r.err, r)
    r = jj("extract", "mixed.pcap", "--filter", "udp porrt 123")
    check(r.code in (1, 2) and "Error: " in r.err and not r.out, r)
    r = jj("extract", "mixed.pcap", "--count", "4", "--save-pcap", "saved.pcap", "-o", "x.csv")
    check(r.code == 0 and "in flows 4" in r.err, r)
    check(os.path.getsize(path("saved.pcap")) == len(pcap(flows(2))), "saved.pcap")
    check("in flows 4\n" in jj("extract", "saved.pcap").err, "saved.pcap can be read")


def test_stats():
    r = jj("extract", "a.pcap", "-o", "x.csv", "--stats-json", "stats.json")
    stats = json.load(open(path("stats.json")))
    check(r.code == 0 and stats["received"] == 7 and stats["in_flows"] == 6, stats)
    check(stats["not_ip"] == 1 and stats["rows"] == 3 and stats["flows"] == 3, stats)
    check(stats["imbalance"] == 0 and stats["end"] == "complete", stats)
    check(stats["source"] == "file" and stats["seconds"] > 0 and stats["version"], stats)


def test_config():
    write("c.yaml", "timeout: 5\nfeatures: [flow_meta]\nno-ips: true\nformat: json\n")
    r = jj("extract", "a.pcap", "-c", "c.yaml")
    row = json.loads(r.out.splitlines()[0])
    check("Loaded config from: c.yaml" in r.err and "src_ip" not in row and "duration" in row, r)
    r = jj("extract", "a.pcap", "-c", "c.yaml", "-f", "csv", "--features", "timing", "-q")
    check("duration" not in r.out.splitlines()[0].split(","), r)
    # As JoyfulJay's Config.to_json() writes it, all keys and defaults.
    joyful = {"flow_timeout": 60.0, "max_concurrent_flows": 0, "flow_eviction_strategy": "lru",
              "terminate_on_fin_rst": True, "sampling_rate": None, "features": ["all"],
              "specific_features": None, "bidirectional_split": False,
              "include_raw_sequences": False, "include_splt": False, "max_sequence_length": 50,
              "bpf_filter": None, "include_ip_addresses": False, "include_ports": True,
              "anonymize_ips": False, "anonymization_salt": "", "include_flow_id": True,
              "burst_threshold_ms": 50.0, "entropy_sample_bytes": 256, "num_workers": 1,
              "connection_use_ports": False, "connection_include_graph_metrics": True,
              "connection_include_temporal": False, "connection_community_algorithm": "louvain"}
    write("joyful.json", json.dumps(joyful, indent=2))
    header = jj("extract", "a.pcap", "-q", "-c", "joyful.json").out.splitlines()[0].split(",")
    check(header[0] == "flow_id" and "src_ip" not in header and "src_port" in header, header[:5])
    for content, line, reason in (("timeout: 5\nformt: csv\n", 2, "did you mean 'format'?"),
                                  ("\n\ntimeout: abc\n", 3, "needs seconds"),
                                  ("timeout: [1\n", 2, "not JSON or YAML"),
                                  ("features: {a: b}\n", 1, "not a mapping"),
                                  ("timeout: [1, 2]\n", 1, "takes one value"),
                                  ("sampling_rate: 0.5\n", 1, "not supported"),
                                  ("just text\n", 1, "must be a mapping")):
        write("bad.yaml", content)
        r = jj("extract", "a.pcap", "-c", "bad.yaml")
        check(r.code == 2 and f"bad.yaml:{line}: " in r.err and reason in r.err, (content, r))
    check(jj("extract", "a.pcap", "-c", "nowhere.yaml").code == 2, "no such file")


def test_closed_output():
    write("big.pcap", pcap(flows(30000, 1)))
    program = subprocess.Popen([PROGRAM, "extract", "big.pcap"], cwd=FOLDER,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    program.stdout.read(100)
    program.stdout.close()
    err = program.stderr.read().decode()
    check(program.wait(30) == 1 and "closed early" in err and err.count("Error: ") == 1, err)


def test_full_disk():
    if not os.path.exists("/dev/full"):
        return
    r = jj("extract", "big.pcap", "-o", "/dev/full")
    check(r.code == 1 and r.err.count("Error: ") == 1 and "No space left" in r.err, r)
    check("Written to" not in r.err, r)
    r = jj("extract", "a.pcap", "-q", "-o", "/nowhere/x.csv")
    check(r.code == 1 and "/nowhere/x.csv" in r.err and not r.out, r)
    for command in (["features"], ["schema"], ["--help"]):
        done = subprocess.run([PROGRAM, *command], stdout=open("/dev/full", "w"),
                              stderr=subprocess.PIPE)
        check(done.returncode == 1 and b"Error: " in done.stderr, (command, done))


def interrupted(number):
    """Standard input stays open: only the signal ends it."""
    program = subprocess.Popen([PROGRAM, "extract", "-", "-o", "int.csv", "--stats-json",
                                "int.json"], cwd=FOLDER, stdin=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    program.stdin.write(pcap(flows(5)))
    program.stdin.flush()
    time.sleep(1)
    program.send_signal(number)
    code = program.wait(20)
    err = program.stderr.read().decode()
    program.stdin.close()
    check(code == 130 and "Extracted 5 flows" in err, (number, code, err))
    check(len(rows_of(open(path("int.csv")).read())) == 5, "rows are written")
    check(json.load(open(path("int.json")))["end"] == "interrupted", "stats")


def test_interrupt():
    interrupted(signal.SIGINT)
    interrupted(signal.SIGTERM)


def test_info():
    r = jj("info", "a.pcap")
    check(r.code == 0 and re.search(r"^Packets: +7$", r.out, re.M), r)
    check(re.search(r"UDP +6 +\(85\.7%\)", r.out) and re.search(r"not IP +1 ", r.out), r)
    check("Ethernet" in r.out and "Duration:    0.01 seconds" in r.out, r)
    write("arp.pcap", pcap([ARP]))
    r = jj("info", "arp.pcap")
    check(r.code == 0 and "No IP packets found in file." in r.out and "N/A" in r.out, r)
    r = jj("info", "empty.pcap")
    check(r.code == 0 and "No IP packets found in file." in r.out, r)
    r = jj("info", "bad.pcap", "a.pcap")
    check(r.code == 1 and "bad.pcap" in r.err and "UDP" in r.out, r)


def test_schema():
    full = json.loads(jj("schema").out)
    names = [f["name"] for f in full["features"] if not f["optional"]]
    check(full["version"] == "1.0" and len(names) == len(set(names)), len(names))
    order = [(f["group"], f["name"]) for f in full["features"]]
    check(order == sorted(order) and full["groups"] == sorted({g for g, _ in order}), "sorted")
    header = jj("extract", "a.pcap", "-q").out.splitlines()[0].split(",")
    check(set(header) == set(names), set(header) ^ set(names))
    table = rows_of(jj("schema", "-f", "csv").out)
    check([row["name"] for row in table] == [f["name"] for f in full["features"]], "csv")
    check(all(f["description"] for f in full["features"]), "every column is explained")
    r = jj("schema", "-o", "s.json", "--group", "timing")
    check("Schema written to: s.json" in r.err and not r.out, r)
    check({f["group"] for f in json.load(open(path("s.json")))["features"]} == {"timing"}, "group")
    r = jj("schema", "--group", "nothing")
    check(r.code == 2 and "there are: " in r.err, r)
    page = jj("features").out
    check(all(f"| `{name}` |" in page for name in names), "features shows all")


def test_profiles():
    r = jj("profiles", "validate")
    check(r.code == 0 and "Validation passed" in r.out, r)
    counts = json.loads(jj("profiles", "list", "--json").out)
    check(list(counts) == ["JJ-CORE", "JJ-EXTENDED", "JJ-EXPERIMENTAL"], counts)
    r = jj("profiles", "show", "NONE")
    check(r.code == 1 and "Valid profiles: JJ-CORE" in r.err, r)


def test_status():
    r = jj("status", "--json")
    status = json.loads(r.out)
    check(status["kernel"] == os.uname().release and "file" in
          [s["name"] for s in status["sources"]], r)
    r = jj("status")
    check(r.code == 0 and os.uname().release in r.out and "[OK]" in r.out, r)


def test_live_refused():
    r = jj("live", "no-such-device")
    check(r.code == 1 and "no-such-device" in r.err and not r.out, r)
    r = jj("--xdp", "no-such-device")
    check(r.code == 1 and "no-such-device" in r.err, r)


def on_terminal(*arguments):
    """What a user sees when standard error is a terminal."""
    leader, follower = pty.openpty()
    program = subprocess.Popen([PROGRAM, *arguments], cwd=FOLDER, stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=follower)
    os.close(follower)
    program.stdin.write(pcap(flows(5)))
    program.stdin.flush()
    time.sleep(1)
    program.stdin.close()
    program.wait(20)
    seen = b""
    try:
        while chunk := os.read(leader, 4096):
            seen += chunk
    except OSError:
        pass
    os.close(leader)
    return seen.decode()


def test_progress():
    seen = on_terminal("extract", "-")
    check("10 packets" in seen and "\r\x1b[K" in seen, seen)
    check("\r\x1b[K" not in on_terminal("extract", "-", "--no-progress"), "switched off")
    check(on_terminal("extract", "-", "-q") == "", "quiet")


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
    shutil.rmtree(FOLDER)
    print(f"{checks} checks, {failures} failed")
    return failures > 0


sys.exit(main())
