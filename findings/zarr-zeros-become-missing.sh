#!/usr/bin/env bash
# zarr 3.1.6 and xarray 2026.9.0: fluid at rest becomes missing data.
#
# In Zarr's format 2 `fill_value` says what a chunk holds that was never stored; zarr sets it to 0.
# xarray takes the same entry for a mark of missing data (`_FillValue`). Each is right about its own word:
# between the two every velocity that is exactly 0 is nan.
#
# Expected: the numbers that were written.
# Seen: a row of velocities 0 0.5 0 0.25, written by zarr and read by xarray,
#     [ nan 0.5   nan 0.25]
# and its mean, which leaves nan out, 0.375 instead of 0.1875. Format 3 does not do this.
#
# Harm: walls, solids and stagnant cells vanish from the data, and every statistic that skips nan is
# biased away from zero.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check zarr==3.1.6 xarray==2026.9.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'EOF'
import numpy as np
import xarray
import zarr

written = np.array([0.0, 0.5, 0.0, 0.25], "f4")
found = {}
for form in (2, 3):
    group = zarr.open_group(f"flow{form}.zarr", mode="w", zarr_format=form)
    names = {"dimension_names": ["x"]} if form == 3 else {}
    array = group.create_array("u", shape=written.shape, dtype="f4", **names)
    array[:] = written
    if form == 2:
        array.attrs["_ARRAY_DIMENSIONS"] = ["x"]
    assert (array[:] == written).all()
    found[form] = xarray.open_zarr(f"flow{form}.zarr", consolidated=False)["u"]
    print(f"format {form}:", found[form].values, "mean", float(found[form].mean()))
assert np.isnan(found[2].values[[0, 2]]).all() and float(found[2].mean()) == 0.375, "zeros are read now"
assert (found[3].values == written).all(), "format 3 loses zeros now"
EOF
