# SPDX-License-Identifier: MIT
"""Packets and capture files made by hand: a builder and two writers, standard library only.

Every function returns bytes, the inner layer is an argument of the outer one:
    eth(ip4("10.0.0.1", "10.0.0.2", tcp(1000, 80, "S", seq=1)))
Times are in seconds; a capture is a list of (time, frame) or (time, frame, length on the wire)."""
import ipaddress
import struct

FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32, "E": 64, "C": 128, "N": 256}
ETHERNET, NULL, PPP, RAW, SLL, RADIOTAP, SLL2 = 1, 0, 9, 101, 113, 127, 276
ETHERTYPE = {4: 0x0800, 6: 0x86DD}


def address(text):
    return ipaddress.ip_address(text).packed


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


# Layer 4

def tcp(sport, dport, flags="A", seq=0, ack=0, payload=b"", window=1000, options=b""):
    options += b"\0" * (-len(options) % 4)
    bits = sum(FLAGS[flag] for flag in flags)
    words = 5 + len(options) // 4
    return struct.pack("!HHIIHHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                       words << 12 | bits, window, 0, 0) + options + payload


def udp(sport, dport, payload=b""):
    return struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload


def icmp(kind, code=0, rest=b"\0\0\0\0", payload=b""):
    return struct.pack("!BBH", kind, code, 0) + rest + payload


# Layer 3

PROTOCOLS = {"icmp": 1, "ipip": 4, "tcp": 6, "udp": 17, "ip6": 41, "gre": 47}


def ip4(src, dst, payload, protocol="tcp", ttl=64, ident=0, tos=0, fragment=0, more=False,
        options=b""):
    """`fragment` is the offset in bytes."""
    protocol = PROTOCOLS.get(protocol, protocol)
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | words, tos, words * 4 + len(payload), ident,
                       (0x2000 if more else 0) | fragment // 8, ttl, protocol, 0, address(src),
                       address(dst)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip6(src, dst, payload, protocol="tcp", ttl=64):
    return struct.pack("!IHBB", 6 << 28, len(payload), PROTOCOLS.get(protocol, protocol), ttl) \
        + address(src) + address(dst) + payload


def extension(following, payload, words=0):
    """Hop-by-hop, routing or destination options: 8 + 8 * words bytes, then the payload."""
    padding = 6 + 8 * words - 2
    return struct.pack("!BBBB", PROTOCOLS.get(following, following), words, 1, padding) \
        + b"\0" * padding + payload


def fragment6(following, payload, ident, offset=0, more=False):
    return struct.pack("!BBHI", PROTOCOLS.get(following, following), 0, offset | more,
                       ident) + payload


def version(packet):
    return packet[0] >> 4


# Layer 2

MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


def eth(packet, ethertype=None, src=MAC_A, dst=MAC_B, tags=(), trailer=b""):
    """`tags` are (TPID, VLAN id) from the outside; the trailer is padding or FCS."""
    kind = ethertype or ETHERTYPE[version(packet)]
    vlan = b"".join(struct.pack("!HH", tpid, vid) for tpid, vid in tags)
    return dst + src + vlan + struct.pack("!H", kind) + packet + trailer


def padded(frame, length=60):
    return frame + b"\0" * (length - len(frame))


def eth_802_3(packet):
    """Length-form Ethernet with LLC and SNAP, RFC 1042."""
    snap = b"\xaa\xaa\x03\0\0\0" + struct.pack("!H", ETHERTYPE[version(packet)])
    return MAC_B + MAC_A + struct.pack("!H", len(snap + packet)) + snap + packet


def mpls(packet, *labels):
    stack = b"".join(struct.pack("!I", label << 12 | (index == len(labels) - 1) << 8 | 64)
                     for index, label in enumerate(labels))
    return eth(stack + packet, 0x8847)


def pppoe(packet, tags=()):
    inner = struct.pack("!H", {4: 0x0021, 6: 0x0057}[version(packet)]) + packet
    return eth(struct.pack("!BBHH", 0x11, 0, 1, len(inner)) + inner, 0x8864, tags=tags)


def ppp(packet):
    return b"\xff\x03" + struct.pack("!H", {4: 0x0021, 6: 0x0057}[version(packet)]) + packet


def null(packet, family=None, order="<"):
    return struct.pack(order + "I", family or {4: 2, 6: 30}[version(packet)]) + packet


def sll(packet):
    return struct.pack("!HHH8sH", 0, 1, 6, MAC_A, ETHERTYPE[version(packet)]) + packet


def sll2(packet):
    return struct.pack("!HHIHBB8s", ETHERTYPE[version(packet)], 0, 1, 1, 0, 6, MAC_A) + packet


# Tunnels: the payload of the outer IP header

def gre(inner, key=None, ethertype=None):
    kind = ethertype or ETHERTYPE[version(inner)]
    flags, more = (0x2000, struct.pack("!I", key)) if key is not None else (0, b"")
    return struct.pack("!HH", flags, kind) + more + inner


def vxlan(inner_frame, vni):
    return udp(50000, 4789, struct.pack("!II", 0x08000000, vni << 8) + inner_frame)


def geneve(inner, vni, options=b""):
    return udp(50000, 6081, struct.pack("!BBHI", len(options) // 4, 0, ETHERTYPE[version(inner)],
                                        vni << 8) + options + inner)


def gtpu(inner, teid):
    return udp(2152, 2152, struct.pack("!BBHI", 0x30, 0xFF, len(inner), teid) + inner)


# Files

def nanoseconds(time):
    """Exact for times given as int or with few digits."""
    return round(time * 1_000_000_000) if isinstance(time, int) else round(time * 1e6) * 1000


def entry(packet):
    time, frame = packet[:2]
    return nanoseconds(time), frame, packet[2] if len(packet) > 2 else len(frame)


def pcap(packets, linktype=ETHERNET, nano=False, order="<", snaplen=262144):
    magic, unit = (0xA1B23C4D, 1) if nano else (0xA1B2C3D4, 1000)
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, linktype)]
    for time, frame, wire in map(entry, packets):
        out.append(struct.pack(order + "4I", time // 10**9, time % 10**9 // unit, len(frame), wire)
                   + frame)
    return b"".join(out)


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def section():
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(linktype=ETHERNET, snaplen=0, options=b"", end=True):
    """`end` = the options are closed with opt_endofopt, which the format does not demand."""
    tail = options + (option(0, b"") if options and end else b"")
    return block(1, struct.pack("<HHI", linktype, 0, snaplen) + tail)


def enhanced(ticks, frame, number=0, wire=None):
    return block(6, struct.pack("<5I", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame),
                                wire or len(frame)) + frame)


def simple(frame, wire=None):
    return block(3, struct.pack("<I", wire or len(frame)) + frame)


def pcapng(packets, linktype=ETHERNET):
    """One interface, times in microseconds."""
    return section() + interface(linktype) + b"".join(
        enhanced(time // 1000, frame, wire=wire) for time, frame, wire in map(entry, packets))


class Talk:
    """A conversation that keeps its sequence numbers: talk.c(...) is sent by the client,
    talk.s(...) by the server, each `step` seconds after the packet before it."""

    def __init__(self, client="10.0.0.1", server="10.0.0.2", sport=40000, dport=80, start=1000,
                 step=0.5, isn=(1000, 5000), wrap=eth):
        self.ends = (client, server), (sport, dport)
        self.next = list(isn)
        self.time, self.step, self.wrap = start, step, wrap
        self.packets = []

    def send(self, side, flags, payload=b"", at=None, **more):
        addresses, ports = self.ends
        segment = tcp(ports[side], ports[1 - side], flags, seq=self.next[side],
                      ack=self.next[1 - side] if "A" in flags else 0, payload=payload, **more)
        ip = ip6 if ":" in addresses[0] else ip4
        self.next[side] += len(payload) + ("S" in flags) + ("F" in flags)
        if at is not None:
            self.time = at
        packet = ip(addresses[side], addresses[1 - side], segment)
        self.packets.append((self.time, self.wrap(packet)))
        self.time += self.step
        return self

    def c(self, flags, payload=b"", **more):
        return self.send(0, flags, payload, **more)

    def s(self, flags, payload=b"", **more):
        return self.send(1, flags, payload, **more)

    def handshake(self):
        return self.c("S").s("SA").c("A")

    def close(self):
        return self.c("FA").s("FA").c("A")
