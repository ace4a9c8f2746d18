# SPDX-License-Identifier: MIT
"""A tcx program that gives every frame going out of a device a VLAN tag the way the kernel keeps
it: beside the frame, not in it. Made from raw instructions: no compiler, no library."""
import ctypes
import os
import platform
import struct

import jj
from wire import Inside, command

BPF_CALL_NUMBER = {"x86_64": 321, "aarch64": 280, "riscv64": 280}
PROG_LOAD, LINK_CREATE = 5, 28
SCHED_CLS, TCX_EGRESS = 3, 47
SKB_VLAN_PUSH = 18


def instruction(code, target=0, value=0):
    return struct.pack("<BBhi", code, target, 0, value)


def bpf(operation, attributes):
    number = BPF_CALL_NUMBER.get(platform.machine())
    if not number:
        raise jj.Skipped(f"the number of bpf() on {platform.machine()} is not known here")
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(attributes, 128)
    result = libc.syscall(number, operation, buffer, 128)
    if result < 0:
        raise jj.Skipped("no tcx: " + os.strerror(ctypes.get_errno()))
    return result


def push(namespace, device, vlan):
    """The descriptor that keeps it attached."""
    move, call, leave = 0xB7, 0x85, 0x95
    code = (instruction(move, 2, 0x0081) + instruction(move, 3, vlan)
            + instruction(call, value=SKB_VLAN_PUSH) + instruction(move, 0, -1)
            + instruction(leave))
    instructions = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")
    program = bpf(PROG_LOAD, struct.pack("<IIQQ", SCHED_CLS, len(code) // 8,
                                         ctypes.addressof(instructions),
                                         ctypes.addressof(licence)))
    with Inside(namespace):
        index = int(command("ip", "-n", namespace, "-o", "link", "show", "dev",
                            device).split(":")[0])
        link = bpf(LINK_CREATE, struct.pack("<IIII", program, index, TCX_EGRESS, 0))
    os.close(program)
    return link
