"""The figures that `equipoise judge` gives of members and their truth, by xarray, scoringrules (fair) and NumPy.

judge.py make FOLDER M T SIDE: members.h5 and truth.h5, draws of one law.
judge.py figures FOLDER: opens both, takes frame after frame, prints the figures of the truth among the members as one
line of JSON, with the seconds that it took behind its imports and the memory above that of the imports.
judge.py against PROGRAM FOLDER ROUNDS: `PROGRAM judge` and `figures` in turn, their time, memory and figures.
It needs xarray 2026.9.0, h5netcdf 1.8.2, scoringrules 0.10.0, numba 0.68.1 and NumPy 2.4.6.
"""

import json
import os
import pathlib
import resource
import subprocess
import sys
import time

import h5py
import numpy as np
import scoringrules
import xarray

LEVELS = (0.5, 0.9)


def make(folder, members, frames, side):
    """Members and truth are draws of one law; the numbers are f32."""
    shape, draws = (frames, 2, side, side), np.random.default_rng(0)
    k = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]) * side
    filtered = 1.0 / (1.0 + (k / 6.0) ** 2)

    def field():
        noise = draws.standard_normal(shape, dtype=np.float32)
        for t in range(1, frames):
            noise[t] = 0.9 * noise[t - 1] + np.sqrt(1 - 0.81) * noise[t]
        return np.fft.irfft2(np.fft.rfft2(noise) * filtered, s=(side, side)).astype(np.float32)

    for name, count in (("members", members), ("truth", 1)):
        with h5py.File(folder / f"{name}.h5", "w") as file:
            data = file.create_dataset("velocity", (count, *shape), dtype="f4")
            for key, value in dict(
                axes="NTCHW", kind="generic", H_axis="y", W_axis="x", boundary="periodic", channels="u,v"
            ).items():
                file.attrs[key] = value
            for key in ("dx", "dy", "dt"):
                file.attrs[key] = 1.0
            for key in ("x_first", "y_first", "t_first"):
                file.attrs[key] = 0.0
            for axis, scale in enumerate(("member", "time", "component", "y", "x")):
                data.dims[axis].label = scale
            for m in range(count):
                data[m] = field()


def octaves(side):
    """The octave of every mode of a square periodic box, the mean in none."""
    k = np.abs(np.fft.fftfreq(side) * side)
    shell = np.rint(np.hypot(k[:, None], k[None])).astype(int)
    last = int(np.log2(side // 2 - 1))
    return np.where(shell == 0, -1, np.minimum(np.log2(np.maximum(shell, 1)).astype(int), last)), last + 1


def figures(folder):
    names = ("member", "time", "component", "y", "x")
    opened = [xarray.open_dataset(folder / f"{n}.h5", engine="h5netcdf", phony_dims="access") for n in ("members", "truth")]
    members, truth = (d["velocity"].rename(dict(zip(d["velocity"].dims, names))) for d in opened)
    truth = truth.isel(member=0)
    count, frames, channels, side = members.sizes["member"], members.sizes["time"], 2, members.sizes["x"]
    band, bands = octaves(side)
    ranks, crps, squares, variance = np.zeros(count + 1), 0.0, 0.0, 0.0
    signed, studentised = np.zeros(channels), 0.0
    energy, cross, other, derivative, seams = (np.zeros(bands) for _ in range(3)), None, None, np.zeros(2), np.zeros(4)
    own, both, rest = energy
    for t in range(frames):
        x, y = members.isel(time=t).values, truth.isel(time=t).values
        crps += scoringrules.crps_ensemble(y, x, m_axis=0, estimator="fair", backend="numba").sum(dtype=np.float64)
        ranks += np.bincount((x < y).sum(axis=0).ravel(), minlength=count + 1)
        mean, var = x.mean(axis=0, dtype=np.float64), x.var(axis=0, ddof=1, dtype=np.float64)
        error = y - mean
        squares += (error**2).sum()
        variance += var.sum()
        z = error / np.sqrt(var)
        signed += z.sum(axis=(1, 2))
        studentised += (z**2).sum()
        of_truth, of_mean = np.fft.fft2(y), np.fft.fft2(mean)
        for b in range(bands):
            at = band == b
            own[b] += (np.abs(of_truth[:, at]) ** 2).sum()
            rest[b] += (np.abs(of_mean[:, at]) ** 2).sum()
            both[b] += (of_truth[:, at] * of_mean[:, at].conj()).real.sum()
        step = lambda a, axis: (np.roll(a, -1, axis) - np.roll(a, 1, axis)) / 2
        (uy, ux), (vy, vx) = ((step(y[c], 0), step(y[c], 1)) for c in (0, 1))
        derivative += [((ux + vy) ** 2).sum(), sum((d**2).sum() for d in (ux, uy, vx, vy))]
        for axis in (1, 2):
            seam = (y.take(0, axis) - y.take(-1, axis)) ** 2
            inside = np.diff(y, axis=axis) ** 2
            seams += [seam.sum(), seam.size, inside.sum(), inside.size]
    entries = frames * channels * side * side
    cumulative = lambda l: ranks[l : count - l + 1].sum() / entries
    coverage = {str(level): cumulative(round((1 - level) / 2 * (count + 1))) for level in LEVELS}
    spread = np.sqrt((count + 1) / count * variance / squares)
    # All entries together: they are read once more, as flat vectors of one component each.
    score, nearest = 0.0, None
    flat, flat_truth = members.values, truth.values
    scale = flat.std(axis=(0, 1, 3, 4), dtype=np.float64).astype(np.float32)[:, None, None]
    flat, flat_truth = (flat / scale).reshape(count, -1), (flat_truth / scale).ravel()
    score = float(scoringrules.es_ensemble(flat_truth, flat, m_axis=0, v_axis=1, estimator="fair", backend="numba"))
    nearest = float(np.sqrt(((flat - flat_truth) ** 2).sum(axis=1, dtype=np.float64).min()))
    expected = entries / (count + 1)
    return {
        "crps": crps / entries,
        "spread_skill": spread,
        "z": float(np.sqrt(studentised / entries)),
        "bias": (signed / (entries / channels)).tolist(),
        "rank_histogram": float(((ranks - expected) ** 2 / expected).sum()),
        "coverage": coverage,
        "energy_score": score,
        "nearest": nearest,
        "energy": (0.5 * own / (frames * (side * side) ** 2)).tolist(),
        "coherence": (both / np.sqrt(own * rest)).tolist(),
        "divergence": float(np.sqrt(derivative[0] / derivative[1])),
        "border": float(np.sqrt(seams[0] / seams[1] / (seams[2] / seams[3]))),
    }


def spent(line):
    """Seconds by the clock, seconds of processors and the largest resident memory of a process."""
    clock = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, line
    return time.perf_counter() - clock, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output


def against(program, folder, rounds):
    """Rounds of the program and of this script in turn, and how far their figures are apart."""
    judge = [program, "judge", "--members", folder / "members.h5", "--truth", folder / "truth.h5"]
    judge += ["--out", folder / "judge", "--force", "--format", "json"]
    bare = spent([program, "--version"])[2]
    for round in range(rounds):
        seconds, processors, peak, output = spent(judge)
        ours = json.loads(output)
        print(f"round {round + 1}: equipoise {seconds:.2f} s, processors {processors:.2f} s, {(peak - bare) >> 20} MiB above")
        _, processors, _, output = spent([sys.executable, __file__, "figures", folder])
        peer = json.loads(output)
        ratio = peer["seconds"] / seconds
        print(f"round {round + 1}: peer {peer['seconds']:.2f} s behind its imports, processors {processors:.2f} s, "
              f"{peer['above'] >> 20} MiB above; {ratio:.2f} times", flush=True)
    found = {row["name"].removeprefix("field."): row["found"] for row in ours["rows"]}
    pairs = {name: (found[name], peer[name]) for name in ("crps", "spread_skill", "rank_histogram", "border")}
    pairs |= {f"coverage.{level}": (found[f"coverage.{level}"], peer["coverage"][f"0.{level}"[:3]]) for level in ("50", "90")}
    for name, (a, b) in pairs.items():
        print(f"{name}: {a:.8g} {b:.8g}")


if __name__ == "__main__":
    verb = sys.argv[1]
    if verb == "make":
        make(pathlib.Path(sys.argv[2]), *map(int, sys.argv[3:]))
    elif verb == "against":
        against(sys.argv[2], pathlib.Path(sys.argv[3]), int(sys.argv[4]))
    else:
        # A first call compiles the kernels of scoringrules; it is not timed.
        small = np.random.default_rng(1).standard_normal((3, 4), dtype=np.float32)
        scoringrules.crps_ensemble(small[0], small[1:], m_axis=0, estimator="fair", backend="numba")
        scoringrules.es_ensemble(small[0], small[1:], m_axis=0, v_axis=1, estimator="fair", backend="numba")
        before, clock = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        found = figures(pathlib.Path(sys.argv[2]))
        found["seconds"] = time.perf_counter() - clock
        found["above"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        print(json.dumps(found))
