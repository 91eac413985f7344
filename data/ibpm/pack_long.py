#!/usr/bin/env python3
"""Packs restart files of ibpm into a file of the layout of train.h5: pack_long.py FOLDER FIRST OUT [COUNT].

Needs h5py and NumPy. README.md says which runs the files were packed from.
"""
import struct
import sys
from pathlib import Path

import h5py
import numpy as np

FRAME, DT, MANTISSA = 16, 0.02, 11


def velocity(path):
    """u and v at the interior vertices of the finest level, (2, ny - 1, nx - 1), and the time."""
    raw = path.read_bytes()
    nx, ny, levels = struct.unpack("<3i", raw[:12])
    dx, _, _ = struct.unpack("<3d", raw[12:36])
    count = (nx + 1) * ny + nx * (ny + 1)
    q = np.frombuffer(raw, "<f8", count, 40)
    qx, qy = q[: (nx + 1) * ny].reshape(nx + 1, ny), q[(nx + 1) * ny :].reshape(nx, ny + 1)
    u = (qx[1:nx, 1:] + qx[1:nx, :-1]) / (2 * dx)
    v = (qy[:-1, 1:ny] + qy[1:, 1:ny]) / (2 * dx)
    return np.stack([u.T, v.T]), struct.unpack("<d", raw[-8:])[0]


def rounded(x):
    bits = x.astype(np.float32).view(np.uint32).astype(np.uint64)
    drop = 23 - MANTISSA
    bits = (bits + (1 << (drop - 1)) - 1 + ((bits >> drop) & 1)) >> drop << drop
    return bits.astype(np.uint32).view(np.float32)


def main(folder, first, out, count=64):
    steps = [first + FRAME * k for k in range(count)]
    fields, times = zip(*(velocity(Path(folder) / f"w{step:05d}.bin") for step in steps))
    x = rounded(np.stack(fields)[:, None])
    attributes = {
        "shape_description": "(T, N, C, H, W)", "reynolds": 100.0, "dt_frame": FRAME * DT, "dt_solver": DT,
        "dx": 0.04, "x_first": -0.96, "y_first": -1.96, "t_start": np.array([round(times[0], 6)]),
        "cylinder_center": np.zeros(2), "cylinder_center_px": np.array([49, 24]),
        "cylinder_radius": 0.5, "cylinder_radius_px": 12.5, "inflow": 1.0,
        "channels": "u (along x), v (along y)",
        "H_axis": "y, row 0 at y=-1.96, increasing", "W_axis": "x, column 0 at x=-0.96, increasing",
        "domain": "finest level x in [-1,7], y in [-2,2]; 4 nested levels, coarsest x in [-29,35], y in [-16,16]",
        "position": "interior grid vertices i=1..199, j=1..99 (velocities averaged from edge fluxes)",
        "solver": "cwrowley/ibpm (git 0af66f4195e4de80e1b9d0c33d9a242937a76616), nonlinear model, rk3, nx=200 ny=100 ngrid=4",
        "mantissa": f"float32 rounded to {MANTISSA} explicit mantissa bits (relative rounding error <= 2^-{MANTISSA + 1})",
    }
    with h5py.File(out, "w") as file:
        data = file.create_dataset("x", data=x, chunks=(1,) + x.shape[1:], compression="gzip", compression_opts=9, shuffle=True)
        for name, value in attributes.items():
            file.attrs[name] = data.attrs[name] = value
    print(out, x.shape, "t", times[0], times[-1], "mean", x.mean((0, 1, 3, 4)), "std", x.std((0, 1, 3, 4)), x.min((0, 1, 3, 4)), x.max((0, 1, 3, 4)))


main(sys.argv[1], int(sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:]))
