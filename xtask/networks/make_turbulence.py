#!/usr/bin/env python3
"""Two-dimensional Kolmogorov turbulence, stored like the jax-cfd reference data.

Pseudo-spectral vorticity solver (2/3 rule, circular truncation; integrating factor
for viscosity and drag; classical RK4) of

    du/dt + (u.grad) u = -grad p + nu lap u + sin(4 y) e_x - 0.1 u

on [0, 2 pi]^2 with nu = 1.68e-3.  The reference data have nu = 1e-3 plus the numerical
diffusion of a limited second-order upwind scheme on 256 x 256 cells; 1.68e-3 is the constant
viscosity that reproduces their spectrum (data/networks/README.md says how it was found).  What is stored is what the jax-cfd files hold: the mean of 4 x 4 native
values of a 256 x 256 staggered grid, taken here as a Fourier multiplier, at the same
positions.  Axis 0 (H) is x, axis 1 (W) is y; channel 0 is u (along x), channel 1 is v.

Needs numpy, h5py, pyfftw, numba.  Usage:

    make_turbulence.py run   DIR FIRST_SEED COUNT [LAST_STEP]   one .npy per seed (skips those there)
    make_turbulence.py pack  DIR OUT.h5 FIRST_SEED COUNT START_STEP FRAMES
    make_turbulence.py join  REFERENCE.h5 RUNS.h5 OUT.h5      windows of the reference's length, of both files
"""
import json
import os
import sys
import time

import numpy as np

NU = 1.68e-3              # effective: 1e-3 plus what the limiter of the reference solver adds
DRAG = 0.1
FORCE_K = 4
DT_FRAME = 0.2
SPIN_FRAMES = 64          # frames 1 to 64 are dropped
LAST = 128                # last frame of a run
STORED = 64
BLOCK = 4                 # native cells per stored cell, along each axis
# Two stages: (resolution, solver steps per frame, frame up to which it is used)
STAGES = ((96, 15, 56), (128, 20, 10**9))
SPACING = 2 * np.pi / (STORED * BLOCK)
BITS = 11                 # explicit mantissa bits kept

_kernels = None


def kernels():
    """The fused point-wise loops (numba, single precision or double)."""
    global _kernels
    if _kernels is None:
        import numba as nb

        jit = nb.njit(fastmath=True, cache=True)

        @jit
        def velocity(w, pu, pv, uh, vh):
            # uh = i pu w, vh = i pv w with real pu, pv
            for i in range(w.shape[0]):
                for j in range(w.shape[1]):
                    z = w[i, j]
                    re, im = z.real, z.imag
                    uh[i, j] = complex(-pu[i, j] * im, pu[i, j] * re)
                    vh[i, j] = complex(-pv[i, j] * im, pv[i, j] * re)

        @jit
        def products(u, v):
            for i in range(u.shape[0]):
                for j in range(u.shape[1]):
                    a, b = u[i, j], v[i, j]
                    u[i, j] = a * b
                    v[i, j] = (b - a) * (b + a)

        # The four stages of RK4 in w~ = w / E(t); e is the factor over half a step.
        # qa, qb: the multipliers of the transforms of u v and v^2 - u^2.
        @jit
        def stage1(w, a, b, qa, qb, f, e, acc, s, h):
            for i in range(w.shape[0]):
                for j in range(w.shape[1]):
                    r = qa[i, j] * a[i, j] + qb[i, j] * b[i, j] + f[i, j]
                    ee = e[i, j]
                    acc[i, j] = ee * ee * (w[i, j] + h / 6 * r)
                    s[i, j] = ee * (w[i, j] + h / 2 * r)

        @jit
        def stage2(w, a, b, qa, qb, f, e, acc, s, h):
            for i in range(w.shape[0]):
                for j in range(w.shape[1]):
                    r = qa[i, j] * a[i, j] + qb[i, j] * b[i, j] + f[i, j]
                    ee = e[i, j]
                    acc[i, j] += ee * (h / 3 * r)
                    s[i, j] = ee * w[i, j] + h / 2 * r

        @jit
        def stage3(w, a, b, qa, qb, f, e, acc, s, h):
            for i in range(w.shape[0]):
                for j in range(w.shape[1]):
                    r = qa[i, j] * a[i, j] + qb[i, j] * b[i, j] + f[i, j]
                    ee = e[i, j]
                    acc[i, j] += ee * (h / 3 * r)
                    s[i, j] = ee * (ee * w[i, j] + h * r)

        @jit
        def stage4(w, a, b, qa, qb, f, e, acc, s, h):
            for i in range(w.shape[0]):
                for j in range(w.shape[1]):
                    r = qa[i, j] * a[i, j] + qb[i, j] * b[i, j] + f[i, j]
                    w[i, j] = acc[i, j] + h / 6 * r

        _kernels = (velocity, products, stage1, stage2, stage3, stage4)
    return _kernels


class Solver:
    """n x n points; the state is the half transform of the vorticity, over n^2."""

    def __init__(self, n, steps_per_frame, double=False):
        import pyfftw

        self.n, self.steps = n, steps_per_frame
        self.dt = DT_FRAME / steps_per_frame
        rt, ct = (np.float64, np.complex128) if double else (np.float32, np.complex64)
        self.rt, self.ct = rt, ct
        kx = np.fft.fftfreq(n, 1 / n)[:, None]
        ky = np.fft.rfftfreq(n, 1 / n)[None, :]
        k2 = kx**2 + ky**2
        self.mask = (k2 <= (n / 3) ** 2) & (k2 > 0)
        inv = np.where(k2 > 0, 1 / np.where(k2 > 0, k2, 1), 0) * self.mask
        # w = -lap psi, u = d psi/dy, v = -d psi/dx
        self.pu = np.ascontiguousarray(ky * inv, rt)
        self.pv = np.ascontiguousarray(-kx * inv, rt)
        # dw/dt = -(dxx - dyy)(u v) - dxy (v^2 - u^2) - dy f_x + nu lap w - drag w
        self.qa = np.ascontiguousarray((kx**2 - ky**2) * self.mask / n**2, rt)
        self.qb = np.ascontiguousarray(kx * ky * self.mask / n**2, rt)
        self.f = np.zeros(k2.shape, ct)
        self.f[0, FORCE_K] = -FORCE_K / 2            # -4 cos(4 y)
        self.e = np.ascontiguousarray(np.exp(-(NU * k2 + DRAG) * self.dt / 2), rt)
        self.w = np.zeros(k2.shape, ct)
        self.acc, self.s = np.zeros_like(self.w), np.zeros_like(self.w)
        self.a = pyfftw.zeros_aligned(k2.shape, ct)
        self.b = pyfftw.zeros_aligned(k2.shape, ct)
        self.u = pyfftw.zeros_aligned((n, n), rt)
        self.v = pyfftw.zeros_aligned((n, n), rt)

        def plan(x, y, d):
            flags = ("FFTW_MEASURE", "FFTW_DESTROY_INPUT")
            return pyfftw.FFTW(x, y, axes=(0, 1), direction=d, flags=flags, threads=1)

        self.iu = plan(self.a, self.u, "FFTW_BACKWARD")
        self.iv = plan(self.b, self.v, "FFTW_BACKWARD")
        self.fu = plan(self.u, self.a, "FFTW_FORWARD")
        self.fv = plan(self.v, self.b, "FFTW_FORWARD")
        self.h = rt(self.dt)

    def _rhs(self, w):
        k = kernels()
        k[0](w, self.pu, self.pv, self.a, self.b)
        self.iu.execute()
        self.iv.execute()
        k[1](self.u, self.v)
        self.fu.execute()
        self.fv.execute()

    def frame(self):
        """Advance by one stored frame (0.2 time units)."""
        st = kernels()[2:]
        for _ in range(self.steps):
            src = self.w
            for k in st:
                self._rhs(src)
                k(self.w, self.a, self.b, self.qa, self.qb, self.f, self.e,
                  self.acc, self.s, self.h)
                src = self.s

    def set_from(self, half, n_from):
        """Take the state of another resolution (truncated or padded with zeros)."""
        self.w[:] = 0
        m = min(n_from, self.n) // 2
        self.w[:m, :m] = half[:m, :m]
        self.w[-m + 1:, :m] = half[-m + 1:, :m]
        self.w *= self.mask


def initial_vorticity(seed, n=256):
    """jax-cfd's filtered_velocity_field(maximum_velocity=3, peak_wavenumber=4): white noise
    times a log-normal spectral density over k, made solenoidal, largest speed 3.  (Other
    random numbers, spectral instead of finite-difference projection.)"""
    rng = np.random.default_rng(seed)
    kx = np.fft.fftfreq(n, 1 / n)[:, None]
    ky = np.fft.rfftfreq(n, 1 / n)[None, :]
    k2 = kx**2 + ky**2
    k = np.sqrt(np.where(k2 > 0, k2, 1))
    var = 0.25
    mean = np.log(4.0) + var
    dens = np.exp(-((mean - np.log(k)) ** 2) / (2 * var) - np.log(k)) / k
    dens *= (k2 > 0) & (abs(kx) < n // 2) & (ky < n // 2)
    a, b = (np.fft.rfft2(rng.standard_normal((n, n))) * dens for _ in range(2))
    w = 1j * kx * b - 1j * ky * a
    u = np.fft.irfft2(1j * ky / k**2 * w)
    v = np.fft.irfft2(-1j * kx / k**2 * w)
    return w * 3.0 / np.sqrt(u**2 + v**2).max() / n**2


def stored_frame(half, n):
    """u, v as stored, from the half transform of the vorticity at resolution n."""
    m = -(-n // STORED) * STORED                     # sampled on a multiple of 64
    full = np.zeros((m, m // 2 + 1), np.complex128)
    c = n // 2
    full[:c, :c] = half[:c, :c]
    full[-c + 1:, :c] = half[-c + 1:, :c]
    kx = np.fft.fftfreq(m, 1 / m)[:, None]
    ky = np.fft.rfftfreq(m, 1 / m)[None, :]
    k2 = kx**2 + ky**2
    k2[0, 0] = 1

    def mean(k):                                     # of BLOCK points, about their centre
        s = np.sin(k * SPACING / 2)
        return np.where(s == 0, 1, np.sin(BLOCK * k * SPACING / 2) / np.where(s == 0, 1, BLOCK * s))

    full *= mean(kx) * mean(ky) / k2
    half_c, stag = BLOCK / 2 * SPACING, (BLOCK + 1) / 2 * SPACING
    # native u at (i+1, j+1/2) h, v at (i+1/2, j+1) h: block centres at 2.5 h and 2 h
    uh = 1j * ky * full * np.exp(1j * (kx * stag + ky * half_c))
    vh = -1j * kx * full * np.exp(1j * (kx * half_c + ky * stag))
    q = m // STORED
    return np.stack([np.fft.irfft2(z, s=(m, m))[::q, ::q] * m**2 for z in (uh, vh)])


def round_mantissa(x, bits=BITS):
    """Round float32 to `bits` explicit mantissa bits, ties to even."""
    i = np.ascontiguousarray(x, np.float32).view(np.uint32)
    d = np.uint32(23 - bits)
    half = (np.uint32(1) << (d - np.uint32(1))) - np.uint32(1)
    i = i + half + ((i >> d) & np.uint32(1))
    return (i & ~((np.uint32(1) << d) - np.uint32(1))).view(np.float32)


def simulate(seed, solvers, last=LAST, first=SPIN_FRAMES + 1):
    """Frames first..last of one seed.  solvers: list of (Solver, last frame of its use)."""
    half, n = initial_vorticity(seed), 256
    out, f = [], 0
    for s, until in solvers:
        s.set_from(half, n)
        while f < min(until, last):
            s.frame()
            f += 1
            if f >= first:
                out.append(stored_frame(s.w, s.n))
        half, n = s.w.copy(), s.n
    return np.stack(out).astype(np.float32)


def make_solvers(stages=STAGES, double=False):
    return [(Solver(n, k, double), until) for n, k, until in stages]


def run(out, first, count, last=LAST):
    os.makedirs(out, exist_ok=True)
    solvers = None
    for seed in range(first, first + count):
        path = os.path.join(out, f"{seed}.npy")
        if os.path.exists(path):
            continue
        solvers = solvers or make_solvers()
        t, c = time.time(), time.process_time()
        x = simulate(seed, solvers, last)
        assert np.isfinite(x).all()
        np.save(path + ".tmp.npy", x)
        os.replace(path + ".tmp.npy", path)
        print(f"seed {seed} frames {len(x)} wall {time.time() - t:.1f} cpu "
              f"{time.process_time() - c:.1f} std {x.std((0, 2, 3))} max {abs(x).max():.3f}",
              flush=True)


def pack(src, path, first, count, start, frames):
    import h5py

    seeds = [s for s in range(first, first + count) if os.path.exists(os.path.join(src, f"{s}.npy"))]
    a = start - SPIN_FRAMES - 1
    x = np.stack([np.load(os.path.join(src, f"{s}.npy"))[a:a + frames] for s in seeds])
    assert x.shape[1] == frames, x.shape
    x = round_mantissa(x)
    attrs = dict(
        axes="N,T,C,H,W",
        H_axis="x (streamwise, direction of the forcing)",
        W_axis="y (cross-stream; the forcing varies along it)",
        channels="u (velocity along H), v (velocity along W)",
        domain="[0, 2*pi] x [0, 2*pi], periodic",
        dt=DT_FRAME, reynolds=1000.0,
        viscosity=NU,
        forcing="kolmogorov: magnitude 1, wavenumber 4, i.e. sin(4 y) e_x; linear -0.1",
        grid=f"{STAGES[-1][0]}x{STAGES[-1][0]} on [0,2pi]^2, periodic; stored 64x64 = mean over 4x4 points of a "
             "256x256 staggered grid (Fourier multiplier)",
        solver="make_turbulence.py: pseudo-spectral vorticity, circular 2/3 truncation, integrating factor, "
               "RK4, float32 (numpy, pyfftw, numba)",
        resolution=STAGES[-1][0], kmax=STAGES[-1][0] / 3,
        inner_dt=DT_FRAME / STAGES[-1][1], inner_steps=STAGES[-1][1],
        spin_up=f"frames 1-{STAGES[0][2]} at {STAGES[0][0]}x{STAGES[0][0]} with {STAGES[0][1]} steps a frame, "
                "then as given by resolution and inner_steps",
        initial_condition="as jax-cfd's filtered_velocity_field, maximum_velocity 3, peak_wavenumber 4, other random numbers; "
                          "first 64 steps of dt 0.2 discarded",
        staggering="stored as on the MAC grid: native u at (i+1, j+1/2) h, native v at (i+1/2, j+1) h, "
                   "h = 2*pi/256; each component block-averaged in place",
        seed=np.array(seeds), start_step=np.full(len(seeds), start), mantissa=BITS,
        note=f"one window of {frames} consecutive frames per trajectory: steps {start}-{start + frames - 1}; "
             "seeds are numpy default_rng seeds, unrelated to those of train.h5 and test.h5; reynolds is nominal (that of "
             "the reference data), viscosity is the constant used, which includes the reference solver's numerical diffusion",
    )
    with h5py.File(path, "w") as h:
        d = h.create_dataset("x", data=x, chunks=(1, 1) + x.shape[2:],
                             compression="gzip", compression_opts=9, shuffle=True)
        for o in (h, d):
            for k, v in attrs.items():
                o.attrs[k] = v
    print(path, x.shape, os.path.getsize(path))


def join(reference, runs, path):
    """The windows of a file and then the runs of another, cut into windows of that length; pieces of a run stay together."""
    import h5py

    with h5py.File(reference) as a, h5py.File(runs) as b:
        kept = a["x"][()]
        frames = kept.shape[1]
        cut = b["x"].shape[1] // frames
        more = b["x"][:, :cut * frames].reshape(-1, frames, *kept.shape[2:])
        alike = ("axes", "H_axis", "W_axis", "channels", "domain", "dt", "reynolds", "forcing", "staggering")
        attrs = {k: a["x"].attrs[k] for k in alike}
        attrs["note"] = (f"{len(kept)} windows of {os.path.basename(reference)}, then {len(b['x'])} runs of make_turbulence.py, "
                         f"{cut} windows of {frames} frames each; pieces of one run stand together")
    x = np.concatenate([kept, more])
    with h5py.File(path + ".tmp", "w") as h:
        d = h.create_dataset("x", data=x, chunks=(1, *x.shape[1:]), compression="gzip", compression_opts=1, shuffle=True)
        for o in (h, d):
            for k, v in attrs.items():
                o.attrs[k] = v
    os.replace(path + ".tmp", path)
    print(path, x.shape, os.path.getsize(path))


if __name__ == "__main__":
    a = sys.argv[1:]
    if a[:1] == ["run"]:
        run(a[1], int(a[2]), int(a[3]), *(int(v) for v in a[4:5]))
    elif a[:1] == ["pack"]:
        pack(a[1], a[2], *(int(v) for v in a[3:7]))
    elif a[:1] == ["join"]:
        join(*a[1:4])
    else:
        sys.exit(__doc__)
