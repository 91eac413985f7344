#!/usr/bin/env bash
# OpenPIV 0.26.1: masked vectors are saved as valid vectors of velocity zero.
#
# `tools.save` takes masked arrays u and v and writes each masked vector as u = v = 0 with flags 0 ("valid")
# and mask 0. The mask is in the file only where it is passed once more as an argument of its own.
#
# Expected: mask 1 (or flags 1, or nan) in the rows that are masked.
# Seen, the row of the masked vector:
#     8.0000e+00	8.0000e+00	0.0000e+00	0.0000e+00	0.0000e+00	0.0000e+00
#
# Harm: a reader of the file cannot tell a failed vector from fluid at rest; the mean of u, 3 m/s
# everywhere, reads 2.667, and a fit takes the hole for flow.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check OpenPIV==0.26.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'EOF'
import numpy as np
from openpiv import tools

x, y = np.meshgrid(8.0 * np.arange(3), 8.0 * np.arange(3))
invalid = np.zeros((3, 3), bool)
invalid[1, 1] = True
u = np.ma.masked_array(np.full((3, 3), 3.0), invalid)
v = np.ma.masked_array(np.full((3, 3), -1.0), invalid)
tools.save("field.txt", x, y, u, v)

lines = open("field.txt").read().splitlines()
print(lines[0], lines[5], sep="\n")
rows = np.loadtxt("field.txt")
print("mean of u, before and after:", u.mean(), rows[:, 2].mean())
assert (rows[4] == [8, 8, 0, 0, 0, 0]).all(), "the masked vector is written otherwise now"
EOF
