#!/usr/bin/env bash
# hdf5storage 0.2.2: `savemat` adds to a file that is there, and keeps every variable of it.
#
# The name and the arguments are those of `scipy.io.savemat`, which writes the file anew, as MATLAB's `save` does
# without `-append`. Here `truncate_existing=False` is the default.
#
# Expected: a file that holds what was passed.
# Seen, after saving u and mask, and then u alone under the same name:
#     scipy ['u']  hdf5storage ['mask', 'u']
#
# Harm: variables of an earlier run stand beside those of this one. A mask that is no longer meant hides cells, and
# times or spacings that are no longer passed are those of other data.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    hdf5storage==0.2.2 h5py==3.16.0 scipy==1.17.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'EOF'
import hdf5storage
import numpy as np
import scipy.io

found = {}
for module in [scipy.io, hdf5storage]:
    name = module.__name__.split(".")[0]
    module.savemat(f"{name}.mat", {"u": np.ones((2, 3)), "mask": np.eye(2, 3)})
    module.savemat(f"{name}.mat", {"u": np.zeros((2, 3))})
    found[name] = sorted(key for key in module.loadmat(f"{name}.mat") if not key.startswith("_"))
print("  ".join(f"{name} {keys}" for name, keys in found.items()))
assert found == {"scipy": ["u"], "hdf5storage": ["mask", "u"]}, "the file is written anew now"
EOF
