# SPDX-License-Identifier: MIT
"""What the live tests share: two network namespaces and a cable, sending frames, a running engine.

Names carry the process number, so that tests may run side by side; all is removed at the end. No
interface of the machine itself is ever touched."""
import ctypes
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import jj  # noqa: E402

LIBC = ctypes.CDLL(None, use_errno=True)
NEWNET = 0x40000000
OWN = f"jjx{os.getpid() % 100000}"


def command(*words, check=True):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise jj.Failed(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def require():
    """Skips where the machine does not allow the test at all."""
    if os.geteuid() != 0:
        raise jj.Skipped("needs root")
    if not shutil.which("ip") or not shutil.which("nsenter"):
        raise jj.Skipped("needs ip (iproute2) and nsenter (util-linux)")
    name = OWN + "t"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        raise jj.Skipped("network namespaces cannot be made here")
    command("ip", "netns", "del", name)


class Inside:
    """This thread in a namespace. Sockets made in it stay there."""

    def __init__(self, namespace):
        self.namespace = namespace

    def __enter__(self):
        self.home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.enter(os.open(f"/run/netns/{self.namespace}", os.O_RDONLY))

    def __exit__(self, *_):
        self.enter(self.home)

    @staticmethod
    def enter(namespace):
        failed = LIBC.setns(namespace, NEWNET)
        os.close(namespace)
        if failed:
            raise jj.Failed("setns: " + os.strerror(ctypes.get_errno()))


class Cable:
    """`with Cable() as cable`: cable.near and cable.far are the ends, one in each namespace."""

    def __init__(self, mtu=1500):
        self.mtu = mtu
        self.near_ns, self.far_ns = OWN + "n", OWN + "f"
        self.near, self.far = OWN + "a", OWN + "b"
        self.sockets = {}

    def __enter__(self):
        require()
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def make(self):
        for namespace in (self.near_ns, self.far_ns):
            command("ip", "netns", "add", namespace)
            # Silence: no router solicitations between the test's frames.
            command("nsenter", f"--net=/run/netns/{namespace}", "sysctl", "-qw",
                    "net.ipv6.conf.default.disable_ipv6=1", check=False)
        command("ip", "link", "add", self.near, "netns", self.near_ns, "mtu", str(self.mtu),
                "type", "veth", "peer", "name", self.far, "netns", self.far_ns, "mtu",
                str(self.mtu))
        for namespace, device in self.ends():
            command("ip", "-n", namespace, "link", "set", "lo", "up")
            command("ip", "-n", namespace, "link", "set", device, "up")

    def ends(self):
        return (self.near_ns, self.near), (self.far_ns, self.far)

    def __exit__(self, *_):
        for sender in self.sockets.values():
            sender.close()
        for namespace in (self.near_ns, self.far_ns):
            command("ip", "netns", "del", namespace, check=False)

    def send(self, namespace, device, frame):
        if device not in self.sockets:
            with Inside(namespace):
                self.sockets[device] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                self.sockets[device].bind((device, 0))
        self.sockets[device].send(frame)

    def send_in(self, frame):
        """Into the near end, from the far one."""
        self.send(self.far_ns, self.far, frame)

    def send_out(self, frame):
        self.send(self.near_ns, self.near, frame)

    def xdp_mode(self, device=None):
        """What `ip link` says of the near end: None, "xdp" or "xdpgeneric"."""
        text = command("ip", "-n", self.near_ns, "link", "show", "dev", device or self.near)
        found = re.search(r" (xdp\w*)[ /]", text)
        return found[1] if found else None

    def listeners(self, device=None):
        """How many packet sockets hear everything on the near end."""
        inside = "nsenter", f"--net=/run/netns/{self.near_ns}"
        index = command(*inside, "ip", "-o", "link", "show", "dev", device or self.near,
                        check=False).split(":")[0]
        sockets = [line.split() for line in command(*inside, "cat", "/proc/net/packet")
                   .splitlines()[1:]]
        return sum(words[3:6] == ["0003", index, "1"] for words in sockets)

    def promiscuity(self):
        text = command("ip", "-n", self.near_ns, "-d", "link", "show", "dev", self.near)
        return int(re.search(r" promiscuity (\d+)", text)[1])


class Engine:
    """The engine capturing at the near end; leaving the block ends it."""

    def __init__(self, cable, folder, *options, device=None, mode=None, source="xdp"):
        self.cable, self.device, self.source = cable, device or cable.near, source
        self.before = 0 if source == "xdp" else cable.listeners(self.device)
        self.rows, self.counters = folder("rows.csv"), folder("counters.json")
        self.saved = folder("saved.pcap")
        self.process = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{cable.near_ns}", jj.engine(), "live", self.device,
             "--source", source, "-o", self.rows, "--stats-json", self.counters, *map(str, options)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=jj.environment())
        self.wait_for(mode)

    def wait_for(self, mode):
        for _ in range(200):
            found = (self.cable.xdp_mode(self.device) if self.source == "xdp"
                     else self.cable.listeners(self.device) > self.before)
            if found or self.process.poll() is not None:
                break
            time.sleep(0.05)
        if not found or self.process.poll() is not None:
            self.kill()
            raise jj.Failed(f"does not capture: {self.process.communicate()[1].decode()}")
        if self.source == "xdp":
            time.sleep(0.3)  # the egress program comes behind the XDP program
        if mode:
            jj.equal(found, mode, "mode")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self, with_signal=signal.SIGINT, expect=130):
        """Ends it; gives what it printed. Its counters must balance."""
        time.sleep(0.2)
        self.process.send_signal(with_signal)
        return self.finish(expect)

    def finish(self, expect=0):
        try:
            said = self.process.communicate(timeout=60)[1].decode()
        except subprocess.TimeoutExpired:
            self.kill()
            raise jj.Failed("does not end") from None
        jj.equal(self.process.returncode, expect, f"exit status ({said.strip()})")
        return said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def stats(self):
        with open(self.counters, encoding="utf-8") as file:
            return json.load(file)


PARTS = ("in_flows", "not_ip", "malformed", "filtered", "over_count", "ring_full", "failed",
         "table_full", "handoff_full")


def check_balance(stats):
    jj.equal(stats["received"], sum(stats.get(part, 0) for part in PARTS), "received")


def read_pcap(path):
    """(time in ns, frame, length on the wire) of each packet, and the link type."""
    with open(path, "rb") as file:
        data = file.read()
    magic, linktype = struct.unpack_from("<I16xI", data)
    unit = {0xA1B23C4D: 1, 0xA1B2C3D4: 1000}[magic]
    at, packets = 24, []
    while at < len(data):
        seconds, fraction, captured, wire = struct.unpack_from("<4I", data, at)
        packets.append((seconds * 10**9 + fraction * unit, data[at + 16:at + 16 + captured], wire))
        at += 16 + captured
    return packets, linktype


def make_tun(namespace, name):
    """A raw IP device that lives as long as the returned file."""
    with Inside(namespace):
        file = open("/dev/net/tun", "r+b", buffering=0)
        fcntl.ioctl(file, 0x400454CA, struct.pack("16sH14x", name.encode(), 0x1001))  # TUN, NO_PI
    return file
