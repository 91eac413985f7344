"""SDA's Kolmogorov network in plain PyTorch and plain JAX, served by the helpers of examples/.

sda.py FOLDER LIBRARY [BATCH]: serves the network of FOLDER (config.json, and state.safetensors or state.pth) by
examples/serve_torch.py or serve_jax.py.
sda.py FOLDER LIBRARY check: the network in float64 against values.h5 of the same folder; prints one line.
"""

import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
ETA = 1e-3  # of SDA's schedule: mu = cos(acos(sqrt(eta)) t)^2, sigma^2 = 1 - mu^2 + eta^2


def network(ops, state, config, x, t):
    """The noise of x (n, w C, H, W) at time t: widths, blocks, skips as SDA's MCScoreNet names them."""
    depths, blocks = len(config["hidden_channels"]), config["hidden_blocks"]

    def conv(name, x, stride=1):
        return ops.conv(x, state[name + ".weight"], stride) + state[name + ".bias"][:, None, None]

    def linear(name, x):
        return state[name + ".weight"] @ x + state[name + ".bias"]

    def normal(x):
        centred = x - x.mean(1, keepdims=True)
        variance = (centred * centred).sum(1, keepdims=True) / (x.shape[1] - 1)
        return centred / ops.sqrt(variance + 1e-5)

    def walk(name, count, x, e):
        for b in range(count):
            block = f"{name}.{b}"
            inner = normal(x + linear(block + ".project.0", e)[:, None, None])
            x = x + conv(block + ".residue.3", ops.silu(conv(block + ".residue.1", inner)))
        return x

    phase = t * state["kernel.embedding.freqs"]
    e = linear("kernel.embedding.0", ops.join([ops.cos(phase), ops.sin(phase)], 0))
    e = linear("kernel.embedding.2", ops.silu(e))
    forcing = state["kernel.forcing"]
    x = ops.join([x, ops.spread(forcing, (x.shape[0], *forcing.shape))], 1)
    names, kept = "kernel.network.", []
    for i in range(depths):
        x = conv(f"{names}heads.{i}.0", x, 2) if i else conv(names + "heads.0", x)
        x = walk(f"{names}descent.{i}", blocks[i], x, e)
        kept.append(x)
    kept.pop()
    for j in range(depths):
        x = walk(f"{names}ascent.{j}", blocks[depths - 1 - j], x, e)
        if kept:
            x = conv(f"{names}tails.{j}.2", ops.twice(normal(x))) + kept.pop()
    return conv(f"{names}tails.{depths - 1}", x)


def estimate(net, x_t, mu, sigma):
    """x_hat of windows (n, T, C, H, W): whatever the schedule, the network is asked at the same sigma/mu of its own."""
    own = math.sqrt((1 + ETA**2) / (1 + (sigma / mu) ** 2))
    t = math.acos(min(math.sqrt(own), 1)) / math.acos(math.sqrt(ETA))
    noise = net(x_t.reshape(len(x_t), -1, *x_t.shape[3:]) * (own / mu), t)
    return (x_t - sigma * noise.reshape(x_t.shape)) / mu


def weights(folder):
    """Arrays by name, of state.safetensors, else state.pth."""
    if (folder / "state.safetensors").exists():
        from safetensors.numpy import load_file

        return load_file(folder / "state.safetensors")
    import torch

    return {name: value.numpy() for name, value in torch.load(folder / "state.pth", weights_only=True).items()}


class Torch:
    def __init__(self, folder, double):
        import torch
        from torch.nn import functional

        kind = torch.float64 if double else torch.float32
        self.state = {name: torch.from_numpy(value).to(kind) for name, value in weights(folder).items()}
        self.sqrt, self.cos, self.sin, self.jit = torch.sqrt, torch.cos, torch.sin, lambda f: f
        self.silu, self.join = functional.silu, torch.cat
        self.spread = lambda x, shape: x.expand(shape)
        self.twice = lambda x: functional.interpolate(x, scale_factor=2, mode="nearest")
        self.pad = lambda x, h, w: functional.pad(x, (w, w, h, h), mode="circular")
        self.convolve = lambda x, w, stride: functional.conv2d(x, w, stride=stride)
        self.array = lambda x: torch.from_numpy(x).to(kind)

    def conv(self, x, weight, stride):
        return self.convolve(self.pad(x, weight.shape[2] // 2, weight.shape[3] // 2), weight, stride)


class Jax(Torch):
    def __init__(self, folder, double):
        import jax
        from jax import numpy as jnp

        jax.config.update("jax_enable_x64", double)
        kind = jnp.float64 if double else jnp.float32
        self.state = {name: jnp.asarray(v, kind) for name, v in weights(folder).items()}
        self.sqrt, self.cos, self.sin, self.jit = jnp.sqrt, jnp.cos, jnp.sin, jax.jit
        self.silu, self.join = jax.nn.silu, jnp.concatenate
        self.spread = jnp.broadcast_to
        self.twice = lambda x: x.repeat(2, 2).repeat(2, 3)
        self.pad = lambda x, h, w: jnp.pad(x, ((0, 0), (0, 0), (h, h), (w, w)), mode="wrap")
        self.convolve = lambda x, w, stride: jax.lax.conv(x, w, (stride, stride), "VALID")
        self.array = lambda x: jnp.asarray(x, kind)


def check(ops, config, folder):
    """The largest differences from SDA's own code, relative to the largest value."""
    import h5py
    import numpy as np

    with h5py.File(folder / "values.h5") as file:
        t, x = file["t"][:], file["kernel/x"][:]
        worst = 0.0
        for k, expected in enumerate(file["kernel/eps_f64"][:]):
            found = np.asarray(network(ops, ops.state, config, ops.array(x), float(t[k])))
            worst = max(worst, abs(found - expected).max() / abs(expected).max())
    print(f"noise in float64, largest difference from SDA's own code over the largest value: {worst:.1e}")
    sys.exit(not worst < 1e-12)


def main():
    folder, library, task = Path(sys.argv[1]), sys.argv[2], (sys.argv[3:] or ["1"])[0]
    config = json.loads((folder / "config.json").read_text())
    ops = {"pytorch": Torch, "jax": Jax}[library](folder, task == "check")
    if task == "check":
        check(ops, config, folder)
    if library == "pytorch":
        import serve_torch as helper
    else:
        import serve_jax as helper

    def load():
        _, height, width = ops.state["kernel.forcing"].shape
        hello = {"window": (config["window"], 2, height, width), "batch": int(task), "jvp": True}
        hello |= {"mean": [0.0, 0.0], "std": [1.0, 1.0], "x_axis": "H", "kind": "kolmogorov"}
        hello["levels"] = (ETA, 1 / ETA)
        net = ops.jit(lambda x, t: network(ops, ops.state, config, x, t))
        return lambda x_t, mu, sigma: estimate(net, x_t, mu, sigma), hello

    helper.main(load)


main()
