"""The optimal denoiser over training rows as anybody writes it: a softmax of distances, and autograd."""

from wake import Peer, normal

FRAME = 2 * 64 * 64
ROWS = 672 * 16  # frames, and their shifts written out
SIGMAS = (0.2, 1)


def peer(library, threads):
    version, work = {"pytorch": pytorch}[library](threads)
    cases = {}
    for sigma in SIGMAS:
        cases[f"denoiser/optimal/sigma-{sigma}"] = lambda s=sigma: work(s, True)
        cases[f"denoiser/mean/sigma-{sigma}"] = lambda s=sigma: work(s, False)
    note = "random rows in the place of frames: no branch looks at them"
    return Peer(version, cases, dict.fromkeys(cases, note))


def pytorch(threads):
    import functools

    import torch

    torch.set_num_threads(threads)
    training = functools.cache(lambda: torch.from_numpy(normal(ROWS, FRAME)))

    def work(sigma, with_product):
        rows = training()
        squares = rows.square().sum(dim=1)
        x = rows[0] + sigma * torch.randn(FRAME)
        v = rows[1]

        def denoised(x):
            weights = torch.softmax((rows @ x - squares / 2) / sigma**2, dim=0)
            return weights @ rows

        def mean():
            with torch.no_grad():
                return denoised(x)

        def both():
            x_t = x.detach().requires_grad_(True)
            x_hat = denoised(x_t)
            return x_hat.detach(), torch.autograd.grad(x_hat, x_t, v)[0]

        return both if with_product else mean

    return torch.__version__, work
