#!/usr/bin/env bash
# OpenPIV 0.26.1: `transform_coordinates` changes one of the four arrays that it is given.
#
# From image axes (y down) to physical ones it returns y reversed, as a view, and v negated, in place. The
# caller's y stays as it was while the caller's v has changed sign.
#
# Expected: the arguments as they were, or all of them changed and the documentation saying so.
# Seen: a flow with u = x, v = -y has divergence 0 before the call and, from the same four arrays, 2 after
# it; called once more (a cell of a notebook run twice) it has divergence 0 again and v the wrong sign in what
# was saved:
#     divergence before 0.0, after one call 2.0, after two 0.0
#
# Harm: velocities with one component of the wrong sign, which nothing downstream refuses.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check OpenPIV==0.26.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'EOF'
import numpy as np
from openpiv import tools

x, y = np.meshgrid(np.arange(6.0), np.arange(5.0))
u, v = x.copy(), -y


def divergence():
    return float(np.mean(np.gradient(u, x[0], axis=1) + np.gradient(v, y[:, 0], axis=0)))


found = [divergence()]
for _ in range(2):
    tools.transform_coordinates(x, y, u, v)
    found.append(divergence())
print("divergence before {}, after one call {}, after two {}".format(*found))
assert np.allclose(found, [0, 2, 0]), "the arguments are treated otherwise now"
EOF
