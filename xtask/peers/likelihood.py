"""The gradient of the Gaussian log-likelihood with respect to a field: eager PyTorch and jitted JAX.

`jax-sums` adds up what our reduction adds up beside it, in single precision.
"""

from wake import NOISE, SHAPE, SUBS, Peer, normal


def peer(library, threads):
    make = {"pytorch": pytorch, "jax": jax, "jax-sums": jax_sums}[library]
    version, work = make(threads)
    return Peer(version, {f"likelihood/field/sub-{s}": (lambda s=s: work(s)) for s in SUBS})


def pytorch(threads):
    import torch

    torch.set_num_threads(threads)

    def work(sub):
        x = torch.from_numpy(normal(*SHAPE)).requires_grad_(True)
        y = torch.randn_like(x[..., ::sub, ::sub])

        def gradient():
            error = y - x[..., ::sub, ::sub]
            log_p = -(error**2 / NOISE).sum() / 2
            return torch.autograd.grad(log_p, x)[0]

        return gradient

    return torch.__version__, work


def jax(threads):
    import jax

    def work(sub):
        x = jax.numpy.asarray(normal(*SHAPE))
        y = jax.random.normal(jax.random.key(0), x[..., ::sub, ::sub].shape)

        @jax.jit
        @jax.grad
        def gradient(x, y):
            return -jax.numpy.sum((y - x[..., ::sub, ::sub]) ** 2 / NOISE) / 2

        return lambda: gradient(x, y).block_until_ready()

    return jax.__version__, work


def jax_sums(threads):
    import jax

    def work(sub):
        x = jax.numpy.asarray(normal(*SHAPE))
        y = jax.random.normal(jax.random.key(0), x[..., ::sub, ::sub].shape)

        def log_p(x, y):
            error = y - x[..., ::sub, ::sub]
            square, largest = jax.numpy.sum(error**2), jax.numpy.max(jax.numpy.abs(error))
            return -jax.numpy.sum(error**2 / NOISE) / 2, (square, largest)

        fused = jax.jit(jax.value_and_grad(log_p, has_aux=True))
        return lambda: jax.block_until_ready(fused(x, y))

    return jax.__version__, work
