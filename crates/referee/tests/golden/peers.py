"""Numbers of other programs for the diagnostics of an ensemble; writes peers.json beside itself.

python3 -m venv venv && venv/bin/pip install numpy==2.4.6 scoringrules==0.10.0 properscoring==0.1 \
    xarray==2026.9.0 xskillscore==0.0.29 tarp==0.1.1 tqdm==4.70.1 deprecation==2.1.0 && venv/bin/python peers.py
"""

import json
import pathlib

import numpy as np
import properscoring
import scoringrules
import xarray
import xskillscore
from tarp import get_tarp_coverage

draws = np.random.default_rng(20)
MEMBERS, ENTRIES, CASES, DIMENSIONS = 9, 40, 30, 4


def rounded(array):
    """Six decimals, so that the file is small and both sides start from the same numbers."""
    return np.round(array, 6)


truth = rounded(draws.normal(size=ENTRIES))
members = rounded(0.2 + 0.9 * draws.normal(size=(MEMBERS, ENTRIES)))
scores = {
    "crps_fair": scoringrules.crps_ensemble(truth, members, m_axis=0, estimator="fair").mean(),
    "crps_empirical": properscoring.crps_ensemble(truth, members, axis=0).mean(),
    "energy_fair": float(scoringrules.es_ensemble(truth, members, m_axis=0, v_axis=1, estimator="fair")),
    "energy_empirical": float(scoringrules.es_ensemble(truth, members, m_axis=0, v_axis=1, estimator="nrg")),
}
named = lambda array, *dims: xarray.DataArray(array, dims=dims)
ranks = xskillscore.rank_histogram(named(truth, "i"), named(members, "member", "i"), dim="i").values
scores["crps_xskillscore"] = float(
    xskillscore.crps_ensemble(named(truth, "i"), named(members, "member", "i"), dim="i")
)
# Between the first and the last of nine members: 80 %; the third and the seventh: 40 %.
inside = lambda low, high: np.mean((np.sort(members, axis=0)[low] <= truth) & (truth <= np.sort(members, axis=0)[high]))
coverage = {"0.8": inside(0, 8), "0.4": inside(2, 6)}

samples = rounded(draws.normal(size=(MEMBERS, CASES, DIMENSIONS)))
theta = rounded(draws.normal(size=(CASES, DIMENSIONS)))
references = rounded(draws.normal(size=(CASES, DIMENSIONS)))
ecp, alpha = get_tarp_coverage(samples, theta, references=references, norm=False, num_alpha_bins=7, bootstrap=False)

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(
    json.dumps(
        {
            "truth": truth.tolist(),
            "members": members.tolist(),
            "scores": {name: float(value) for name, value in scores.items()},
            "ranks": [int(n) for n in ranks],
            "coverage": {name: float(value) for name, value in coverage.items()},
            "samples": samples.tolist(),
            "theta": theta.tolist(),
            "references": references.tolist(),
            "ecp": ecp.tolist(),
            "alpha": alpha.tolist(),
        }
    )
    + "\n"
)
