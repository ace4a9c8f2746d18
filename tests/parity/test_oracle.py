#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Row for row and value for value against an independent reference of JoyfulJay.

Needs the shared folder: oracle/pktref.py and oracle/refimpl.py, and pcaps/. Captures that touch
what the reference's packet parser gets wrong stand in exceptions.tsv: how many rows are only ours,
only the reference's, or different, the options that they are read with, and why. Every other row of
theirs is compared all the same.

usage: test_oracle.py ENGINE [CAPTURE...]     with names of captures: shows each difference"""
import collections
import importlib
import multiprocessing
import os
import sys
from types import SimpleNamespace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import jj

EXCEPTIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exceptions.tsv")
CHOSEN = [os.path.basename(name) for name in sys.argv[2:]]
del sys.argv[2:]
OURS_ONLY_COLUMNS = {"end_reason", "dir_basis"}
TOLERANCE = 1e-12

Exceptional = collections.namedtuple("Exceptional", "counts options")
Outcome = collections.namedtuple("Outcome", "name rows values ours oracle different order notes")


def reference():
    sys.dont_write_bytecode = True
    folder = jj.shared("oracle")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module("pktref"), importlib.import_module("refimpl")


def oracle_rows(path):
    pktref, refimpl = reference()
    packets = []
    for fields in pktref.packets(path):
        if fields["timestamp"] is not None:  # a simple packet block has none
            packets.append(SimpleNamespace(**fields, R=b""))
    rows = []
    for flow in refimpl.flows_of(packets):
        row = {}
        for group in (refimpl.g_meta, refimpl.g_timing, refimpl.g_size, refimpl.g_tcp):
            group(flow, row)
        rows.append(row)
    return rows


def key_of(row):
    """Both directions alike: who is the initiator is for the comparison to tell."""
    ends = sorted([(row["src_ip"], row["src_port"]), (row["dst_ip"], row["dst_port"])])
    return (*ends[0], *ends[1], row["protocol"])


def numbered(rows):
    """Rows by (key, how many of that key came before), in their order."""
    seen = collections.Counter()
    result = {}
    for row in rows:
        key = key_of(row)
        result[(*key, seen[key])] = row
        seen[key] += 1
    return result


def same_value(got, want):
    if isinstance(want, float) and isinstance(got, (int, float)) and not isinstance(got, bool):
        return got == want or abs(got - want) <= TOLERANCE * max(abs(got), abs(want))
    return got == want and isinstance(got, bool) == isinstance(want, bool)


def differing_columns(got, want):
    names = (got.keys() | want.keys()) - OURS_ONLY_COLUMNS
    return sorted(name for name in names if name not in got or name not in want
                  or not same_value(got[name], want[name]))


def compare(path):
    name = os.path.basename(path)
    options = KNOWN[name].options if name in KNOWN else []
    try:
        want = numbered(oracle_rows(path))
        got = numbered(jj.extract(path, "--compat=joyfuljay", "--features", jj.GROUPS, *options))
    except Exception as fault:
        return Outcome(name, 0, 0, 0, 0, 1, True, [f"{type(fault).__name__}: {fault}"])
    both = [key for key in want if key in got]
    notes, equal = [], []
    for key in both:
        columns = differing_columns(got[key], want[key])
        if not columns:
            equal.append(key)
        else:
            notes.append(f"{key}: " + ", ".join(
                f"{c} {got[key].get(c)!r} not {want[key].get(c)!r}" for c in columns))
    notes += [f"{key}: only in our rows" for key in got if key not in want]
    notes += [f"{key}: only in the reference's rows" for key in want if key not in got]
    alike = set(equal)
    order = [key for key in got if key in alike] == equal
    values = sum(len(want[key]) for key in both)
    return Outcome(name, len(equal), values, len(got) - len(both), len(want) - len(both),
                   len(both) - len(equal), order, notes)


def exceptions():
    known = {}
    with open(EXCEPTIONS, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, ours, oracle, different, options, _ = line.rstrip("\n").split("\t")
                known[name] = Exceptional((int(ours), int(oracle), int(different)),
                                          [] if options == "-" else options.split())
    return known


KNOWN = exceptions()


def captures():
    folder = jj.shared("pcaps")
    return [os.path.join(folder, name) for name in CHOSEN or sorted(os.listdir(folder))]


def compare_all():
    paths = sorted(captures(), key=os.path.getsize, reverse=True)
    with multiprocessing.Pool(2) as pool:
        yield from pool.imap_unordered(compare, paths)


def expected(name):
    return KNOWN[name].counts if name in KNOWN else (0, 0, 0)


def judge(outcome):
    """An exception that is no longer one is a difference, too."""
    counts = (outcome.ours, outcome.oracle, outcome.different)
    if not outcome.order or counts != expected(outcome.name):
        return "different"
    return "equal" if counts == (0, 0, 0) else "other flows equal"


def case_every_capture():
    jj.shared("oracle", "refimpl.py")
    verdicts, rows, values = collections.Counter(), 0, 0
    for outcome in compare_all():
        verdict = judge(outcome)
        verdicts[verdict] += 1
        rows += outcome.rows
        values += outcome.values
        if verdict == "different" or CHOSEN:
            print(f"{outcome.name}: {verdict}: {outcome.rows} rows equal, "
                  f"{outcome.ours} only ours, {outcome.oracle} only the reference's, {outcome.different} different, order "
                  f"{'kept' if outcome.order else 'CHANGED'}; "
                  f"expected {expected(outcome.name)}")
            print("".join(f"    {note[:400]}\n" for note in outcome.notes[:None if CHOSEN else 3]))
    for verdict in ("equal", "other flows equal", "different"):
        print(f"{verdicts[verdict]:6d} captures {verdict}")
    print(f"{rows:6d} rows equal, {values} values compared")
    jj.true(rows > 0, "nothing was compared")
    jj.equal(verdicts["different"], 0, "number of captures that differ")


jj.main({"case_every_capture": case_every_capture})
