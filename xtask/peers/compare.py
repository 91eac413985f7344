"""compare.py TOLERANCE FOLDER EXPECTED: numbers of every HDF5 file of two folders, entry by entry."""

import sys
from pathlib import Path

import h5py
import numpy as np

tolerance, folder, expected = float(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
worst, counted, within = 0.0, 0, True


def compare(name, theirs):
    global worst, counted, within
    if not isinstance(theirs, h5py.Dataset) or theirs.dtype.kind != "f":
        return
    a, b = ours[name][:].astype(float), theirs[:].astype(float)
    apart = np.abs(a - b).max() / max(np.abs(b).max(), 1e-300) if a.shape == b.shape else np.inf
    print(f"{folder.name} against {expected.name}, {path.name}: {name} {a.shape}, {apart:.1e}")
    worst, counted = max(worst, apart), counted + 1
    # NaN is within no tolerance.
    within = within and bool(apart <= tolerance)


for path in sorted(expected.glob("**/*.h5")):
    with h5py.File(folder / path.relative_to(expected)) as ours, h5py.File(path) as other:
        other.visititems(compare)
sys.exit(not (counted and within))
