#!/usr/bin/env bash
# Python's subprocess on Linux, here 3.11 and NumPy 2.4.6: the peak memory of a child is at least that of the parent.
#
# `os.wait4` and `resource.getrusage(RUSAGE_CHILDREN)` give the largest resident memory of a child as the system counts
# it. Until the child becomes another program it has the memory of the parent, and the count goes on from there.
#
# Expected: `true` takes a megabyte or two, whoever starts it.
# Seen: `true`, started by a Python that holds an array of 256 MiB, or held one once,
#     before 25 MiB, with the array 281 MiB, after it was freed 281 MiB
#
# Harm: a comparison of programs by a script that has loaded its data, or just NumPy and a plotting library, gives the
# memory of the script for every program that takes less, the same for all.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6
"$folder/venv/bin/python" - <<'EOF'
import os
import subprocess

import numpy as np


def peak():
    child = subprocess.Popen(["true"])
    return os.wait4(child.pid, 0)[2].ru_maxrss >> 10


before = peak()
array = np.ones(1 << 25)
during = peak()
del array
after = peak()
print(f"before {before} MiB, with the array {during} MiB, after it was freed {after} MiB")
assert before < 100 and during > 256 and after > 256, "a child's memory is its own now"
EOF
