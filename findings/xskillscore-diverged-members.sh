#!/usr/bin/env bash
# xskillscore 0.0.29: a rank histogram leaves out the cases in which a member diverged, and looks better.
#
# A case with one member that is nan has no rank; `rank_histogram` turns it into an integer outside all
# bins, and it is counted nowhere. NumPy warns of an invalid cast; which cases, and how many, is not said.
#
# Expected: nan, an error, or a count of the cases left out.
# Seen: 4000 cases, 9 members with half of the spread that they should have, first as they are, then with one
# member nan wherever the truth is more than 0.7 from its mean, as of a sampler that explodes there:
#     4000 cases: 975 383 251 226 207 204 215 259 360 920
#     2064 cases: 147 244 231 224 206 203 211 240 233 125
#
# Harm: diverging where it is difficult makes an overconfident sampler look calibrated.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check xskillscore==0.0.29 xarray==2026.9.0 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1
cd "$folder"
venv/bin/python - <<'EOF'
import warnings

import numpy as np
import xarray
import xskillscore

warnings.simplefilter("ignore")
draw = np.random.default_rng(0)
np.random.seed(0)
truth = draw.normal(size=4000)
ensemble = 0.5 * draw.normal(size=(4000, 9))
broken = ensemble.copy()
broken[np.abs(truth) > 0.7, 0] = np.nan


def histogram(members):
    cases = xarray.DataArray(truth, dims="case")
    return xskillscore.rank_histogram(cases, xarray.DataArray(members, dims=("case", "member"))).values


whole, part = histogram(ensemble), histogram(broken)
for counts in (whole, part):
    print(f"{counts.sum()} cases:", *counts)
assert whole.sum() == 4000 and whole[[0, -1]].min() > 3 * whole[1:-1].mean()
assert part.sum() == (np.abs(truth) <= 0.7).sum(), "cases with nan are counted now"
assert part[[0, -1]].max() < part[1:-1].mean(), "the histogram shows the overconfidence now"
EOF
