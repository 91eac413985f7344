"""A child of NumPy by examples/equipoise_serve.py: the exact denoiser of a Gaussian, by a dense solve.

gaussian.py DTYPE BATCH. The prior is N(m, S) with m_i = sin i and S = U diag(2^-i) U, U = I - 2 u u'/|u|^2,
u_i = 1 + i/3.
"""

import sys

import numpy as np
from equipoise_serve import serve

print("this print must not reach the protocol")
WINDOW = (2, 1, 2, 3)
DIM = int(np.prod(WINDOW))
i = np.arange(DIM)
m, u = np.sin(i), 1 + i / 3
U = np.eye(DIM) - 2 * np.outer(u, u) / (u @ u)
S = U @ np.diag(0.5**i) @ U


def gain(mu, sigma):
    return np.linalg.solve(mu**2 * S + sigma**2 * np.eye(DIM), mu * S).T


def each(matrix, x):
    """One product a member: a product of matrices may round a row by how many there are."""
    rows = [matrix @ row for row in x.reshape(-1, DIM).astype(float)]
    return np.stack(rows).reshape(x.shape).astype(x.dtype)


def linearise(x_t, mu, sigma):
    print("nor this one", mu)
    J = gain(mu, sigma)
    mean = m.reshape(WINDOW)
    x_hat = (mean + each(J, x_t - mu * mean)).astype(x_t.dtype)
    return x_hat, lambda v: each(J.T, v), lambda v: each(J, v)


dtype, batch = sys.argv[1], int(sys.argv[2])
serve(linearise, WINDOW, dtype=dtype, batch=batch, jvp=True, jacobian="symmetric", mean=[0.25], std=[2.0])
