"""The protocol of docs/serve.md for Python models: `serve` says the hello and answers until its input ends.

Standard output belongs to the protocol: on import every print goes to standard error.
"""

import json
import os
import struct
import sys
import traceback

import numpy as np

# The pipe itself is moved away too, so that what a library of C prints does not reach it either.
sys.stdout.flush()
PIPE = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
sys.stdout = sys.stderr

HEADER = struct.Struct("<4sHBBQQQddQ")
MAGIC, VERSION = b"EQSV", 1
DENOISE, LINEARISE, VJP, JVP, RELEASE = 1, 2, 3, 4, 5
ANSWER, ERROR, TEXT = 0x80, 0xFF, 1 << 16


def serve(linearise, window, denoise=None, dtype="float32", **hello):
    """Answers for one model over windows of shape (T, C, H, W).

    linearise(x_t, mu, sigma) -> x_hat, vjp or x_hat, vjp, jvp: arrays of `batch` windows, (n, T, C, H, W), and
    functions of such arrays, v -> J^T v and v -> J v, each member by its own J. denoise(x_t, mu, sigma) -> x_hat, where that
    is cheaper alone. Further arguments are keys of the hello: batch, jvp, jacobian, mean, std, x_axis, kind,
    levels, identity.
    """
    known = {"protocol": "equipoise-serve", "version": VERSION, "window": list(window), "dtype": dtype}
    PIPE.write(json.dumps(known | hello).encode() + b"\n")
    PIPE.flush()
    states, (code, numbers) = {}, {"float32": (1, "<f4"), "float64": (2, "<f8")}[dtype]
    while header := read(HEADER.size):
        magic, version, kind, number, request, state, members, mu, sigma, length = HEADER.unpack(header)
        if (magic, version) != (MAGIC, VERSION):
            sys.exit(f"found a request {magic} of version {version}, expected {MAGIC} of version {VERSION}")
        payload = read(length)
        if kind == RELEASE:
            states.pop(state, None)
            continue
        try:
            if number != code:
                raise ValueError(f"found numbers of type {number}, expected {code}")
            x = np.frombuffer(payload, numbers).reshape(members, *window)
            # Always a full batch: how libraries round depends on the shape, and a member must not on the others.
            x = np.concatenate([x, np.repeat(x[-1:], hello.get("batch", 1) - members, axis=0)])
            if kind == DENOISE:
                out = denoise(x, mu, sigma) if denoise else linearise(x, mu, sigma)[0]
            elif kind == LINEARISE:
                out, *states[state] = linearise(x, mu, sigma)
            elif kind in (VJP, JVP):
                out = states[state][kind - VJP](x)
            else:
                raise ValueError(f"found a request of kind {kind}, expected {DENOISE} to {RELEASE}")
            out = np.asarray(out)
            if out.shape != x.shape or out.dtype != x.dtype:
                raise ValueError(f"found {out.dtype} of shape {out.shape}, expected {x.dtype} of {x.shape}")
            answer, kind = out[:members].tobytes(), kind | ANSWER
        except Exception as fault:  # whatever a model raises is the answer
            traceback.print_exc()
            answer, kind = f"{type(fault).__name__}: {fault}".encode()[:TEXT], ERROR
        PIPE.write(HEADER.pack(MAGIC, VERSION, kind, code, request, state, members, mu, sigma, len(answer)))
        PIPE.write(answer)
        PIPE.flush()


def read(length):
    """So many bytes of the input; ends the program where they end with it."""
    data = sys.stdin.buffer.read(length)
    if 0 < len(data) < length:
        sys.exit(f"found {len(data)} of {length} bytes of a request, then the end of the input")
    if not data and length:
        sys.exit(0)
    return data
