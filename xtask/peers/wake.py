"""The problem of the crate `throughput`'s `wake`: shape, prior, observation, level."""

import math
from dataclasses import dataclass
from typing import Callable

import numpy as np

SHAPE = (16, 2, 199, 399)
DIM = math.prod(SHAPE)
RANK = 20
NOISE = 0.01
GAMMA = 0.01
SUBS = (1, 2, 4, 16)


@dataclass
class Peer:
    """A library and the works it can prepare, by the name of their case."""

    version: str
    cases: dict[str, Callable]


def level(t=0.5, eta=0.01):
    """mu and sigma of the cosine schedule, variance preserving."""
    alpha = math.cos(math.acos(math.sqrt(eta)) * t) ** 2
    return alpha, math.sqrt(1.0 - alpha**2 + eta**2)


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def modes():
    """Orthonormal modes of the discrete cosine transform, rank x D."""
    i = np.arange(DIM) + 0.5
    rows = [np.cos(np.pi * i * k / DIM) * math.sqrt(2.0 / DIM) for k in range(1, RANK + 1)]
    return np.stack(rows).astype(np.float32)


def gains(mu, sigma):
    """Eigenvalues of J beyond the complement's, and the complement's."""

    def jacobian(eigenvalue):
        return mu * eigenvalue / (mu**2 * eigenvalue + sigma**2)

    rest = jacobian(0.01)
    return np.array([jacobian(DIM / (k + 1)) - rest for k in range(RANK)], dtype=np.float32), rest
