#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Folders are layers: every #include must point at a layer that stands to the left."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

PUBLIC = {"include/jj", "bpf"}
ENGINE = {f"engine/{name}" for name in ("packet", "filter", "capture", "flow")}
# What a layer may include besides itself. bpf stands for abi.h and the generated skeletons.
MAY = {
    "include/jj": {"include/jj"},
    "bpf": PUBLIC,
    "engine/base": PUBLIC,
    **{layer: PUBLIC | {"engine/base"} for layer in ENGINE},
    "engine/core": PUBLIC | {"engine/base"} | ENGINE,
    "extract": PUBLIC | {"engine/base"},
    "transport": PUBLIC | {"engine/base", "extract"} | ENGINE | {"engine/core"},
    "cli": PUBLIC | {"engine/base", "engine/core", "extract", "transport"} | ENGINE,
}


def layer_of(path):
    """The layer of a path from the root; None when it is in none."""
    for layer in sorted(MAY, key=len, reverse=True):
        if path.startswith(layer + "/"):
            return layer
    return None


def target_of(include, folder):
    """The path from the root that an include with quotes means; None for a generated file."""
    for base in ("include", "", folder):
        path = os.path.normpath(os.path.join(base, include))
        if os.path.exists(os.path.join(ROOT, path)) or os.path.exists(
                os.path.join(ROOT, path + ".in")):
            return path
    return None


def faults_of(path):
    layer = layer_of(path)
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match:
                continue
            where = f"{path}:{number}"
            target = target_of(match[1], os.path.dirname(path))
            if target is None:
                if not re.search(r"(\.skel\.h|vmlinux\.h)$", match[1]):
                    yield f"{where}: \"{match[1]}\" is not there; write the path from the root"
            elif layer_of(target) is None:
                yield f"{where}: nothing may include {target}"
            elif layer_of(target) != layer and layer_of(target) not in MAY[layer]:
                yield f"{where}: {layer} may not include {target}"


def sources():
    for layer in ("include", "bpf", "engine", "extract", "transport", "cli"):
        for folder, _, names in os.walk(os.path.join(ROOT, layer)):
            for name in names:
                if name.endswith((".c", ".h", ".def", ".in")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def main():
    paths = sorted(sources())
    homeless = [f"{path}: in no layer" for path in paths if layer_of(path) is None]
    faults = homeless + [fault for path in paths if layer_of(path) for fault in faults_of(path)]
    print("\n".join(faults) or f"{len(paths)} files keep to their layers")
    sys.exit(1 if faults or not paths else 0)


main()
