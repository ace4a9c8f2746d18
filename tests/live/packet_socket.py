# SPDX-License-Identifier: MIT
"""What the sources "tap" and "tpacket" promise alike, over a virtual cable: the frames that were
sent and no others, every loss counted, nothing left behind. `cases(source)` is for jj.main()."""
import functools
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import Counter

import craft
import vlan_pusher
from test_xdp_capture import A, captured, conversation, datagram
from wire import Cable, Engine, Inside, check_balance, command, jj, make_tun, read_pcap

FRAME = datagram(1)
SMALLEST_RING = {"tap": "64K", "tpacket": "256K"}
CAPABILITIES = {"tap": "cap_bpf,cap_net_raw+ep", "tpacket": "cap_net_raw+ep"}
SENT = 20000


def cases(source):
    return {name: functools.partial(case, source) for name, case in globals().items()
            if name.startswith("case_")}


def capture(cable, folder, source, *options, **more):
    return Engine(cable, folder, "--save-pcap", folder("saved.pcap"), *options, source=source,
                  **more)


def case_both_directions(source):
    with Cable() as cable, jj.Folder() as folder, capture(cable, folder, source) as engine:
        frames = [datagram(number, 20 + number) for number in range(300)]
        for number, frame in enumerate(frames):
            (cable.send_in, cable.send_out)[number % 2](frame)
            time.sleep(0.0005)
        captured(engine, frames)


def case_burst(source):
    """One direction, as fast as it goes: far more frames than a batch or a block holds."""
    with Cable() as cable, jj.Folder() as folder, capture(cable, folder, source) as engine:
        frames = [datagram(number, 20 + number % 1400) for number in range(5000)]
        for frame in frames:
            cable.send_in(frame)
        captured(engine, frames)


def case_rows_equal_offline(source):
    with Cable() as cable, jj.Folder() as folder, capture(cable, folder, source) as engine:
        for port in range(2000, 2030):
            for frame, out in conversation(port):
                (cable.send_out if out else cable.send_in)(frame)
                time.sleep(0.0002)
        captured(engine)
        with open(engine.rows, "rb") as file:
            live = file.read()
        offline = jj.run("extract", engine.saved, "-q").stdout
        jj.equal(len(jj.csv_rows(live)), 30, "flows")
        jj.equal(sorted(live.splitlines()), sorted(offline.splitlines()), "rows")
        for row in jj.csv_rows(live):
            jj.equal(row["src_ip"], A, "the initiator")


def case_jumbo(source):
    frames = [datagram(number, size) for number, size in enumerate((1400, 3000, 4050, 8900))]
    with Cable(mtu=9000) as cable, jj.Folder() as folder, capture(cable, folder, source) as engine:
        for frame in frames:
            cable.send_in(frame)
            time.sleep(0.002)
            cable.send_out(frame)
            time.sleep(0.002)
        captured(engine, [frame for frame in frames for _ in range(2)])


def case_vlan_in_the_frame(source):
    """The kernel takes the tag off what comes in; both directions must show it in its place."""
    tags = ((0x8100, 0xA005),), ((0x88A8, 7), (0x8100, 5))
    frames = [datagram(number, (20, 3000)[number % 3 == 0], tags=tags[number % 2])
              for number in range(8)]
    with Cable(mtu=4000) as cable, jj.Folder() as folder, capture(cable, folder, source) as engine:
        for number, frame in enumerate(frames):
            (cable.send_in, cable.send_out)[number // 2 % 2](frame)
            time.sleep(0.002)
        captured(engine, frames)


def case_vlan_beside_the_frame(source):
    sizes = (4, 100, 1400)
    want = [datagram(1, size, tags=((0x8100, 0x2005),)) for size in sizes]
    for snaplen in (0, 60, 14):
        with Cable() as cable, jj.Folder() as folder:
            link = vlan_pusher.push(cable.near_ns, cable.near, 0x2005)
            with capture(cable, folder, source, "--snaplen", snaplen) as engine:
                for size in sizes:
                    cable.send_out(datagram(1, size))
                    time.sleep(0.002)
                packets, _ = captured(engine, [frame[:snaplen or None] for frame in want])
                jj.equal([wire for *_, wire in packets], [len(frame) for frame in want], "lengths")
            os.close(link)


def case_snaplen(source):
    frames = [datagram(number, size) for number, size in enumerate((20, 38, 39, 1400))]
    with Cable() as cable, jj.Folder() as folder:
        with capture(cable, folder, source, "--snaplen", 80) as engine:
            for frame in frames:
                cable.send_in(frame)
            packets, _ = captured(engine, [frame[:80] for frame in frames])
            jj.equal([wire for *_, wire in packets], [len(frame) for frame in frames], "lengths")


def case_loopback_once(source):
    with Cable() as cable, jj.Folder() as folder:
        with capture(cable, folder, source, device="lo") as engine:
            command("nsenter", f"--net=/run/netns/{cable.near_ns}", "ping", "-c", "3", "-i", "0.1",
                    "127.0.0.1")
            packets, linktype = captured(engine)
            jj.equal(len(packets), 6, "requests and answers")
            jj.equal(linktype, craft.ETHERNET, "link type")


def case_raw_ip_device(source):
    if not os.path.exists("/dev/net/tun"):
        raise jj.Skipped("no /dev/net/tun")
    into = craft.ip4("10.9.0.2", "10.9.0.1", craft.icmp(8, rest=b"\0\1\0\1", payload=b"hi"), "icmp")
    with Cable() as cable, jj.Folder() as folder:
        tun = make_tun(cable.near_ns, "jjxtun")
        command("ip", "-n", cable.near_ns, "address", "add", "10.9.0.1/24", "dev", "jjxtun")
        command("ip", "-n", cable.near_ns, "link", "set", "jjxtun", "up")
        with capture(cable, folder, source, device="jjxtun") as engine:
            tun.write(into)
            command("nsenter", f"--net=/run/netns/{cable.near_ns}", "ping", "-c", "1", "-W", "0.2",
                    "10.9.0.2", check=False)
            packets, linktype = captured(engine)
            jj.equal(linktype, craft.RAW, "link type")
            jj.equal(packets[0][1].hex(), into.hex(), "the packet that came in")
            jj.equal([frame[0] for _, frame, _ in packets], [0x45, 0x45], "starts of IP headers")
        tun.close()


def transfer(cable, size):
    """Real TCP over the cable: the near end sends packets far larger than the MTU (GSO)."""
    for (namespace, device), address in zip(cable.ends(), ("10.1.0.1", "10.1.0.2")):
        command("ip", "-n", namespace, "address", "add", address + "/24", "dev", device)
    with Inside(cable.far_ns):
        server = socket.create_server(("10.1.0.2", 5001))
    with Inside(cable.near_ns):
        client = socket.create_connection(("10.1.0.2", 5001))
    peer, got = server.accept()[0], 0
    sender = threading.Thread(target=lambda: (client.sendall(os.urandom(size)), client.close()))
    sender.start()
    while data := peer.recv(1 << 16):
        got += len(data)
    sender.join()
    peer.close()
    server.close()
    jj.equal(got, size, "bytes transferred")


def case_same_as_tcpdump(source):
    if not shutil.which("tcpdump"):
        raise jj.Skipped("needs tcpdump")
    with Cable() as cable, jj.Folder() as folder, capture(cable, folder, source) as engine:
        other = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{cable.near_ns}", "tcpdump", "-i", cable.near, "-w",
             folder("other.pcap"), "-B", "65536", "--time-stamp-precision=nano", "-Z", "root"],
            stderr=subprocess.PIPE)
        while cable.listeners() < 2:
            time.sleep(0.05)
        transfer(cable, 8 << 20)
        time.sleep(1.5)  # tcpdump leaves out what came in its last second
        other.send_signal(signal.SIGINT)
        jj.true(b"\n0 packets dropped" in other.communicate(timeout=30)[1], "tcpdump lost packets")
        engine.stop()
        check_balance(engine.stats())
        ours, _ = read_pcap(engine.saved)
        theirs, _ = read_pcap(folder("other.pcap"))
        jj.true(max(len(frame) for _, frame, _ in theirs) > 20000, "no super-packets: no test")
        jj.equal(Counter(frame for _, frame, _ in ours) == Counter(frame for _, frame, _ in theirs),
                 True, "same frames")
        jj.equal(sorted(wire for *_, wire in ours), sorted(wire for *_, wire in theirs), "lengths")
        late = sorted(abs(a[0] - b[0]) for a, b in zip(sorted(ours), sorted(theirs)))
        jj.true(late[len(late) // 2] < 10**6, f"times differ by {late[len(late) // 2]} ns")


def case_promiscuous(source):
    with Cable() as cable, jj.Folder() as folder:
        jj.equal(cable.promiscuity(), 0, "promiscuity before")
        with capture(cable, folder, source) as engine:
            jj.equal(cable.promiscuity(), 1, "promiscuity while it runs")
            stranger = b"\x02\0\0\0\0\x77" + FRAME[6:]
            cable.send_in(stranger)
            captured(engine, [stranger])
        jj.equal(cable.promiscuity(), 0, "promiscuity after")


def end_leaves_nothing(source, with_signal, expect):
    with Cable() as cable, jj.Folder() as folder, capture(cable, folder, source) as engine:
        cable.send_in(FRAME)
        engine.stop(with_signal, expect)
        time.sleep(0.2)
        jj.equal((cable.listeners(), cable.promiscuity()), (0, 0), "sockets and promiscuity")
        if shutil.which("bpftool"):
            jj.true("jj_tap" not in command("bpftool", "prog", "show"), "a program stays loaded")
        if with_signal != signal.SIGKILL:
            jj.equal(len(read_pcap(engine.saved)[0]), 1, "frames saved")


def case_interrupt(source):
    end_leaves_nothing(source, signal.SIGINT, 130)


def case_kill(source):
    end_leaves_nothing(source, signal.SIGKILL, -signal.SIGKILL)


def case_two_engines(source):
    with Cable() as cable, jj.Folder() as one, jj.Folder() as two:
        with capture(cable, one, source) as first, capture(cable, two, source) as second:
            cable.send_in(FRAME)
            captured(first, [FRAME])
            cable.send_out(FRAME)
            captured(second, [FRAME, FRAME])


def case_down_and_up(source):
    with Cable() as cable, jj.Folder() as folder, capture(cable, folder, source) as engine:
        cable.send_in(FRAME)
        for state in ("down", "up"):
            command("ip", "-n", cable.near_ns, "link", "set", cable.near, state)
            time.sleep(2 if state == "down" else 0.2)
        before = os.times()
        cable.send_in(FRAME)
        captured(engine, [FRAME, FRAME])
        spent = os.times().children_user + os.times().children_system
        jj.true(spent - before.children_user - before.children_system < 1, "it spins")


def case_interface_vanishes(source):
    with Cable() as cable, jj.Folder() as folder, capture(cable, folder, source) as engine:
        cable.send_in(FRAME)
        command("ip", "-n", cable.near_ns, "link", "del", cable.near)
        said = engine.process.communicate(timeout=30)[1].decode()
        jj.true(engine.process.returncode > 0, "no failure")
        jj.true("vanished" in said and cable.near in said, said)
        jj.equal(len(read_pcap(engine.saved)[0]), 1, "frames saved before")


def live(cable, *options, prefix=(), program=None):
    return subprocess.run(
        ["nsenter", f"--net=/run/netns/{cable.near_ns}", *prefix, program or jj.engine(), "live",
         cable.near, "-d", "1", *options], capture_output=True, text=True, timeout=60,
        env=jj.environment(), check=False)


def case_wrong_ring_size(source):
    with Cable() as cable:
        done = live(cable, "--source", source, "--ring-size", "32K")
        jj.true(done.returncode > 0 and "power of two" in done.stderr, done.stderr)


def unprivileged(cable, capabilities, *options):
    """As user 65534, with a copy of the engine that this user can reach."""
    if not shutil.which("setpriv") or not shutil.which("setcap"):
        raise jj.Skipped("needs setpriv (util-linux) and setcap (libcap2-bin)")
    with jj.Folder() as folder:
        os.chmod(folder("."), 0o755)
        copy = folder("engine")
        shutil.copy(jj.engine(), copy)
        os.chmod(copy, 0o755)
        if capabilities:
            command("setcap", capabilities, copy)
        return live(cable, *options, program=copy, prefix=(
            "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"))


def case_no_capabilities(source):
    with Cable() as cable:
        done = unprivileged(cable, None, "--source", source)
        jj.true(done.returncode > 0, "no failure")
        want = "setcap " + CAPABILITIES[source]
        jj.true("CAP_NET_RAW" in done.stderr and want in done.stderr, done.stderr)


def case_few_capabilities(source):
    """With just those; and without a wish it is this source that they get."""
    with Cable() as cable:
        for wish in (("--source", source), ()):
            done = unprivileged(cable, CAPABILITIES[source], "-v", *wish)
            jj.equal(done.returncode, 0, f"exit status ({done.stderr})")
            name = {"tap": "AF_PACKET tap with eBPF", "tpacket": "TPACKET_V3"}[source]
            jj.true(name in done.stderr, f"something else runs: {done.stderr}")


def case_stopped_reader(source):
    """The engine stands still while far more comes than its ring holds."""
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder, "--ring-size", SMALLEST_RING[source], source=source) as engine:
            engine.process.send_signal(signal.SIGSTOP)
            for number in range(SENT):
                (cable.send_in, cable.send_out)[number % 2](FRAME)
            engine.process.send_signal(signal.SIGCONT)
            engine.stop()
            stats = engine.stats()
            check_balance(stats)
            jj.equal(stats["received"], SENT, "received")
            jj.true(stats["ring_full"] > SENT // 2, "lost too little for a ring so small")
            jj.equal(stats["in_flows"], SENT - stats["ring_full"], "what was not lost")


def case_end_in_the_middle(source):
    """Told to end while frames pour in: what was seen until then still adds up."""
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder, "--ring-size", SMALLEST_RING[source], source=source) as engine:
            done = threading.Event()

            def pour():
                while not done.is_set():
                    cable.send_in(FRAME)

            thread = threading.Thread(target=pour)
            thread.start()
            try:
                time.sleep(0.5)
                engine.stop(signal.SIGTERM)
            finally:
                done.set()
                thread.join()
            stats = engine.stats()
            check_balance(stats)
            jj.true(stats["received"] > 100, "hardly anything came")
