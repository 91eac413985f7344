"""Writes smoother.json: what the Kalman smoother of statsmodels makes of three small trajectories.

    pip install statsmodels==0.15.0 numpy==2.4.6
    python smoother.py

Everything is written with the digits that give the same float64 back, but for the answers, which have 12.
"""

import json

import numpy as np
import statsmodels
from statsmodels.tsa.statespace.kalman_smoother import KalmanSmoother


def chain(rng, d, limit, complex_=False):
    """C0, K with singular values up to limit, and A, Q, which the smoother takes."""
    draw = lambda: rng.normal(size=(d, d)) + (1j * rng.normal(size=(d, d)) if complex_ else 0)
    m = draw()
    c0 = m @ m.conj().T / d + 0.1 * np.eye(d)
    u, s, v = np.linalg.svd(draw())
    k = u @ np.diag(limit * np.linspace(0.4, 1, d)) @ v
    values, vectors = np.linalg.eigh(c0)
    root = vectors @ np.diag(np.sqrt(values)) @ vectors.conj().T
    back = vectors @ np.diag(1 / np.sqrt(values)) @ vectors.conj().T
    return c0, k, root @ k @ back, root @ (np.eye(d) - k @ k.conj().T) @ root


def smooth(a, q, p0, frames):
    """frames: (design, y, noise variances) of each. Smoothed states and covariances, log p(y)."""
    d, length = len(a), len(frames)
    most = max(max(len(y) for _, y, _ in frames), 1)
    design = np.zeros((most, d, length))
    endog = np.full((length, most), np.nan)
    noise = np.zeros((most, most, length))
    for t, (z, y, s2) in enumerate(frames):
        noise[:, :, t] = np.eye(most)
        if len(y):
            design[: len(y), :, t] = z
            endog[t, : len(y)] = y
            noise[range(len(y)), range(len(y)), t] = s2
    model = KalmanSmoother(k_endog=most, k_states=d, k_posdef=d)
    model.bind(endog)
    model["design"], model["obs_cov"] = design, noise
    model["transition"], model["state_cov"], model["selection"] = a, q, np.eye(d)
    model.initialize_known(np.zeros(d), p0)
    model.tolerance = 0.0
    found = model.smooth()
    return found.smoothed_state.T, np.moveaxis(found.smoothed_state_cov, 2, 0), found.llf


def short(values):
    return [float(f"{v:.12g}") for v in np.ravel(values)]


def exact(values):
    return [float(v) for v in np.ravel(values)]


def modes(rng, length, shape, r, white, between):
    """r modes over frames of shape (C, H, W): sensors at one or two points and at whole frames or between them."""
    size = int(np.prod(shape))
    u = np.linalg.qr(rng.normal(size=(size, r)))[0]
    c0, k, a, q = chain(rng, r, 0.97)
    mean = rng.normal(size=size)
    sensors, rows = [], [[] for _ in range(length)]
    taken = set()
    for _ in range(3 * length):
        t = int(rng.integers(0, length - 1))
        if length // 3 <= t < length // 2:
            continue
        c, h, w = (int(rng.integers(0, n)) for n in shape)
        if (t, c, h, w) in taken:
            continue
        taken.add((t, c, h, w))
        fraction = float(np.round(rng.uniform(0.1, 0.9), 3)) if between and rng.uniform() < 0.5 else 0.0
        y, s2 = float(rng.normal()), float(rng.uniform(0.01, 0.3))
        sensors.append([t + fraction, c, h, w, y, s2])
        point = (c * shape[1] + h) * shape[2] + w
        # The state is (a of this frame, a of the one before): a reading between two is one of the later.
        at = t if fraction == 0 else t + 1
        later = 1.0 if fraction == 0 else fraction
        rows[at].append((np.r_[later * u[point], (1 - later) * u[point]], y - mean[point], s2 + white))
    big = np.block([[a, np.zeros((r, r))], [np.eye(r), np.zeros((r, r))]])
    lag = a @ c0
    p0 = np.block([[c0, lag], [lag.T, c0]])
    q2 = np.zeros((2 * r, 2 * r))
    q2[:r, :r] = q
    stacked = [(np.array([z for z, _, _ in f]), [y for _, y, _ in f], [s for _, _, s in f]) for f in rows]
    state, spread, llf = smooth(big, q2, p0, stacked)
    x = mean + state[:, :r] @ u.T
    variance = np.einsum("ji,tik,jk->tj", u, spread[:, :r, :r], u)
    if white:
        # The white part at a point that was read is what the modes leave of the reading, by its share of the noise.
        for t, c, h, w, y, s2 in sensors:
            t, point = int(t), (int(c) * shape[1] + int(h)) * shape[2] + int(w)
            share = white / (white + s2)
            x[t, point] += share * (y - x[t, point])
            variance[t, point] = (1 - share) ** 2 * variance[t, point] + white * (1 - share)
        read = {(int(t), (int(c) * shape[1] + int(h)) * shape[2] + int(w)) for t, c, h, w, _, _ in sensors}
        for t in range(length):
            for point in range(size):
                if (t, point) not in read:
                    variance[t, point] += white
    return {
        "shape": [length, *shape], "white": white, "c0": exact(c0), "k": exact(k), "modes": exact(u.T),
        "mean": exact(mean), "sensors": [exact(s) for s in sensors], "rank": r,
        "posterior_mean": short(x), "posterior_variance": short(variance), "log_evidence": float(llf),
    }  # fmt: skip


def waves(rng, length, shape, stride):
    """One chain a wavenumber; the smoother has all numbers of a frame for its state, and knows of no wavenumber."""
    c, h, w = shape
    size = c * h * w
    pair = lambda i, j: ((h - i) % h, (w - j) % w)
    c0, k, a, q = ({} for _ in range(4))
    for i, j in np.ndindex(h, w):
        if pair(i, j) in c0:
            for m in (c0, k, a, q):
                m[i, j] = m[pair(i, j)].conj()
        else:
            m = chain(rng, c, 0.95, complex_=pair(i, j) != (i, j))
            c0[i, j], k[i, j], a[i, j], q[i, j] = m
    f = np.exp(-2j * np.pi * np.outer(range(h), range(h)) / h) / np.sqrt(h)
    g = np.exp(-2j * np.pi * np.outer(range(w), range(w)) / w) / np.sqrt(w)
    fourier = np.kron(f, g)

    def full(blocks):
        out = np.zeros((c, c, h * w, h * w), complex)
        for d, e in np.ndindex(c, c):
            out[d, e] = fourier.conj().T @ np.diag([blocks[i, j][d, e] for i, j in np.ndindex(h, w)]) @ fourier
        return out.transpose(0, 2, 1, 3).reshape(size, size).real

    points = [(d * h + i) * w + j for d in range(c) for i in range(0, h, stride) for j in range(0, w, stride)]
    mean, s2 = rng.normal(size=size), 0.07
    z = np.eye(size)[points]
    absent = {0, length // 2, length // 2 + 1}
    readings = [None if t in absent else rng.normal(size=len(points)) for t in range(length)]
    frames = [(z[:0], [], []) if y is None else (z, y - z @ mean, [s2] * len(y)) for y in readings]
    state, spread, llf = smooth(full(a), full(q), full(c0), frames)
    numbers = lambda m: [
        [[float(z.real), float(z.imag)] for z in np.ravel(m[i, j])] for i, j in np.ndindex(h, w)
    ]
    return {
        "shape": [length, *shape], "stride": stride, "c0": numbers(c0), "k": numbers(k), "mean": exact(mean),
        "noise": s2, "readings": [[] if y is None else exact(y) for y in readings],
        "posterior_mean": short(mean + state), "log_evidence": float(llf),
        "posterior_variance": short(np.diagonal(spread, axis1=1, axis2=2)),
    }  # fmt: skip


def main():
    rng = np.random.default_rng(17)
    found = {
        "versions": {"statsmodels": statsmodels.__version__, "numpy": np.__version__},
        "between": modes(rng, 12, (2, 2, 3), 3, 0.0, True),
        "white": modes(rng, 12, (2, 2, 3), 2, 0.2, False),
        "waves": waves(rng, 7, (2, 2, 4), 2),
    }
    with open("smoother.json", "w") as out:
        json.dump(found, out, separators=(",", ":"))
        out.write("\n")


main()
