#!/usr/bin/env bash
# pyvista 0.49.1 (VTK 9.7): an even grid of two dimensions in XDMF lies in the plane of y and z.
#
# XDMF describes such a grid as `2DCoRectMesh` with an origin and a spacing for its two axes, which the model calls x
# and y. VTK's reader gives them to y and z; x has one point. `2DSMesh`, whose points are listed, lies in x and y.
#
# Expected: bounds in x and y, and the derivative of a field along y where its numbers grow along y.
# Seen: a field that grows by 1 a row, rows 0.5 apart,
#     bounds x 0 to 0, y 20 to 21.25, z 10 to 11.5;  gradient (0, 0, 2)
#
# Harm: the picture looks right. Vorticity from u and v is 0 in z and wrong in x, integrals and slices at z = 0 are
# empty, and a second file in x and y does not overlap.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pyvista==0.49.1 vtk==9.7.2 h5py==3.16.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'EOF'
import h5py
import numpy as np
import pyvista

ROWS, COLUMNS = 4, 6
with h5py.File("flow.h5", "w") as file:
    file["u"] = np.broadcast_to(np.arange(ROWS, dtype="f4")[:, None], (ROWS, COLUMNS))
item = '<DataItem Dimensions="2" NumberType="Float" Format="XML">'
open("flow.xdmf", "w").write(
    f"""<?xml version="1.0"?>
<Xdmf Version="3.0"><Domain><Grid Name="series" GridType="Collection" CollectionType="Temporal"><Grid Name="frame">
  <Time Value="0"/>
  <Topology TopologyType="2DCoRectMesh" Dimensions="{ROWS} {COLUMNS}"/>
  <Geometry GeometryType="ORIGIN_DXDY">{item}10 20</DataItem>{item}0.5 0.25</DataItem></Geometry>
  <Attribute Name="u" AttributeType="Scalar" Center="Node"><DataItem Dimensions="{ROWS} {COLUMNS}" NumberType="Float"
    Precision="4" Format="HDF">flow.h5:/u</DataItem></Attribute>
</Grid></Grid></Domain></Xdmf>
"""
)
flow = pyvista.read("flow.xdmf")
flow = flow[0] if isinstance(flow, pyvista.MultiBlock) else flow
gradient = flow.compute_derivative(scalars="u")["gradient"]
print("bounds", tuple(flow.bounds), "gradient", gradient[0])
assert flow.dimensions == (1, COLUMNS, ROWS), "it lies in the plane of x and y now"
assert np.allclose(gradient, (0, 0, 2)), "the derivative is along y now"
EOF
