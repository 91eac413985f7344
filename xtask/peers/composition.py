"""The composite of a stationary Gaussian window in plain PyTorch: unfold, a batched transform, fold.

composition.py FOLDER W C H WIDTH LENGTH: reads x.bin (x_t, LENGTH frames) and j.bin (J of a window, complex, one
matrix for each wavenumber of rfft2) of FOLDER; for each line of its input prints the seconds of one evaluation and
the MiB of its highest memory above that before the call, and leaves x_hat.bin. Mean zero, fold centre.
"""

import sys
import time

import numpy
import torch


def memory(key):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024


def composite(x, j, w):
    """x (L, C, H, W), j (K, P, P): the frames in the middle of all windows, and the ends of the first and last."""
    (frames, c, h, width), k = x.shape, w // 2
    windows = x.unfold(0, w, 1).permute(0, 4, 1, 2, 3).reshape(frames - w + 1, w * c, h, width)
    modes = torch.fft.rfft2(windows, norm="ortho").flatten(2).permute(2, 1, 0)
    modes = torch.matmul(j, modes).permute(2, 1, 0).reshape(len(windows), w * c, h, width // 2 + 1)
    made = torch.fft.irfft2(modes, s=(h, width), norm="ortho").reshape(len(windows), w, c, h, width)
    return torch.cat([made[0, :k], made[:, k], made[-1, k + 1 :]])


def main():
    folder, (w, c, h, width, frames) = sys.argv[1], map(int, sys.argv[2:])
    x = torch.from_numpy(numpy.fromfile(f"{folder}/x.bin", "f4").reshape(frames, c, h, width))
    j = torch.from_numpy(numpy.fromfile(f"{folder}/j.bin", "c8").reshape(-1, w * c, w * c))
    with torch.inference_mode():
        for _ in sys.stdin:
            before = memory("VmRSS")
            open("/proc/self/clear_refs", "w").write("5")
            start = time.perf_counter()
            made = composite(x, j, w)
            seconds = time.perf_counter() - start
            print(seconds, memory("VmHWM") - before, flush=True)
            made.numpy().tofile(f"{folder}/x_hat.bin")
            del made


main()
