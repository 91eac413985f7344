#!/usr/bin/env bash
# azula 0.11.1: a sample of DPS depends on how many others are drawn with it.
#
# Chung et al. 2023 guide by the gradient of the norm of the residual of *a* sample. `DPSSampler.step` takes
# the norm over the whole batch, so that a gradient is divided by the residuals of all: with B samples the
# guidance of each is weaker by about sqrt(B).
#
# Expected: the same sample for the same noise, alone or in a batch.
# Seen: prior N(0, I) in four dimensions, y = (1, -1) of the first two, the same noise for the first sample,
# which is shown, and the mean over the batch of the distance to y:
#     batch of   1: x1 = 0.680, x2 = -1.504, distance 0.597
#     batch of   4: x1 = 1.030, x2 = -0.994, distance 0.205
#     batch of  64: x1 = 1.163, x2 = -1.012, distance 0.217
#     batch of 256: x1 = 1.314, x2 = -0.796, distance 0.950
#
# Harm: the strength of guidance that was tuned on one batch is another on the next; numbers of two papers, or
# of the last, smaller batch of one, are not of one method. PyTorch brings several GB.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check azula==0.11.1 torch==2.15.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'EOF'
import torch
from azula.denoise import GaussianDenoiser
from azula.guidance import DPSSampler
from azula.linalg.covariance import IsotropicCovariance
from azula.noise import VPSchedule

steps, most, dimensions = 64, 256, 4
torch.manual_seed(0)
noise = torch.randn(steps + 1, most, dimensions)
prior = GaussianDenoiser(torch.zeros(dimensions), IsotropicCovariance(torch.tensor(1.0)), VPSchedule())
y = torch.tensor([1.0, -1.0])


def sample(batch):
    rows = iter(noise[1:, :batch])
    torch.randn_like = lambda x: next(rows)
    sampler = DPSSampler(prior, y=y.expand(batch, 2), A=lambda x: x[..., :2], steps=steps, silent=True)
    return sampler(noise[0, :batch].clone())[:, :2]


first = {}
for batch in (1, 4, 64, 256):
    x = sample(batch)
    distance = (x - y).norm(dim=1).mean()
    print(f"batch of {batch:3}: x1 = {x[0, 0]:.3f}, x2 = {x[0, 1]:.3f}, distance {distance:.3f}")
    first[batch] = x[0]
assert (first[1] - first[4]).abs().max() > 0.1, "a sample does not depend on its batch now"
EOF
