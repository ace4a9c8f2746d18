#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Start and end of the source "xdp": nothing stays behind, and each refusal says what to do."""
import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import Cable, Engine, command, jj, read_pcap  # noqa: E402
import craft  # noqa: E402

FRAME = craft.eth(craft.ip4("10.1.0.1", "10.1.0.2", craft.udp(7, 9, b"x"), "udp"))


def attached(cable):
    """All that tools which do not know us find on the near end."""
    found = cable.xdp_mode() or ""
    if shutil.which("tc"):
        found += command("tc", "-n", cable.near_ns, "filter", "show", "dev", cable.near, "egress",
                         check=False)
    if shutil.which("bpftool"):
        text = command("nsenter", f"--net=/run/netns/{cable.near_ns}", "bpftool", "net",
                       check=False)
        found += "".join(line for line in text.splitlines() if cable.near in line)
    return found


def live(cable, *options, device=None, prefix=()):
    return jj.subprocess.run(
        ["nsenter", f"--net=/run/netns/{cable.near_ns}", *prefix, jj.engine(), "live",
         device or cable.near, "--xdp", "-d", "1", *options], capture_output=True, text=True,
        timeout=60, env=jj.environment(), check=False)


def end_leaves_nothing(with_signal, expect):
    with Cable() as cable, jj.Folder() as folder:
        jj.equal(attached(cable), "", "before")
        with Engine(cable, folder, "--save-pcap", folder("saved.pcap")) as engine:
            jj.true(attached(cable), "nothing found while it runs: this test proves nothing")
            cable.send_in(FRAME)
            engine.stop(with_signal, expect)
            time.sleep(0.2)
            jj.equal(attached(cable), "", "after")
            if with_signal != signal.SIGKILL:
                jj.equal(len(read_pcap(engine.saved)[0]), 1, "frames saved")


def case_interrupt():
    end_leaves_nothing(signal.SIGINT, 130)


def case_terminate():
    end_leaves_nothing(signal.SIGTERM, 130)


def case_kill():
    end_leaves_nothing(signal.SIGKILL, -signal.SIGKILL)


def case_duration():
    with Cable() as cable:
        start = time.monotonic()
        done = live(cable)
        jj.equal(done.returncode, 0, f"exit status ({done.stderr})")
        jj.true(0.9 < time.monotonic() - start < 10, "does not last a second")


def case_missing_interface():
    with Cable() as cable:
        done = live(cable, device="jjxnone")
        jj.true(done.returncode > 0, "no failure")
        jj.true("jjxnone" in done.stderr, f"does not name the interface: {done.stderr}")


def case_two_engines():
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder) as engine:
            done = live(cable)
            jj.true(done.returncode > 0, "no failure")
            jj.true("already" in done.stderr and cable.near in done.stderr, done.stderr)
            cable.send_in(FRAME)
            engine.stop()
            jj.equal(engine.stats()["received"], 1, "what the first one received")


def case_interface_vanishes():
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder, "--save-pcap", folder("saved.pcap")) as engine:
            cable.send_in(FRAME)
            time.sleep(0.2)
            command("ip", "-n", cable.near_ns, "link", "del", cable.near)
            said = engine.process.communicate(timeout=30)[1].decode()
            jj.true(engine.process.returncode > 0, "no failure")
            jj.true("vanished" in said and cable.near in said, said)
            jj.equal(len(read_pcap(engine.saved)[0]), 1, "frames saved before")


def unprivileged(cable, capabilities=None):
    """As user 65534, with a copy of the engine that this user can reach."""
    if not shutil.which("setpriv") or capabilities and not shutil.which("setcap"):
        raise jj.Skipped("needs setpriv (util-linux) and setcap (libcap2-bin)")
    with jj.Folder() as folder:
        os.chmod(folder("."), 0o755)
        copy = folder("engine")
        shutil.copy(jj.engine(), copy)
        os.chmod(copy, 0o755)
        if capabilities:
            command("setcap", capabilities, copy)
        return jj.subprocess.run(
            ["nsenter", f"--net=/run/netns/{cable.near_ns}", "setpriv", "--reuid", "65534",
             "--regid", "65534", "--clear-groups", copy, "live", cable.near, "--xdp", "-d", "1"],
            capture_output=True, text=True, timeout=60, env=jj.environment(), check=False)


def case_no_capabilities():
    with Cable() as cable:
        done = unprivileged(cable)
        jj.true(done.returncode > 0, "no failure")
        jj.true("CAP_BPF" in done.stderr and "setcap" in done.stderr, done.stderr)


def case_few_capabilities():
    with Cable() as cable:
        done = unprivileged(cable, "cap_bpf,cap_net_admin,cap_net_raw+ep")
        jj.equal(done.returncode, 0, f"exit status ({done.stderr})")


jj.main(globals())
