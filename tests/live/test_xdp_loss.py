#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Overload: whatever is lost is counted, to the packet."""
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import Cable, Engine, check_balance, jj  # noqa: E402
import craft  # noqa: E402

SENT = 20000
FRAME = craft.padded(craft.eth(craft.ip4("10.1.0.1", "10.1.0.2", craft.udp(7, 9, b"x"), "udp")))


def case_stopped_reader():
    """The engine stands still while far more comes than its rings hold."""
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder, "--ring-size", "64K") as engine:
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


def case_end_in_the_middle():
    """Told to end while frames pour in: what was seen until then still adds up."""
    with Cable() as cable, jj.Folder() as folder:
        with Engine(cable, folder, "--ring-size", "64K") as engine:
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


jj.main(globals())
