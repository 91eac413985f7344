#!/usr/bin/env bash
# tarp 0.1.1: the bootstrap of coverage draws no bootstrap, and changes the samples that it is given.
#
# `get_tarp_coverage(..., bootstrap=True)` replaces, in each of its rounds, one simulation by another *in the
# caller's arrays*, and keeps the replacement for the next round. So its rounds differ in few simulations
# where a bootstrap draws all anew; with `seed=` every round draws the same pair, and from the second on
# nothing differs at all.
#
# Expected: with 500 simulations of a calibrated posterior a standard deviation of the coverage at level 1/2 of
# sqrt(1/4/500) = 0.022, and samples as they were.
# Seen:
#     with a seed: standard deviation 0.0000; 2 simulations of the caller changed
#     with reference points: standard deviation 0.0049; 91 simulations of the caller changed
#     drawn by hand, same reference points: standard deviation 0.0201
# (the second line the median of 20 calls, from 0.003 to 0.009).
#
# Harm: bands of width zero, or a quarter of what they should be, make a calibrated sampler fail and chance
# look like evidence; whatever is computed afterwards from the same arrays is computed from other data.
# (tqdm and deprecation are imported by tarp and not declared.)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check tarp==0.1.1 numpy==2.4.6 tqdm==4.70.1 deprecation==2.1.0
cd "$folder"
venv/bin/python - <<'EOF'
import os

os.environ["TQDM_DISABLE"] = "1"
import numpy as np
import tarp

draw = np.random.default_rng(1)
simulations, members, dimensions = 500, 100, 2
truth = draw.uniform(size=(simulations, dimensions))
samples = draw.uniform(size=(members, simulations, dimensions))
references = draw.uniform(size=(simulations, dimensions))


def bootstrap(**arguments):
    given = truth.copy()
    coverage, _ = tarp.get_tarp_coverage(samples.copy(), given, bootstrap=True, **arguments)
    return coverage[:, 25].std(), int((given != truth).any(axis=1).sum())


def by_hand():
    chosen = draw.integers(simulations, size=simulations)
    coverage, _ = tarp.get_tarp_coverage(samples[:, chosen], truth[chosen], references=references[chosen])
    return coverage[25]


seeded = bootstrap(seed=3)
referred = np.median([bootstrap(references=references) for _ in range(20)], axis=0)
true = np.std([by_hand() for _ in range(200)])
for name, (spread, changed) in {"a seed": seeded, "reference points": referred}.items():
    print(f"with {name}: standard deviation {spread:.4f}; {changed:.0f} simulations of the caller changed")
print(f"drawn by hand, same reference points: standard deviation {true:.4f}")
assert seeded[0] < true / 10 and referred[0] < true / 2, "the bootstrap is another now"
assert seeded[1] > 0 and referred[1] > 0, "the arguments stay as they were now"
EOF
