# SPDX-License-Identifier: MIT
"""What the Python tests share: running the engine, reading its rows, checking, skipping.

A test is a script that takes the engine as its first argument, defines functions whose names start
with `case_` and ends with `jj.main(globals())`. Exit 0 passed, 1 failed, 77 skipped."""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.environ.get("JJ_SHARED") or os.path.join(os.path.dirname(ROOT), "shared")
GROUPS = "flow_meta,timing,size,tcp"


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def engine():
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} ENGINE [CASE...]")
    return os.path.abspath(sys.argv[1])


def run(*arguments, stdin=subprocess.DEVNULL, timeout=60, env=None, **more):
    """The finished process, its output as bytes; a hang is a failure."""
    try:
        return subprocess.run([engine(), *map(str, arguments)], stdin=stdin, timeout=timeout,
                              env=environment(env), **{"stdout": subprocess.PIPE,
                                                       "stderr": subprocess.PIPE, **more})
    except subprocess.TimeoutExpired:
        raise Failed(f"hangs: {' '.join(map(str, arguments))}") from None


def environment(more=None):
    """Without the caller's own JJ_ variables; a sanitizer's report must not look like a failure."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("JJ_")}
    clean.setdefault("ASAN_OPTIONS", "exitcode=99:detect_leaks=1:abort_on_error=0")
    clean.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:exitcode=99")
    clean.setdefault("TSAN_OPTIONS", "exitcode=99")
    return {**clean, **(more or {})}


def extract(captures, *options, expect=0):
    """Rows as dictionaries, by way of JSON, which keeps types."""
    captures = [captures] if isinstance(captures, (str, os.PathLike)) else captures
    done = run("extract", *captures, "-q", "-f", "json", *options)
    if done.returncode != expect:
        raise Failed(f"exit {done.returncode}: {done.stderr.decode(errors='replace')}")
    return json_rows(done.stdout)


def json_rows(data):
    return [json.loads(line, parse_constant=bad_constant) for line in data.splitlines()]


def bad_constant(name):
    raise Failed(f"{name} is not JSON")


def csv_rows(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def shared(*names):
    """A path in the shared folder of captures and oracles; skips where there is none."""
    path = os.path.join(SHARED, *names)
    if not os.path.exists(path):
        raise Skipped(f"no {os.path.join(*names)} in {SHARED}; set JJ_SHARED")
    return path


def equal(got, want, what="value"):
    if got != want or isinstance(got, bool) != isinstance(want, bool):
        raise Failed(f"{what} is {got!r}, not {want!r}")


def near(got, want, tolerance, what="value"):
    if got is None or abs(got - want) > tolerance * max(abs(want), 1e-300):
        raise Failed(f"{what} is {got!r}, not {want!r} within {tolerance}")


def true(condition, what):
    if not condition:
        raise Failed(what)


def check_row(row, **want):
    """Integers and texts exactly, doubles to 1e-12."""
    for name, value in want.items():
        true(name in row, f"no column {name}")
        if isinstance(value, float) and row[name] is not None:
            true(abs(row[name] - value) <= 1e-12 * max(1.0, abs(value)),
                 f"{name} is {row[name]!r}, not {value!r}")
        else:
            equal(row[name], value, name)


class Folder(tempfile.TemporaryDirectory):
    """A scratch folder: `with Folder() as at: at("name")` is a path in it."""

    def __enter__(self):
        super().__enter__()
        return lambda name: os.path.join(self.name, name)


def main(names):
    cases = {name[5:]: case for name, case in names.items() if name.startswith("case_")}
    wanted = sys.argv[2:] or list(cases)
    engine()
    failed, skipped = 0, []
    for name in wanted:
        try:
            cases[name]()
            print(f"ok: {name}")
        except Skipped as reason:
            skipped.append(f"{name}: {reason}")
            print(f"skipped case: {name}: {reason}")
        except Exception as fault:  # also an IndexError on a missing row is a finding
            failed += 1
            where = "" if isinstance(fault, Failed) else traceback.format_exc()
            print(f"FAILED: {name}: {type(fault).__name__}: {fault}\n{where}")
    print(f"{len(wanted)} cases, {failed} failed, {len(skipped)} skipped")
    if failed or not wanted:
        sys.exit(1)
    if len(skipped) == len(wanted):
        print(f"skipped: {skipped[0].split(': ', 1)[1]}")
        sys.exit(77)
