#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The source "tpacket", see packet_socket.py."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import jj  # noqa: E402
import packet_socket  # noqa: E402

jj.main(packet_socket.cases("tpacket"))
