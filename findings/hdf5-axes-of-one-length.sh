#!/usr/bin/env bash
# xarray 2026.9.0 with h5netcdf 1.8.2 or netCDF4 1.7.5: the coordinate y of a square grid lies along x.
#
# HDF5 files without dimension scales, as PDEBench's, have no names of axes. Both engines make them up by length: two
# axes of one array are kept apart, but an array of its own takes the first axis of its length. On a square grid
# `y-coordinate` has the dimension of the axis x, and xarray multiplies, subtracts and averages by dimension.
#
# Expected: an error, or a dimension of its own.
# Seen: a velocity that is y at every point, in a file with the names and the layout of PDEBench (samples, times, x, y),
#     largest |Vx - y-coordinate|: 7.0   (of a grid of 8 x 8; on 8 x 6 points it is 0)
#
# Harm: shear, moments, a forcing sin(ky) taken from the file's own coordinate come out transposed, and only on square
# grids.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check xarray==2026.9.0 h5netcdf==1.8.2 h5py==3.16.0 netCDF4==1.7.5.1.post1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'EOF'
import h5py
import numpy as np
import xarray

for height, expected in ((6, 0.0), (8, 7.0)):
    x, y = np.arange(8.0), 10 + np.arange(float(height))
    name = f"flow{height}.h5"
    with h5py.File(name, "w") as file:
        file["Vx"] = np.broadcast_to(y, (2, 3, 8, height)).astype("f4")
        file["x-coordinate"], file["y-coordinate"], file["t-coordinate"] = x, y, np.arange(4.0)
    for options in ({"engine": "h5netcdf", "phony_dims": "sort"}, {"engine": "h5netcdf", "phony_dims": "access"}, {"engine": "netcdf4"}):
        flow = xarray.open_dataset(name, **options)
        found = float(abs(flow["Vx"] - flow["y-coordinate"]).max())
        print(f"8 x {height}, {options}: {flow['y-coordinate'].dims} {found}")
        assert found == expected, "axes of one length are kept apart now"
EOF
