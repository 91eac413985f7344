#!/usr/bin/env bash
# pykalman 0.11.2: a frame of which one reading is masked loses all of its readings.
#
# Masked arrays are how its documentation has missing measurements. A sensor that fails now and then is a mask of
# one column; the filter then takes no reading of those frames, says nothing, and its mean and variance are those of
# a posterior of fewer readings.
#
# Expected: the posterior given every reading that is not masked.
# Seen, two sensors, the second masked in every other frame, against the dense posterior:
#     given all readings that are not masked: mean off 0.94, variance off 0.337
#     given only the frames without a mask:   mean off 0.00, variance off 0.000
#
# Harm: with one bad sensor of many the good ones are thrown away, and the spread looks like a model's fault.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pykalman==0.11.2 numpy==2.4.6 scipy==1.17.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np
from pykalman import KalmanFilter

# x is stationary AR(1) in two independent numbers, correlation 0.8 a frame; each is read with noise 0.3.
frames, rho, noise = 40, 0.8, 0.3
lags = np.abs(np.subtract.outer(np.arange(frames), np.arange(frames)))
prior = np.kron(rho**lags, np.eye(2))
rng = np.random.default_rng(5)
x = np.linalg.cholesky(prior) @ rng.standard_normal(2 * frames)
y = (x + noise * rng.standard_normal(2 * frames)).reshape(frames, 2)
mask = np.zeros((frames, 2), dtype=bool)
mask[1::2, 1] = True


def dense(kept):
    read = np.eye(2 * frames)[kept.ravel()]
    gain = prior @ read.T @ np.linalg.inv(read @ prior @ read.T + noise**2 * np.eye(len(read)))
    mean = gain @ y.ravel()[kept.ravel()]
    return mean.reshape(frames, 2), np.diag(prior - gain @ read @ prior).reshape(frames, 2)


smoother = KalmanFilter(
    rho * np.eye(2), np.eye(2), (1 - rho**2) * np.eye(2), noise**2 * np.eye(2),
    np.zeros(2), np.zeros(2), np.zeros(2), np.eye(2),
)
mean, covariance = smoother.smooth(np.ma.array(y, mask=mask))
variance = np.diagonal(covariance, axis1=1, axis2=2)
off = []
for name, kept in [
    ("given all readings that are not masked:", ~mask),
    ("given only the frames without a mask:  ", np.repeat(~mask.any(1), 2)),
]:
    m, v = dense(kept)
    off.append((np.abs(mean - m).max(), np.abs(variance - v).max()))
    print(f"{name} mean off {off[-1][0]:.2f}, variance off {off[-1][1]:.3f}")
assert off[0][0] > 0.1 and off[0][1] > 0.01, off
assert max(off[1]) < 1e-9, off
PYTHON
