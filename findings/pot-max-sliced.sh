#!/usr/bin/env bash
# POT 0.9.7.post1: `max_sliced_wasserstein_distance` falls with the number of dimensions.
#
# The max-sliced distance is the largest distance of projections over all directions. The function takes the
# largest of 50 random directions. In d dimensions a random direction meets a given one at an angle whose cosine
# is about 1/sqrt(d), so what it returns falls accordingly, and more directions hardly help.
#
# Expected: for two ensembles that differ by a shift of length 32, 32 in every number of dimensions.
# Seen:
#     d = 2: 32.0; d = 64: 9.8; d = 1024: 2.5; d = 4096: 1.3; d = 4096, 1000 directions: 1.5
#
# Harm: on fields (d from 1000 on) an ensemble that is off by 32 units passes as one that is off by 1, and
# results on grids of different size cannot be compared.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check POT==0.9.7.post1 numpy==2.4.6 scipy==1.17.1
cd "$folder"
venv/bin/python - <<'EOF'
import numpy as np
import ot

draw = np.random.default_rng(0)


def distance(d, directions=50):
    members = draw.normal(size=(64, d))
    shift = np.zeros(d)
    shift[0] = 32.0
    return ot.max_sliced_wasserstein_distance(members, members + shift, n_projections=directions, seed=0)


found = {d: distance(d) for d in (2, 64, 1024, 4096)}
more = distance(4096, 1000)
print(*(f"d = {d}: {value:.1f}" for d, value in found.items()), f"d = 4096, 1000 directions: {more:.1f}", sep="; ")
assert found[2] > 31 and found[1024] < 4 and more < 4, "the largest direction is found now"
EOF
