//! Gaussian flows whose posterior is known, with faults that people make: what tests and the example of power judge.
//!
//! A stream function ψ is Gaussian and stationary on a periodic box of two frames beside four of time, u = ∂ψ/∂y and
//! v = −∂ψ/∂x by their Fourier factors; every cell was read with noise. By mode k the posterior of ψ is normal with
//! precision 1/P(k) + |k|²/s². Members are draws of it, and so is the truth.

use equipoise_data::sensors::{Entry, Measured};
use equipoise_data::{Coordinates, Described, Kind, Particulars};
use equipoise_field::{Axis, Boundary, Grid, Shape};
use equipoise_operator::{LinearOperator, Sensor, Sensors, TimeRule};
use equipoise_referee::{Case, Fields, Result, Scope, Statistic, Walls, Withheld};
use equipoise_stream::Stream;
use num_complex::Complex;
use std::f64::consts::TAU;
use std::path::PathBuf;

/// Cells along H and W.
pub(crate) const SIDE: usize = 32;
/// Frames in the box of time, and those that are judged.
const PERIOD: usize = 4;
pub(crate) const FRAMES: usize = 2;
const PLANE: usize = SIDE * SIDE;
/// Noise of the readings that members are made with, and of withheld ones.
const USED: f64 = 0.5;
const NOISE: f64 = 0.1;
/// Places with withheld sensors.
const PLACES: usize = 24;

/// What was done to members, truth or readings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// Members in another unit, so many times too large.
    Unit(f64),
    /// H and W of members exchanged.
    Axes,
    /// u and v of members exchanged.
    Components,
    /// The first half of the members twice.
    Twice,
    /// One member is the truth.
    Copied,
    /// The truth was used: all members moved by that share of the distance from their mean to it.
    Leaked(f64),
    /// Members a frame late.
    Shift,
    /// Deviations from their mean times this.
    Spread(f64),
    /// u of all members moved by so many posterior standard deviations.
    Bias(f64),
    /// One sensor stands so many cells off in x.
    Sensor(f64),
}

/// Exact members and a truth, in all frames of the box of time, before anything is done to them.
pub(crate) struct Exact {
    stream: Stream,
    members: Vec<Vec<f64>>,
    truth: Vec<f64>,
    /// The posterior standard deviation of u.
    std: f64,
}

/// A case: M members, a truth, withheld readings.
pub(crate) struct Drawn {
    pub(crate) members: Vec<Vec<f32>>,
    pub(crate) truth: Vec<f32>,
    pub(crate) entries: Vec<Entry>,
}

/// The grid of all cases.
pub(crate) fn described() -> Described {
    let step = TAU / SIDE as f64;
    Described {
        path: PathBuf::from("(memory)"),
        kind: Kind::GENERIC,
        frame: Shape::new(1, 2, SIDE, SIDE),
        grid: Grid { x_axis: Axis::W, dx: step, dy: step, boundary: Boundary::Periodic },
        coordinates: Coordinates { x_first: 0.0, y_first: 0.0, time_step: 1.0 },
        geometry: None,
        mask: None,
        particulars: Particulars::default(),
    }
}

/// Draws a case with a fault.
pub(crate) fn drawn(stream: Stream, members: usize, fault: Fault) -> Drawn {
    exact(stream, members).with(fault)
}

/// Draws a case.
pub(crate) fn exact(stream: Stream, members: usize) -> Exact {
    let law = Law::new();
    let prior = law.white(stream, 0).scaled(&law.prior);
    let noise: Vec<f64> = stream.text("used noise").normal(0, 2 * PERIOD * PLANE);
    let mut data = law.velocity(&prior);
    data.iter_mut().zip(&noise).for_each(|(y, z)| *y += USED * z);
    let mean = law.posterior_mean(&data);
    let member = |k| law.velocity(&law.white(stream, k).scaled(&law.posterior).plus(&mean));
    let members = (1..=members as u64).map(member).collect();
    Exact { stream, members, truth: law.velocity(&prior), std: law.std() }
}

impl Exact {
    /// With a fault.
    pub(crate) fn with(&self, fault: Fault) -> Drawn {
        let first = if fault == Fault::Shift { 1 } else { 0 };
        let mut members: Vec<Vec<f32>> = self.members.iter().map(|member| window(member, first)).collect();
        let truth = window(&self.truth, 0);
        spoil(&mut members, &truth, fault, self.std);
        let entries = readings(self.stream, &truth, fault);
        Drawn { members, truth, entries }
    }
}

/// What a case says of its withheld readings and of its fields.
pub(crate) fn case(drawn: &Drawn, draws: Stream) -> Result<Case> {
    case_by(drawn, draws, [true, true])
}

/// What a case says of its withheld readings, of its fields, or of both.
pub(crate) fn case_by(drawn: &Drawn, draws: Stream, [withheld, field]: [bool; 2]) -> Result<Case> {
    let (described, count) = (described(), drawn.members.len());
    let mut readings = Withheld::new(&described, FRAMES, TimeRule::Nearest, drawn.entries.clone(), count)?;
    let mut fields = Fields::new(&described, Walls::default(), count + 1, draws)?;
    for t in 0..FRAMES {
        let all = std::iter::once(&drawn.truth).chain(&drawn.members);
        let frames: Vec<&[f32]> = all.map(|x| &x[t * 2 * PLANE..(t + 1) * 2 * PLANE]).collect();
        readings.add_frame(t, &frames[1..]);
        if field {
            fields.add_frame(&frames)?;
        }
    }
    let mut case = if withheld { readings.finish(draws)? } else { Case::default() };
    if field {
        case.statistics.extend(fields.finish()?);
    }
    Ok(case)
}

/// What is said by readings alone, by the truth alone, or by both.
pub(crate) fn looked(case: &Case, [withheld, field]: [bool; 2]) -> Case {
    let seen = |s: &&Statistic| if s.scope == Scope::Field { field } else { withheld };
    let places = if withheld { case.places.clone() } else { Vec::new() };
    Case { statistics: case.statistics.iter().filter(seen).cloned().collect(), places }
}

fn spoil(members: &mut [Vec<f32>], truth: &[f32], fault: Fault, std: f64) {
    let each = |members: &mut [Vec<f32>], map: &dyn Fn(&[f32], usize) -> f32| {
        for member in members {
            let old = member.clone();
            member.iter_mut().enumerate().for_each(|(i, x)| *x = map(&old, i));
        }
    };
    match fault {
        Fault::None | Fault::Shift | Fault::Sensor(_) => {}
        Fault::Unit(factor) => each(members, &|x, i| (f64::from(x[i]) * factor) as f32),
        Fault::Axes => each(members, &|x, i| {
            let (plane, cell) = (i / PLANE, i % PLANE);
            x[plane * PLANE + cell % SIDE * SIDE + cell / SIDE]
        }),
        Fault::Components => each(members, &|x, i| x[((i / PLANE) ^ 1) * PLANE + i % PLANE]),
        Fault::Twice => {
            let half = members.len() / 2;
            let (first, second) = members.split_at_mut(half);
            first.iter().zip(second).for_each(|(a, b)| b.clone_from(a));
        }
        Fault::Copied => members[0].copy_from_slice(truth),
        Fault::Leaked(share) => {
            let mean = mean(members);
            each(members, &|x, i| x[i] + share as f32 * (truth[i] - mean[i]));
        }
        Fault::Spread(factor) => {
            let mean = mean(members);
            each(members, &|x, i| mean[i] + factor as f32 * (x[i] - mean[i]));
        }
        Fault::Bias(by) => each(members, &|x, i| {
            let u = (i / PLANE).is_multiple_of(2);
            if u { x[i] + (by * std) as f32 } else { x[i] }
        }),
    }
}

fn mean(members: &[Vec<f32>]) -> Vec<f32> {
    let n = members.len() as f32;
    (0..members[0].len()).map(|i| members.iter().map(|m| m[i]).sum::<f32>() / n).collect()
}

/// The same places in every case, each read in both components and both frames.
fn readings(stream: Stream, truth: &[f32], fault: Fault) -> Vec<Entry> {
    let places = Stream::new("places").uniform(0, 2 * PLACES);
    let noise: Vec<f64> = stream.text("withheld noise").normal(0, PLACES * 2 * FRAMES);
    let mut sensors = Vec::new();
    for p in 0..PLACES {
        for (frame, channel) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let (column, row) = (SIDE as f64 * places[2 * p], SIDE as f64 * places[2 * p + 1]);
            sensors.push(Sensor { frame: f64::from(frame), channel, row, column });
        }
    }
    let mut actual = sensors.clone();
    if let Fault::Sensor(by) = fault {
        actual[..4].iter_mut().for_each(|s| s.column = (s.column + by).rem_euclid(SIDE as f64));
    }
    let shape = Shape { frames: FRAMES, ..described().frame };
    let operator = Sensors::new(shape, Boundary::Periodic, TimeRule::Nearest, &actual).unwrap();
    let mut seen = vec![0.0f32; actual.len()];
    operator.apply(truth, &mut seen);
    let step = TAU / SIDE as f64;
    let entry = |(i, sensor): (usize, Sensor)| Entry {
        row: i as u64,
        time: sensor.frame,
        x: sensor.column * step,
        y: sensor.row * step,
        measured: Measured { value: f64::from(seen[i]) + NOISE * noise[i], noise: NOISE },
        sensor,
    };
    sensors.into_iter().enumerate().map(entry).collect()
}

fn window(velocity: &[f64], first: usize) -> Vec<f32> {
    velocity[first * 2 * PLANE..(first + FRAMES) * 2 * PLANE].iter().map(|x| *x as f32).collect()
}

/// Complex modes (time, H, W).
struct Modes(Vec<[f64; 2]>);

impl Modes {
    fn scaled(mut self, by: &[f64]) -> Self {
        self.0.iter_mut().zip(by).for_each(|(m, s)| *m = [m[0] * s, m[1] * s]);
        self
    }

    fn plus(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a = [a[0] + b[0], a[1] + b[1]]);
        self
    }

    /// Times i·k of each mode, or i times a factor.
    fn times_i(&self, k: &[f64]) -> Self {
        Self(self.0.iter().zip(k).map(|(m, k)| [-m[1] * k, m[0] * k]).collect())
    }
}

/// The law of ψ: standard deviations by mode under an orthonormal transform; longer along x than along y.
struct Law {
    prior: Vec<f64>,
    posterior: Vec<f64>,
    kx: Vec<f64>,
    ky: Vec<f64>,
}

impl Law {
    fn new() -> Self {
        let signed = |i: usize, n: usize| if 2 * i < n { i as f64 } else { i as f64 - n as f64 };
        // A Nyquist wave has no derivative on the grid.
        let slope = |k: f64, n: usize| if 2.0 * k.abs() >= n as f64 { 0.0 } else { k };
        let (mut prior, mut posterior, mut kx, mut ky) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for i in 0..PERIOD * PLANE {
            let (t, h, w) =
                (signed(i / PLANE, PERIOD), signed(i / SIDE % SIDE, SIDE), signed(i % SIDE, SIDE));
            let (x, y) = (slope(w, SIDE), slope(h, SIDE));
            let power = (-0.5 * ((w / 2.0).powi(2) + (h / 4.0).powi(2)) - 0.3 * t * t).exp() * 4.0;
            let k2 = x * x + y * y;
            let power = if k2 > 0.0 { power } else { 0.0 };
            prior.push(power.sqrt());
            posterior.push(if power > 0.0 {
                (power.recip() + k2 / (USED * USED)).recip().sqrt()
            } else {
                0.0
            });
            kx.push(x);
            ky.push(y);
        }
        Self { prior, posterior, kx, ky }
    }

    /// Modes of white noise.
    fn white(&self, stream: Stream, draw: u64) -> Modes {
        let noise: Vec<f64> = stream.text("psi").normal(draw, PERIOD * PLANE);
        transformed(&Modes(noise.into_iter().map(|z| [z, 0.0]).collect()), -1.0)
    }

    /// (T, 2, H, W).
    fn velocity(&self, psi: &Modes) -> Vec<f64> {
        // Both are real: u + iv of one transform, i k_y + i (−i k_x).
        let both = psi.0.iter().zip(self.kx.iter().zip(&self.ky));
        let both = both.map(|(m, (kx, ky))| [kx * m[0] - ky * m[1], kx * m[1] + ky * m[0]]).collect();
        let both = transformed(&Modes(both), 1.0);
        let frame = |t: usize| {
            let plane = &both.0[t * PLANE..(t + 1) * PLANE];
            [0, 1].into_iter().flat_map(|c| plane.iter().map(move |m| m[c])).collect::<Vec<f64>>()
        };
        (0..PERIOD).flat_map(frame).collect()
    }

    /// conj(a)·y/s² over the precision, a = (i k_y, −i k_x).
    fn posterior_mean(&self, data: &[f64]) -> Modes {
        let component = |c: usize| {
            let plane = |t: usize| &data[(2 * t + c) * PLANE..(2 * t + c + 1) * PLANE];
            let values = (0..PERIOD).flat_map(plane).map(|x| [*x, 0.0]).collect();
            transformed(&Modes(values), -1.0)
        };
        let minus: Vec<f64> = self.ky.iter().map(|k| -k).collect();
        let both = component(0).times_i(&minus).plus(&component(1).times_i(&self.kx));
        let gain: Vec<f64> = self.posterior.iter().map(|s| s * s / (USED * USED)).collect();
        both.scaled(&gain)
    }

    /// The posterior standard deviation of u.
    fn std(&self) -> f64 {
        let variance: f64 = self.posterior.iter().zip(&self.ky).map(|(s, k)| (s * k).powi(2)).sum();
        (variance / (PERIOD * PLANE) as f64).sqrt()
    }
}

/// The orthonormal discrete Fourier transform along all three axes; `sign` 1 is the inverse.
fn transformed(modes: &Modes, sign: f64) -> Modes {
    let value = |m: &[f64; 2]| Complex::new(m[0], -sign * m[1]);
    let mut values: Vec<Complex<f64>> = modes.0.iter().map(value).collect();
    let [side, time] = equipoise_fourier::forward([SIDE, PERIOD]);
    side.process(&mut values);
    for (stride, n, plan) in [(SIDE, SIDE, side), (PLANE, PERIOD, time)] {
        let mut line = vec![Complex::default(); n];
        for start in (0..values.len()).filter(|i| i / stride % n == 0) {
            line.iter_mut().enumerate().for_each(|(k, x)| *x = values[start + k * stride]);
            plan.process(&mut line);
            line.iter().enumerate().for_each(|(k, x)| values[start + k * stride] = *x);
        }
    }
    let scale = 1.0 / (values.len() as f64).sqrt();
    Modes(values.into_iter().map(|x| [scale * x.re, -sign * scale * x.im]).collect())
}
