"""What other programs read of the ensembles that the test `other_programs_read_them` writes.

exchange.py FOLDER: for each NAME.h5 there, opens NAME.nc by netCDF4, h5netcdf and xarray, NAME.zarr by zarr and xarray,
NAME_npy by NumPy, NAME_vti and NAME.xdmf by pyvista, and holds names of axes, coordinates, units and every number to
the HDF5 file and to the rule that it was made by.
"""

import json
import pathlib
import sys
import warnings

import h5netcdf
import h5py
import netCDF4
import numpy
import pyvista
import xarray
import zarr


def same(found, expected, what):
    found, expected = numpy.asarray(found), numpy.asarray(expected)
    assert found.shape == expected.shape, f"{what}: found {found.shape}, expected {expected.shape}"
    assert numpy.array_equal(found, expected, equal_nan=found.dtype.kind == "f"), f"{what}: numbers differ"


class Truth:
    """What the HDF5 file holds, with NaN where there is no flow, and what the axes are."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        told = json.loads((folder / f"{name}_npy" / "axes.json").read_text())
        self.told, self.attributes = told, told["attributes"]
        self.known = "dx" in self.attributes
        self.axes = [self.attributes["H_axis"], self.attributes["W_axis"]]
        with h5py.File(folder / f"{name}.h5") as file:
            self.stored = {key: file[key][()] for key in file}
        self.masked = "mask" in self.stored
        hidden = self.stored["mask"].astype(bool) if self.masked else numpy.False_
        flow = lambda key: numpy.where(hidden, numpy.float32("nan"), self.stored[key])
        self.members, self.mean, self.std = flow("members"), flow("velocity")[0], flow("std")
        self.components = told["coordinates"]["component"]
        self.along = None
        if self.known:
            count = lambda axis: self.mean.shape[2 + self.axes.index(axis)]
            self.along = {
                "x": -1 + 0.5 * numpy.arange(count("x")),
                "y": 2 + 0.25 * numpy.arange(count("y")),
                "time": 4 + numpy.arange(len(self.mean)) * 0.1,
            }


def variables(truth, opened, dims, values, attributes, what):
    """The variables of NetCDF or Zarr, whoever opens them."""
    names = {"unknown": ["c0", "x_y"]}.get(truth.name, truth.components)
    for c, name in enumerate(names):
        for ending, expected, leading in (
            ("", truth.members[:, :, c], ["member", "time"]),
            ("_mean", truth.mean[:, c], ["time"]),
            ("_std", truth.std[:, c], ["time"]),
        ):
            variable = opened[name + ending]
            assert list(dims(variable)) == leading + truth.axes, f"{what}: {name}{ending}: {dims(variable)}"
            same(values(variable), expected, f"{what}: {name}{ending}")
            assert attributes(variable)["units"] == "m/s"
    same(values(opened["weight"]), [0.5, 0.125, 0.375], f"{what}: weight")
    same(values(opened["member"]), [0, 2, 7], f"{what}: member")
    for axis, along in (truth.along or {}).items():
        same(values(opened[axis]), along, f"{what}: {axis}")
        assert attributes(opened[axis])["units"] == ("s" if axis == "time" else "m")
        assert attributes(opened[axis])["axis"] == {"time": "T"}.get(axis, axis.upper())


def filled(variable):
    values = variable[...]
    return values.filled(numpy.nan) if numpy.ma.isMaskedArray(values) and values.dtype.kind == "f" else values


def netcdf(truth):
    path = truth.folder / f"{truth.name}.nc"
    with netCDF4.Dataset(path) as opened:
        attributes = lambda variable: {key: variable.getncattr(key) for key in variable.ncattrs()}
        variables(truth, opened.variables, lambda v: v.dimensions, filled, attributes, "netCDF4")
        assert opened.Conventions == "CF-1.11" and opened.space == "physical units"
        assert {d for d in opened.dimensions} == {"member", "time", "x", "y"}
        assert set(opened.variables) & {"x", "y", "time"} == ({"x", "y", "time"} if truth.known else set())
    with h5netcdf.File(path, "r") as opened:
        read = lambda variable: variable[...]
        variables(truth, opened.variables, lambda v: v.dimensions, read, lambda v: dict(v.attrs), "h5netcdf")
    with netCDF4.Dataset(path, "a") as opened:
        opened.comment = "appended to"
    for engine in ("netcdf4", "h5netcdf"):
        with xarray.open_dataset(path, engine=engine) as opened:
            read = lambda variable: variable.values
            variables(truth, opened, lambda v: v.dims, read, lambda v: v.attrs, f"xarray by {engine}")
            assert json.loads(opened.attrs["provenance"])["by"].startswith("<a test>")
            if truth.masked:
                assert opened["mask"].dims == tuple(truth.axes) and opened["mask"].values.sum() == 2


def in_zarr(truth):
    path = truth.folder / f"{truth.name}.zarr"
    opened = zarr.open_group(path, mode="r")
    dims = lambda array: array.metadata.dimension_names
    variables(truth, opened, dims, lambda a: a[...], lambda a: dict(a.attrs), "zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with xarray.open_zarr(path, consolidated=True) as opened:
            variables(truth, opened, lambda v: v.dims, lambda v: v.values, lambda v: v.attrs, "xarray by zarr")


def npy(truth):
    folder = truth.folder / f"{truth.name}_npy"
    for name, expected in (("members", truth.members), ("mean", truth.mean), ("std", truth.std)):
        same(numpy.load(folder / f"{name}.npy"), expected, f"NumPy: {name}")
        axes = truth.told["axes"][name]
        assert axes == ["member"] * (name == "members") + ["time", "component"] + truth.axes
    same(numpy.load(folder / "weights.npy"), [0.5, 0.125, 0.375], "NumPy: weights")
    for axis, along in (truth.along or {}).items():
        same(truth.told["coordinates"][axis], along, f"axes.json: {axis}")
    if truth.masked:
        same(numpy.load(folder / "mask.npy"), truth.stored["mask"].astype(bool), "NumPy: mask")


def scattered(truth, field, c, t):
    """A component of a frame with x fastest."""
    plane = field[t, c].T if truth.axes == ["x", "y"] else field[t, c]
    return plane.reshape(-1)


def vtk(truth):
    reader = pyvista.get_reader(str(truth.folder / f"{truth.name}_vti" / "series.pvd"))
    along = truth.along or {"time": numpy.arange(len(truth.mean), dtype=float)}
    assert numpy.allclose(reader.time_values, along["time"], rtol=1e-12)
    pair = [truth.components.index(name) for name in ("u", "v")] if "u" in truth.components else []
    fields = {"mean": truth.mean, "std": truth.std}
    fields |= {f"member_{i}": member for i, member in zip((0, 2, 7), truth.members)}
    for t in range(len(truth.mean)):
        reader.set_active_time_point(t)
        image = reader.read()[0]
        if truth.known:
            same(image.x.reshape(image.dimensions[::-1])[0, 0], truth.along["x"], "VTI: x")
            same(image.y.reshape(image.dimensions[::-1])[0, :, 0], truth.along["y"], "VTI: y")
        for key, field in fields.items():
            plane = lambda c: scattered(truth, field, c, t)
            if pair:
                vectors = image.point_data[f"velocity_{key}"]
                same(vectors[:, 0], plane(pair[0]), f"VTI: u of {key}")
                same(vectors[:, 1], plane(pair[1]), f"VTI: v of {key}")
                assert not vectors[:, 2].any()
            names = {"unknown": ["c0", "x_y"]}.get(truth.name, truth.components)
            for c in set(range(len(names))) - set(pair):
                same(image.point_data[f"{names[c]}_{key}"], plane(c), f"VTI: {names[c]} of {key}")
        same(image.field_data["weights"], [0.5, 0.125, 0.375], "VTI: weights")
        if truth.masked:
            found = image.point_data["mask"].astype(bool)
            same(found, scattered(truth, truth.stored["mask"][None, None].astype(bool), 0, 0), "VTI: mask")


def xdmf(truth):
    """By points: where each is, and what each component is there."""
    reader = pyvista.get_reader(str(truth.folder / f"{truth.name}.xdmf"))
    if len(truth.mean) > 1:
        along = truth.along or {"time": numpy.arange(len(truth.mean), dtype=float)}
        assert numpy.allclose(reader.time_values, along["time"], rtol=1e-12)
    shape = truth.mean.shape[2:]
    rows, columns = numpy.indices(shape).reshape(2, -1)
    names = {"unknown": ["c0", "x_y"]}.get(truth.name, truth.components)
    for t in range(len(truth.mean)):
        reader.set_active_time_point(t)
        grid = reader.read()
        while isinstance(grid, pyvista.MultiBlock):
            grid = grid[0]
        if truth.known:
            x, y = (rows, columns) if truth.axes == ["x", "y"] else (columns, rows)
            same(grid.points[:, 0], numpy.float32(-1 + 0.5 * x).astype(grid.points.dtype), "XDMF: x")
            same(grid.points[:, 1], numpy.float32(2 + 0.25 * y).astype(grid.points.dtype), "XDMF: y")
        if truth.masked:
            same(grid.point_data["mask"], truth.stored["mask"].reshape(-1), "XDMF: mask")
        for c, name in enumerate(names):
            same(grid.point_data[f"{name}_mean"], truth.stored["velocity"][0, t, c].reshape(-1), f"XDMF: {name}")
            same(grid.point_data[f"{name}_std"], truth.stored["std"][t, c].reshape(-1), f"XDMF: {name}")
            for m, index in enumerate((0, 2, 7)):
                found = grid.point_data[f"{name}_member_{index}"]
                same(found, truth.stored["members"][m, t, c].reshape(-1), f"XDMF: {name} of {index}")


def main():
    folder, faults = pathlib.Path(sys.argv[1]), 0
    for file in sorted(folder.glob("*.h5")):
        truth = Truth(folder, file.stem)
        for check in (netcdf, in_zarr, npy, vtk, xdmf):
            try:
                check(truth)
                print(f"{file.stem}: {check.__name__} agrees")
            except Exception as fault:
                faults += 1
                print(f"{file.stem}: {check.__name__}: {type(fault).__name__}: {fault}", file=sys.stderr)
    sys.exit(faults > 0)


main()
