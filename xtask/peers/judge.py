"""The figures that `equipoise judge` gives of members and their truth, by xarray, scoringrules (fair) and NumPy.

judge.py FOLDER: opens members.h5 and truth.h5, takes frame after frame, prints the figures of the truth among the members
as one line of JSON, with the seconds, those of the processors and the memory that it took behind its imports and the
first call of each kernel. Tested with xarray 2026.9.0, h5netcdf 1.8.2, scoringrules 0.10.0, numba 0.68.1, NumPy 2.4.6.
"""

import json
import pathlib
import resource
import sys
import time

import numpy as np
import scoringrules
import xarray


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

    def cumulative(level):
        l = round((1 - level) / 2 * (count + 1))
        return ranks[l : count - l + 1].sum() / entries

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
        "coverage.50": cumulative(0.5),
        "coverage.90": cumulative(0.9),
        "energy_score": score,
        "nearest": nearest,
        "energy": (0.5 * own / (frames * (side * side) ** 2)).tolist(),
        "coherence": (both / np.sqrt(own * rest)).tolist(),
        "divergence": float(np.sqrt(derivative[0] / derivative[1])),
        "border": float(np.sqrt(seams[0] / seams[1] / (seams[2] / seams[3]))),
    }


if __name__ == "__main__":
    # A first call compiles the kernels of scoringrules; it is not timed.
    small = np.random.default_rng(1).standard_normal((3, 4), dtype=np.float32)
    scoringrules.crps_ensemble(small[0], small[1:], m_axis=0, estimator="fair", backend="numba")
    scoringrules.es_ensemble(small[0], small[1:], m_axis=0, v_axis=1, estimator="fair", backend="numba")
    before, clock, processor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter(), time.process_time()
    found = figures(pathlib.Path(sys.argv[1]))
    found["seconds"], found["cpu"] = time.perf_counter() - clock, time.process_time() - processor
    found["above"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps(found))
