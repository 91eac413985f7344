#!/usr/bin/env bash
# azula 0.11.1 and zuko 1.6.0 (whose layer SDA's networks are built of): a LayerNorm that divides by C - 1.
#
# Both name Ba et al. 2016, whose equation 3 takes the mean of squares over the H features, as PyTorch's, JAX's
# and every other library's layer does. These two take the unbiased variance.
#
# Expected: the same numbers as torch.nn.functional.layer_norm without weights.
# Seen: the ratio of their output to PyTorch's over C channels, sqrt((C - 1)/C):
#     C =  2: azula 0.7071, zuko 0.7071
#     C =  4: azula 0.8660, zuko 0.8660
#     C = 16: azula 0.9682, zuko 0.9682
#     C = 96: azula 0.9948, zuko 0.9948
#
# Harm: weights that were trained with them and are loaded into a network of another library's layers load without
# an error, and give numbers that are off by a factor in every block. PyTorch brings several GB.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    azula==0.11.1 zuko==1.6.0 torch==2.15.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'EOF'
import torch
from azula.nn.layers import LayerNorm as Azula
from zuko.nn import LayerNorm as Zuko

torch.manual_seed(0)
for channels in (2, 4, 16, 96):
    x = 3 * torch.randn(500, channels, dtype=torch.float64)
    usual = torch.nn.functional.layer_norm(x, (channels,), eps=0)
    ratios = [(layer(-1, eps=0)(x) / usual).mean().item() for layer in (Azula, Zuko)]
    print(f"C = {channels:2}: azula {ratios[0]:.4f}, zuko {ratios[1]:.4f}")
    expected = ((channels - 1) / channels) ** 0.5
    assert all(abs(ratio - expected) < 1e-9 for ratio in ratios), ratios
EOF
