"""One evaluation of SDA's GaussianScore (Rozet & Louppe 2023, arXiv 2306.10574) over a low-rank Wiener prior."""

from wake import GAMMA, NOISE, SHAPE, Peer, gains, level, modes, normal

SUB = 4


def peer(library, threads):
    version, work = {"pytorch": pytorch, "jax": jax}[library](threads)
    single, half = "step/evaluation", "step/evaluation-16-bit"
    note = "single precision throughout, one timing beside U in 32 and in 16 bits"
    return Peer(version, {single: work, half: work}, {half: note}, same={half: single})


def pytorch(threads):
    import torch

    torch.set_num_threads(threads)

    def work():
        basis = torch.from_numpy(modes())
        x = torch.from_numpy(normal(*SHAPE))
        y = torch.randn_like(x[..., ::SUB, ::SUB])
        return lambda: gaussian_score(basis, y, SUB, x, *level())

    return torch.__version__, work


def gaussian_score(basis, y, sub, x, mu, sigma):
    """epsilon_y at x in PyTorch."""
    import torch

    resolved, rest = gains(mu, sigma)
    resolved = torch.from_numpy(resolved)
    variance = NOISE + GAMMA * (sigma / mu) ** 2
    x_t = x.detach().requires_grad_(True)
    flat = x_t.flatten()
    prior = rest * flat + (resolved * (basis @ flat)) @ basis
    eps = (x_t - mu * prior.reshape(SHAPE)) / sigma
    x_hat = (x_t - sigma * eps) / mu
    error = y - x_hat[..., ::sub, ::sub]
    log_p = -(error**2 / variance).sum() / 2
    score = torch.autograd.grad(log_p, x_t)[0]
    return eps.detach() - sigma * score


def jax(threads):
    import jax
    import jax.numpy as jnp

    def work():
        mu, sigma = level()
        basis = jnp.asarray(modes())
        resolved, rest = gains(mu, sigma)
        x = jnp.asarray(normal(*SHAPE))
        y = jax.random.normal(jax.random.key(0), x[..., ::SUB, ::SUB].shape)
        variance = NOISE + GAMMA * (sigma / mu) ** 2

        @jax.jit
        def evaluation(x, y, basis):
            def noise(x):
                flat = x.ravel()
                x_hat = rest * flat + (resolved * (basis @ flat)) @ basis
                return (x - mu * x_hat.reshape(SHAPE)) / sigma

            def log_p(x):
                eps = noise(x)
                error = y - ((x - sigma * eps) / mu)[..., ::SUB, ::SUB]
                return -jnp.sum(error**2 / variance) / 2, eps

            score, eps = jax.grad(log_p, has_aux=True)(x)
            return eps - sigma * score

        return lambda: evaluation(x, y, basis).block_until_ready()

    return jax.__version__, work
