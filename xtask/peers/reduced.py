"""A trial by SDA's predictor-corrector (Rozet & Louppe 2023, arXiv 2306.10574, algorithm 4) in full space."""

import functools
import math

from step import gaussian_score
from wake import SHAPE, SUBS, Peer, level, modes, normal

STEPS = 256
TIMED = 8
TAU = 0.5


def peer(library, threads):
    version, work = {"pytorch": pytorch}[library](threads)
    settings = [(s, c) for s in SUBS for c in (0, 1)]
    prefixes = {f"reduced/sub-{s}/corrections-{c}/": (lambda s=s, c=c: work(s, c)) for s, c in settings}
    cases = {prefix + end: make for prefix, make in prefixes.items() for end in ("members-1", "field")}
    note = (
        f"{TIMED} of the {STEPS} steps were timed, and their time multiplied by {STEPS // TIMED}; "
        "a trial ends with a field, so one timing stands beside both of our cases"
    )
    same = {prefix + "field": prefix + "members-1" for prefix in prefixes}
    return Peer(version, cases, dict.fromkeys(cases, note), STEPS / TIMED, same)


def pytorch(threads):
    import torch

    torch.set_num_threads(threads)
    basis = functools.cache(lambda: torch.from_numpy(modes()))

    def work(sub, corrections):
        prior, start = basis(), torch.from_numpy(normal(*SHAPE))
        y = torch.randn_like(start[..., ::sub, ::sub])

        def noise(x, mu, sigma):
            return gaussian_score(prior, y, sub, x, mu, sigma)

        def steps():
            x = start
            for step in range(TIMED):
                (mu, sigma), (mu_next, sigma_next) = level(1 - step / STEPS), level(1 - (step + 1) / STEPS)
                ratio = mu_next / mu
                x = ratio * x + (sigma_next - ratio * sigma) * noise(x, mu, sigma)
                for _ in range(corrections):
                    z = torch.randn_like(x)
                    eps = noise(x, mu_next, sigma_next)
                    delta = TAU / eps.square().mean()
                    x = x - (delta * eps + torch.sqrt(2 * delta) * z) * sigma_next
            return x

        return steps

    return torch.__version__, work
