"""Five steps of AdamW by PyTorch in float64, on a tiny SDA network and a tiny azula network.

make.py FOLDER: writes sda.safetensors and azula.safetensors there. Needs torch, numpy, safetensors, azula, einops.
Tensors named golden.* are what went in and came out; the others are the parameters ahead of the first step.
"""

import math
import sys
from pathlib import Path

import torch
from azula.nn.unet import UNet
from safetensors.torch import save_file
from torch.nn import functional

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)
STEPS, COUNT, RATE, FLOOR, DECAY, CLIP, KEPT = 5, 3, 3e-3, 0.1, 0.02, 0.3, 0.9
ETA, GAMMA = 1e-3, 2.0


class Sda(torch.nn.Module):
    """SDA's local U-Net: two depths, a block each, circular padding, a buffer of forcing."""

    def __init__(self, channels, widths, embedding, inner, waves, grid):
        super().__init__()
        top, low = widths
        conv = lambda i, o: torch.nn.Conv2d(i, o, 3)
        line = torch.nn.Linear
        self.embedding = torch.nn.ModuleDict({"0": line(2 * waves, inner), "2": line(inner, embedding)})
        block = lambda c: torch.nn.ModuleDict(
            {"project": torch.nn.ModuleDict({"0": line(embedding, c)}),
             "residue": torch.nn.ModuleDict({"1": conv(c, c), "3": conv(c, c)})})
        rows = lambda: torch.nn.ModuleList([torch.nn.ModuleList([block(c)]) for c in (top, low)])
        back = lambda: torch.nn.ModuleList([torch.nn.ModuleList([block(c)]) for c in (low, top)])
        self.network = torch.nn.ModuleDict({
            "heads": torch.nn.ModuleList([conv(channels + 1, top), torch.nn.ModuleList([conv(top, low)])]),
            "tails": torch.nn.ModuleList([torch.nn.ModuleDict({"2": conv(low, top)}), conv(top, channels)]),
            "descent": rows(), "ascent": back()})
        self.embedding.register_buffer("freqs", math.pi * torch.arange(1.0, waves + 1))
        height, width = grid
        wave = torch.sin(2 * math.pi * (torch.arange(width) + 0.5) / width)
        self.register_buffer("forcing", wave.expand(1, height, width).clone())

    def forward(self, x, t):
        pad = lambda x: functional.pad(x, (1, 1, 1, 1), mode="circular")
        conv = lambda layer, x, stride=1: functional.conv2d(pad(x), layer.weight, layer.bias, stride)

        def normal(x):
            variance = x.var(1, keepdim=True, unbiased=True)
            return (x - x.mean(1, keepdim=True)) / torch.sqrt(variance + 1e-5)

        def block(b, x, e):
            inner = normal(x + b["project"]["0"](e)[..., None, None])
            return x + conv(b["residue"]["3"], functional.silu(conv(b["residue"]["1"], inner)))

        phase = t[:, None] * self.embedding.freqs
        e = self.embedding["2"](functional.silu(self.embedding["0"](torch.cat([phase.cos(), phase.sin()], 1))))
        net = self.network
        x = torch.cat([x, self.forcing.expand(len(x), *self.forcing.shape)], 1)
        skip = block(net["descent"][0][0], conv(net["heads"][0], x), e)
        x = block(net["descent"][1][0], conv(net["heads"][1][0], skip, 2), e)
        x = normal(block(net["ascent"][0][0], x, e))
        x = conv(net["tails"][0]["2"], functional.interpolate(x, scale_factor=2, mode="nearest")) + skip
        return conv(net["tails"][1], block(net["ascent"][1][0], x, e))


def encoding(time, features):
    """azula's SineEncoding."""
    half = features // 2
    frequencies = torch.exp(-math.log(1e4) * torch.linspace(0, 1, half))
    phase = time[:, None] * frequencies
    return torch.cat([phase.sin(), phase.cos()], 1)


def train(net, prefix, draw, loss_of, path, extra):
    state = {prefix + name: value.clone() for name, value in net.state_dict().items()}
    method = torch.optim.AdamW(net.parameters(), lr=RATE, betas=(0.8, 0.99), eps=1e-7, weight_decay=DECAY)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(method, T_max=STEPS, eta_min=FLOOR * RATE)
    average = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(KEPT))
    average.update_parameters(net)  # The first update copies.
    golden, losses, norms, rates = dict(extra), [], [], []
    for step in range(1, STEPS + 1):
        batch = draw()
        for name, value in zip(("x", "noise", "mu", "sigma"), batch):
            golden[f"{step}.{name}"] = value.clone()
        method.zero_grad()
        loss = loss_of(net, *batch)
        loss.backward()
        if step == 1:
            golden |= {f"gradient.{prefix}{name}": p.grad.clone() for name, p in net.named_parameters()}
        rates.append(falling.get_last_lr()[0])
        norms.append(torch.nn.utils.clip_grad_norm_(net.parameters(), CLIP).item())
        method.step()
        falling.step()
        average.update_parameters(net)
        losses.append(loss.item())
        if step in (1, STEPS):
            golden |= {f"theta{step}.{prefix}{name}": p.detach().clone() for name, p in net.named_parameters()}
    golden |= {f"average.{prefix}{name}": p.detach().clone() for name, p in average.module.named_parameters()}
    golden |= {"losses": torch.tensor(losses), "norms": torch.tensor(norms), "rates": torch.tensor(rates)}
    print(path, losses, norms, sum(p.numel() for p in net.parameters()))
    tensors = state | {"golden." + name: value for name, value in golden.items()}
    save_file({name: value.contiguous() for name, value in tensors.items()}, path)


def sda(folder):
    """The noise itself, at t uniform, on SDA's schedule: mean (eps - net)^2."""
    grid, channels = (4, 8), 2

    def draw():
        t = torch.rand(COUNT)
        mu = torch.cos(math.acos(math.sqrt(ETA)) * t) ** 2
        draw.t = t
        shape = (COUNT, channels, *grid)
        return torch.randn(shape), torch.randn(shape), mu, torch.sqrt(1 - mu**2 + ETA**2)

    def loss(net, x, noise, mu, sigma):
        x_t = mu.view(-1, 1, 1, 1) * x + sigma.view(-1, 1, 1, 1) * noise
        return (noise - net(x_t, draw.t)).square().mean()

    net = Sda(channels, (4, 6), 4, 6, 3, grid)
    train(net, "kernel.", draw, loss, folder / "sda.safetensors", {})


def azula(folder):
    """azula's Karras wrapper: min(SNR, gamma) (x - x_hat)^2, its mean over all numbers."""
    grid, channels = (5, 6), 2
    context = torch.randn(1, *grid)

    def draw():
        rho = torch.exp(1.2 * torch.randn(COUNT) - 0.4)
        mu = 1 / torch.sqrt(1 + rho**2)
        shape = (COUNT, channels, *grid)
        return torch.randn(shape), torch.randn(shape), mu, rho * mu

    def loss(net, x, noise, mu, sigma):
        m, s = mu.view(-1, 1, 1, 1), sigma.view(-1, 1, 1, 1)
        x_t, power = m * x + s * noise, m**2 + s**2
        f = net(x_t / power.sqrt(), encoding(torch.log(sigma / mu), 4), context.expand(COUNT, *context.shape))
        x_hat = m / power * x_t + s / power.sqrt() * f
        return (torch.clamp((m / s) ** 2, max=GAMMA) * (x - x_hat) ** 2).mean()

    net = UNet(channels, channels, cond_channels=1, hid_channels=(4, 6), hid_blocks=(1, 1), mod_features=4, norm="rms")
    train(net, "unet.", draw, loss, folder / "azula.safetensors", {"context": context})


sda(Path(sys.argv[1]))
azula(Path(sys.argv[1]))
