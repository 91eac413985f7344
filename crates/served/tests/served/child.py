"""A child of the standard library alone: child.py FAULT[@COUNT] [KEY=JSON...]; the keys go into its hello.

It serves x_hat_i = mu tanh(x_{i+1}), cyclic over the window, whose Jacobian is not symmetric; the exact
answers are in the tests. FAULT names what it does wrong once COUNT requests are answered, `none` for nothing;
a child of one member is asked 3 times as it is started.
"""

import json
import math
import os
import struct
import sys
import time

FAULT, _, COUNT = sys.argv[1].partition("@")
COUNT = int(COUNT or 3)
OUT, IN = sys.stdout.buffer, sys.stdin.buffer
HEADER = struct.Struct("<4sHBBQQQddQ")


def say(text):
    print(text, file=sys.stderr, flush=True)


def write(data, upto=None):
    OUT.write(data[:upto])
    OUT.flush()


def forever():
    IN.read()
    time.sleep(60)


hello = {"protocol": "equipoise-serve", "version": 1, "window": [2, 1, 2, 3], "dtype": "float32"}
for word in sys.argv[2:]:
    key, value = word.split("=", 1)
    if value:
        hello[key] = json.loads(value)
    else:
        del hello[key]
say("reading weights")
if FAULT == "exits":
    say("no such file: model.pt")
    sys.exit(3)
if FAULT == "prose":
    print("Loading model from cache", flush=True)
if FAULT == "silent":
    forever()
if FAULT == "endless":
    write(b"{" + b" " * 70000)
    forever()
if FAULT == "unfinished":
    write(b'{"protocol": "equipo')
    sys.exit(0)
if FAULT.startswith("grandchild"):
    import subprocess

    hello["identity"] = f"{os.getpid()} {subprocess.Popen(['sleep', '60']).pid}"
write(json.dumps(hello).encode() + b"\n")

WINDOW = hello["window"]
DIM = math.prod(WINDOW) if isinstance(WINDOW, list) else 0
CODE, LETTER = {"float64": (2, "d")}.get(hello.get("dtype"), (1, "f"))
SIZE = struct.calcsize("<" + LETTER)
states = {}


def product(kind, at, v, mu):
    out = []
    for first in range(0, len(at), DIM):
        x, w = at[first : first + DIM], v[first : first + DIM]
        slope = [mu * (1 - math.tanh(x[(i + 1) % DIM]) ** 2) for i in range(DIM)]
        if kind == 3:
            out += [slope[i - 1] * w[i - 1] for i in range(DIM)]
        else:
            out += [slope[i] * w[(i + 1) % DIM] for i in range(DIM)]
    return out


def estimate(x, mu):
    starts = range(0, len(x), DIM)
    return [mu * math.tanh(x[first + (i + 1) % DIM]) for first in starts for i in range(DIM)]


if FAULT == "early":
    write(HEADER.pack(b"EQSV", 1, 0x81, CODE, 77, 0, 1, 1.0, 1.0, 0))
count = 0
while True:
    if count == COUNT and FAULT == "closes_input":
        os.close(0)
        time.sleep(60)
    if count == COUNT and FAULT == "deaf":
        time.sleep(60)
    head = IN.read(HEADER.size)
    if not head:
        if FAULT == "grandchild":
            time.sleep(60)
        sys.exit(0)
    magic, version, kind, number, request, state, members, mu, sigma, length = HEADER.unpack(head)
    assert (magic, version) == (b"EQSV", 1)
    if kind == 5:
        assert (number, request, members, length) == (0, 0, 0, 0)
        states.pop(state, None)
        continue
    count += 1
    assert number == CODE and length == members * DIM * SIZE and members <= hello.get("batch", 1), "request"
    if FAULT == "eager":
        # Answers with what it was sent, while it is still being sent.
        write(HEADER.pack(b"EQSV", 1, kind | 0x80, CODE, request, state, members, 0, 0, length))
        left = length
        while left:
            part = IN.read(min(left, 1 << 18))
            write(part)
            left -= len(part)
        continue
    x = list(struct.unpack(f"<{length // SIZE}{LETTER}", IN.read(length)))
    if FAULT == "chatty":
        say("progress " * 20000)
    if kind == 2:
        states[state] = x
    if kind == 1 and state != 0:
        sys.exit("a denoise with a state")
    out = estimate(x, mu) if kind < 3 else product(kind, states[state], x, mu)
    fault = FAULT if count > COUNT else "none"
    if fault == "states":
        out = [float(len(states))] * len(out)
    if fault == "counts":
        out = [float(count - COUNT)] * len(out)
    if fault in ("nan", "inf"):
        out[7] = float(fault)
    if fault == "nan_product" and kind > 2 and members == 2:
        out[len(out) - 1] = float("nan")
    if fault == "two_forms" and kind == 1:
        out[0] += 1e-6
    if fault == "mixes" or fault == "mixes_products" and kind == 3:
        out[len(out) - 1] += sum(x[:DIM]) * 1e-7
    data = struct.pack(f"<{len(out)}{LETTER}", *out)
    head = [b"EQSV", 1, kind | 0x80, CODE, request, state, members, 0.0, 0.0, length]
    if fault == "prints":
        print("Epoch 1", flush=True)
    if fault == "prints_short":
        write(b"\n")
        forever()
    if fault == "dies":
        say("Traceback: CUDA out of memory")
        sys.exit(5)
    if fault == "killed":
        os.kill(os.getpid(), 9)
    if fault in ("mute", "grandchild_mute"):
        forever()
    if fault == "closes_output":
        os.close(1)
        forever()
    if fault.startswith("wrong_"):
        name = fault[6:]
        place = ["magic", "version", "kind", "dtype", "request", "state", "members", "mu", "sigma", "bytes"].index(name)
        head[place] = head[place] + (1 if name != "kind" else -1)
        data += b"\0"
    if fault == "too_long":
        head[9] = 2**63
    if fault == "fewer":
        data = data[:-SIZE]
        head[9] = len(data)
    if fault == "half_header":
        write(HEADER.pack(*head), 20)
        sys.exit(0)
    if fault == "half_answer":
        write(HEADER.pack(*head) + data, 60)
        sys.exit(1)
    if fault == "stalls":
        write(HEADER.pack(*head) + data, 60)
        forever()
    if FAULT == "slow":
        for at in range(0, HEADER.size + len(data)):
            write((HEADER.pack(*head) + data)[at : at + 1])
        continue
    if fault == "error" and count == COUNT + 1:
        data = "ValueError: the model knows no Δ\nat all".encode()
        head[2], head[9] = 0xFF, len(data)
    write(HEADER.pack(*head) + data)
    if fault == "twice":
        write(HEADER.pack(*head) + data)
