"""The problem of the crate `throughput`'s `wake`: shape, prior, observation, level."""

import math
from dataclasses import dataclass, field
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
    notes: dict[str, str] = field(default_factory=dict)
    """What a reader must know of a case's time."""
    times: float = 1.0
    """What the time of a call is multiplied with, where a call is a part of the case."""
    same: dict[str, str] = field(default_factory=dict)
    """Cases that are another's work: they take over its time, where it was timed since they last did."""


def level(t=0.5, eta=0.01):
    """mu and sigma of the cosine schedule, variance preserving."""
    alpha = math.cos(math.acos(math.sqrt(eta)) * t) ** 2
    return alpha, math.sqrt(1.0 - alpha**2 + eta**2)


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def modes():
    """Orthonormal modes of the discrete cosine transform, rank x D."""
    i = np.arange(DIM) + 0.5
    basis = np.empty((RANK, DIM), dtype=np.float32)
    for k, row in enumerate(basis, start=1):
        row[:] = np.cos(np.pi * i * k / DIM) * math.sqrt(2.0 / DIM)
    return basis


def gains(mu, sigma):
    """Eigenvalues of J beyond the complement's, and the complement's."""

    def jacobian(eigenvalue):
        return mu * eigenvalue / (mu**2 * eigenvalue + sigma**2)

    rest = jacobian(0.01)
    return np.array([jacobian(DIM / (k + 1)) - rest for k in range(RANK)], dtype=np.float32), rest
