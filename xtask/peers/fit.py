"""The leading modes of a snapshot matrix: NumPy's eigenvalues of the Gram matrix, and a randomised SVD."""

import numpy as np
import scipy.linalg

from wake import Peer, normal

SIZES = ((16, 256), (18, 64), (18, 256), (20, 64))
RANK = 20
FRAME, SERIES, WINDOW = 14, 256, 16  # the frames have 2^14 numbers


def peer(library, threads):
    fit = {"numpy": snapshots, "numpy-f32": snapshots_f32, "randomised": randomised}[library]

    def stretched(power, count):
        stretch = 10.0 / np.arange(1, count + 1, dtype=np.float32)
        return normal(count, 1 << power) * stretch[:, None]

    def work(power, count):
        data = stretched(power, count)
        return lambda: fit(data)

    def windows():
        series = stretched(FRAME, SERIES).ravel()
        data = np.lib.stride_tricks.sliding_window_view(series, WINDOW << FRAME)[:: 1 << FRAME]
        return lambda: fit(data)

    names = {f"fit/low-rank/2^{p}x{n}": (lambda p=p, n=n: work(p, n)) for p, n in SIZES}
    names[f"fit/windows/2^{FRAME}x{SERIES}/T-{WINDOW}"] = windows
    return Peer(np.__version__, names)


def snapshots(data, kind=np.float64):
    """The method of snapshots; products in double precision, as ours are."""
    mean = data.mean(axis=0, dtype=np.float64)
    centred = data.astype(kind) - mean.astype(kind)
    values, vectors = np.linalg.eigh(centred @ centred.T / (len(data) - 1))
    values, vectors = values[::-1][:RANK], vectors[:, ::-1][:, :RANK]
    modes = (vectors / np.sqrt(values * (len(data) - 1))).T @ centred
    return mean, values, modes.astype(np.float32)


def snapshots_f32(data):
    """The same in single precision throughout."""
    return snapshots(data, np.float32)


def randomised(data, oversamples=10, iterations=4):
    """Halko, Martinsson & Tropp 2011, algorithms 4.4 and 5.1, as scikit-learn does it, in single precision."""
    centred = data - data.mean(axis=0)
    probes = np.random.default_rng(0).standard_normal((RANK + oversamples, len(data)), dtype=np.float32)
    basis = probes @ centred
    for _ in range(iterations):
        q = scipy.linalg.qr(centred @ basis.T, mode="economic")[0]
        basis = q.T @ centred
    q = scipy.linalg.qr(basis.T, mode="economic")[0]
    _, values, modes = scipy.linalg.svd((centred @ q), full_matrices=False)
    return values[:RANK] ** 2 / (len(data) - 1), modes[:RANK] @ q.T
