#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No file over 500 lines, no function over 100; what must be longer is named here with a reason."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILE_LINES = 500
FUNCTION_LINES = 100
# "path" or "path:function" -> why it may be longer
EXCEPTIONS = {}


def functions_of(lines):
    """(name, line, length of the body) of every function: a brace alone in the first column opens
    it, as our layout has it, and the next one in the first column closes it."""
    start = name = None
    for number, line in enumerate(lines, 1):
        match = re.match(r"\w[^=;]*?(\w+)\(", line)
        if match and not line.startswith(("#", "typedef")):
            name = match[1]
        if line.rstrip() == "{" and name:
            start = number
        elif line.startswith("}") and start:
            yield name, start, number - start - 1
            start = name = None


def sources():
    for top in ("include", "bpf", "engine", "extract", "transport", "cli", "tests", "bench"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".def", ".py")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def main():
    faults, count, unused = [], 0, set(EXCEPTIONS)

    def check(what, length, limit):
        if length > limit:
            unused.discard(what)
            if what not in EXCEPTIONS:
                faults.append(f"{what}: {length} lines, {limit} are allowed")

    for path in sources():
        count += 1
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            lines = file.readlines()
        check(path, len(lines), FILE_LINES)
        if path.endswith((".c", ".h")):
            for name, _, length in functions_of(lines):
                check(f"{path}:{name}", length, FUNCTION_LINES)
    faults += [f"{what}: no longer needs its exception" for what in sorted(unused)]
    print("\n".join(faults) or f"{count} files are of a readable size")
    sys.exit(1 if faults or not count else 0)


main()
