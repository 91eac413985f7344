"""SDA's U-Net at the widths of its notebook as anybody writes it in PyTorch, in either layout, and under ONNX Runtime;
a step of training of the one that comes with the project."""

import math

from wake import Peer

WIDTHS, BLOCKS, SIDE, CHANNELS = (64, 128, 256), 3, 64, 10
TRAINED, BATCH, RATE = (24, 48, 96), 8, 5e-4


def peer(library, threads):
    made = {"pytorch": pytorch, "pytorch-channels-last": channels_last, "onnxruntime": onnxruntime}
    version, asked, work = made[library](threads)
    cases = {}
    for name in asked:
        for members in (1, 8):
            cases[f"network/{name}/members-{members}"] = lambda n=name, m=members: work(n, m)
    if library != "onnxruntime":
        layouts = library == "pytorch-channels-last"
        cases[f"network/training/members-{BATCH}"] = lambda: training(threads, layouts)
    return Peer(version, cases)


def network(widths=WIDTHS):
    import torch
    from torch import nn

    class Norm(nn.Module):
        def forward(self, x):
            variance, mean = torch.var_mean(x, dim=1, keepdim=True, correction=1)
            return (x - mean) / torch.sqrt(variance + 1e-5)

    def conv(channels, filters, stride=1):
        return nn.Conv2d(channels, filters, 3, stride=stride, padding=1, padding_mode="circular")

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.project = nn.Sequential(nn.Linear(64, width), nn.Unflatten(-1, (-1, 1, 1)))
            self.residue = nn.Sequential(Norm(), conv(width, width), nn.SiLU(), conv(width, width))

        def forward(self, x, time):
            return x + self.residue(x + self.project(time))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            blocks = [[Block(width) for _ in range(2 * BLOCKS)] for width in widths]
            self.embedding = nn.Sequential(nn.Linear(32, 256), nn.SiLU(), nn.Linear(256, 64))
            self.descent = nn.ModuleList(nn.ModuleList(row[:BLOCKS]) for row in blocks)
            self.ascent = nn.ModuleList(nn.ModuleList(row[BLOCKS:]) for row in blocks)
            self.heads = nn.ModuleList([conv(CHANNELS + 1, widths[0])])
            self.tails = nn.ModuleList([conv(widths[0], CHANNELS)])
            for width, below in zip(widths, widths[1:]):
                self.heads.append(conv(width, below, stride=2))
                self.tails.append(nn.Sequential(Norm(), nn.Upsample(scale_factor=2), conv(below, width)))
            line = torch.sin(8 * math.pi * (torch.arange(SIDE) + 0.5) / SIDE)
            self.register_buffer("forcing", line.expand(1, 1, SIDE, SIDE).clone())
            self.register_buffer("frequencies", math.pi * torch.arange(1, 17.0))

        def forward(self, x, time):
            time = self.frequencies * time[..., None]
            time = self.embedding(torch.cat((time.cos(), time.sin()), dim=-1))
            x = torch.cat((x, self.forcing.expand(x.shape[0], -1, -1, -1)), dim=1)
            kept = []
            for head, blocks in zip(self.heads, self.descent):
                x = head(x)
                for block in blocks:
                    x = block(x, time)
                kept.append(x)
            kept.pop()
            for tail, blocks in reversed(list(zip(self.tails, self.ascent))):
                for block in blocks:
                    x = block(x, time)
                x = tail(x) + kept.pop() if kept else tail(x)
            return x

    torch.manual_seed(0)
    return Network()


def fields(members):
    import torch

    torch.manual_seed(1)
    return torch.randn(members, CHANNELS, SIDE, SIDE), torch.full((members,), 0.5)


def pytorch(threads, layout=None):
    import torch

    torch.set_num_threads(threads)
    net = network()
    if layout is not None:
        net = net.to(memory_format=layout)

    def work(name, members):
        x, time = fields(members)
        if layout is not None:
            x = x.to(memory_format=layout)
        parameters = list(net.parameters())

        def forward():
            with torch.no_grad():
                return net(x, time)

        def vjp():
            for parameter in parameters:
                parameter.requires_grad_(False)
            x_t = x.detach().requires_grad_(True)
            return torch.autograd.grad(net(x_t, time), x_t, x)

        def gradient():
            for parameter in parameters:
                parameter.requires_grad_(True)
            return torch.autograd.grad(net(x, time), parameters, x)

        return {"forward": forward, "vjp": vjp, "gradient": gradient}[name]

    return torch.__version__, ("forward", "vjp", "gradient"), work


def training(threads, channels_last):
    """x-hat = c_skip x_t + c_out F(c_in x_t, ln(sigma)/4), the mean of ((x - x-hat)/c_out)^2, clipped to a norm of 1,
    AdamW, a running average; windows and noise are drawn beforehand."""
    import torch

    torch.set_num_threads(threads)
    net = network(TRAINED)
    x = torch.randn(BATCH, CHANNELS, SIDE, SIDE)
    if channels_last:
        net, x = net.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    noise = torch.randn_like(x)
    sigma = (0.02 * 3.0 ** torch.arange(BATCH))[:, None, None, None]
    root = (1 + sigma**2).sqrt()
    parameters = list(net.parameters())
    average = [parameter.detach().clone() for parameter in parameters]
    method = torch.optim.AdamW(parameters, lr=RATE, weight_decay=1e-3)

    def step():
        x_t = x + sigma * noise
        x_hat = x_t / root**2 + sigma / root * net(x_t / root, sigma.flatten().log() / 4)
        loss = ((root / sigma * (x - x_hat)) ** 2).mean()
        method.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        method.step()
        with torch.no_grad():
            for a, parameter in zip(average, parameters):
                a.lerp_(parameter, 0.001)

    return step


def channels_last(threads):
    import torch

    return pytorch(threads, torch.channels_last)


def onnxruntime(threads):
    import io

    import onnxruntime as runtime
    import torch

    def work(_, members):
        x, time = fields(members)
        file = io.BytesIO()
        names = {"input_names": ["x", "time"], "opset_version": 17, "dynamo": False}
        torch.onnx.export(network().eval(), (x, time), file, **names)
        options = runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        session = runtime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
        inputs = {"x": x.numpy(), "time": time.numpy()}
        return lambda: session.run(None, inputs)

    return runtime.__version__, ("forward",), work
