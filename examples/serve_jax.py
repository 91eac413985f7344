"""Serves a JAX model: fill in `load`, then --prior "serve:python3 serve_jax.py". See docs/serve.md."""

import jax
import numpy as np
from equipoise_serve import serve


def load():
    """The model, model(x_t, mu, sigma) -> x_hat, arrays (n, T, C, H, W), and the keys of its hello."""
    # Put `jax.jit` around the network alone: a jit of all would round mu and sigma to float32.
    raise NotImplementedError("fill in load(); docs/serve.md has one, and every key of the hello")


def main(load=load):
    # Elsewhere than on a CPU products of float32 are rounded to fewer bits unless this is said.
    jax.config.update("jax_default_matmul_precision", "highest")
    model, hello = load()
    if hello.get("dtype") == "float64" and not jax.config.jax_enable_x64:
        raise SystemExit("float64: start with JAX_ENABLE_X64=1, or load() has made its weights in float32")

    def linearise(x_t, mu, sigma):
        x_hat, pull = jax.vjp(lambda x: model(x, mu, sigma), x_t)

        def vjp(v):
            return np.asarray(pull(v)[0])

        def jvp(v):
            return np.asarray(jax.jvp(lambda x: model(x, mu, sigma), (x_t,), (v,))[1])

        return np.asarray(x_hat), vjp, jvp

    # Compiled with what the products need, x_hat is rounded otherwise than alone: one form serves both.
    serve(linearise, **hello)


if __name__ == "__main__":
    main()
