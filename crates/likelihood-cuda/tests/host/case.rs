//! One launch and what it must give: the bits of the CPU backend on the gathered, widened input.

use crate::array::Array;
use crate::element::Element;
use crate::kernel::{Buffer, Kernel, ONCE, READ, WRITE};
use equipoise_field::Real;
use equipoise_likelihood::{Backend, Cpu, Observation, Statistics, Variance};
use equipoise_likelihood_cuda::arguments::Record;
use equipoise_likelihood_cuda::variant::{Entry, Layout, Target, Weight};
use equipoise_likelihood_cuda::{Arguments, PointList, Points};
use equipoise_operator::{LinearOperator, Mask, Subsample};

/// Where the observations of a case lie.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Compact(usize),
    Lattice(Subsample),
    Listed(usize, Vec<usize>),
}

/// Everything about a launch but its numbers.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) place: Place,
    pub(crate) target: Target,
    pub(crate) weight: Weight,
    pub(crate) samples: usize,
    /// y and v are the same for all samples.
    pub(crate) shared: bool,
    /// Elements between a 64-byte boundary and the first element of every array.
    pub(crate) shift: usize,
    /// NaN, infinities, huge and tiny numbers among the observations.
    pub(crate) hostile: bool,
    pub(crate) schedule: u32,
}

/// Bytes that a launch loaded and stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Traffic(pub(crate) Vec<(&'static str, u64, u64)>);

impl Traffic {
    pub(crate) fn of(&self, name: &str) -> (u64, u64) {
        self.0.iter().find(|row| row.0 == name).map_or((0, 0), |row| (row.1, row.2))
    }
}

/// The numbers of a case.
pub(crate) struct Input<E: Element> {
    pub(crate) prediction: Vec<E>,
    pub(crate) values: Vec<E>,
    pub(crate) variances: Vec<E::Real>,
}

pub(crate) struct Output<E: Element> {
    pub(crate) residual: Vec<E::Real>,
    pub(crate) gradient: Vec<E::Real>,
    pub(crate) records: Vec<Record>,
    pub(crate) traffic: Traffic,
}

const CHANNELS: [f64; 3] = [0.02, 3.0, 0.7];

impl Case {
    pub(crate) fn new(place: Place, target: Target, weight: Weight) -> Self {
        Self { place, target, weight, samples: 1, shared: true, shift: 0, hostile: false, schedule: 0 }
    }

    pub(crate) fn count(&self) -> usize {
        match &self.place {
            Place::Compact(count) => *count,
            Place::Lattice(lattice) => lattice.count(),
            Place::Listed(_, indices) => indices.len(),
        }
    }

    pub(crate) fn size(&self) -> usize {
        match &self.place {
            Place::Compact(count) => *count,
            Place::Lattice(lattice) => lattice.shape().len(),
            Place::Listed(size, _) => *size,
        }
    }

    fn gradient_len(&self) -> usize {
        if self.target == Target::Field { self.size() } else { self.count() }
    }

    fn layout(&self) -> Layout {
        match self.place {
            Place::Compact(_) => Layout::Compact,
            Place::Lattice(_) => Layout::Strided,
            Place::Listed(..) => Layout::Listed,
        }
    }

    pub(crate) fn entry(&self) -> Entry {
        Entry { layout: self.layout(), target: self.target, weight: self.weight }
    }

    /// Numbers in (−1, 1) without a short period, from Weyl sequences.
    pub(crate) fn input<E: Element>(&self) -> Input<E> {
        let weyl = |k: usize, step: f64| 2.0 * (0.5 + k as f64 * step).fract() - 1.0;
        let copies = if self.shared { 1 } else { self.samples };
        let values = self.count() * copies;
        let mut input = Input {
            prediction: (0..self.size() * self.samples)
                .map(|k| E::near(weyl(k, 0.618_033_988_749_895)))
                .collect(),
            values: (0..values).map(|k| E::near(weyl(k, 0.414_213_562_373_095))).collect(),
            variances: (0..values)
                .map(|k| E::Real::narrow(0.01 + weyl(k, 0.732_050_807_568_877).abs()))
                .collect(),
        };
        if self.hostile {
            let (huge, tiny) = match E::STORAGE.real_bytes() {
                8 => (f64::MAX, f64::MIN_POSITIVE),
                _ => (f32::MAX.into(), f32::MIN_POSITIVE.into()),
            };
            let strange =
                [f64::NAN, f64::INFINITY, huge, tiny, f64::NEG_INFINITY, -0.5 * huge, tiny / 8.0, -0.0];
            for (k, value) in strange.into_iter().cycle().enumerate().take(values.div_ceil(97)) {
                input.values[k * 97] = E::near(value);
            }
        }
        input
    }

    /// v of sample `k`; the planes of a variance per channel divide N if some number of them does.
    fn variance<'a, R: Real>(&self, variances: &'a [R], k: usize) -> Variance<'a, R> {
        let count = self.count();
        match self.weight {
            Weight::Scalar => Variance::Scalar(0.037),
            Weight::Channel => {
                let (channels, plane) = match &self.place {
                    Place::Lattice(lattice) => (lattice.shape().channels, lattice.observed().plane()),
                    _ => (1..=3)
                        .rev()
                        .find(|c| count.is_multiple_of(*c))
                        .map_or((1, count), |c| (c, count / c)),
                };
                Variance::PerChannel { values: &CHANNELS[..channels], plane: plane.max(1) }
            }
            Weight::Each => {
                let start = if self.shared { 0 } else { k * count };
                Variance::PerObservation(&variances[start..start + count])
            }
        }
    }

    /// Launches the kernel.
    pub(crate) fn run<E: Element>(&self, kernel: &Kernel, input: &Input<E>) -> Result<Output<E>, String> {
        self.run_with(kernel, input, &self.variance(&input.variances, 0))
    }

    /// Launches the kernel with this variance, of which `input` has the numbers of each observation.
    pub(crate) fn run_with<E: Element>(
        &self,
        kernel: &Kernel,
        input: &Input<E>,
        variance: &Variance<'_, E::Real>,
    ) -> Result<Output<E>, String> {
        let list = match &self.place {
            Place::Listed(size, indices) => PointList::new(*size, indices).unwrap(),
            _ => PointList::new(0, &[]).unwrap(),
        };
        let points = match &self.place {
            Place::Compact(count) => Points::Compact(*count),
            Place::Lattice(lattice) => Points::Lattice(*lattice),
            Place::Listed(..) => Points::Listed(&list),
        };
        let mut arguments = Arguments::of(points, E::STORAGE).unwrap();
        let table = arguments.set_variance(variance);
        launch(self, kernel, input, &list, &table, arguments)
    }

    /// Launches the kernel and holds it to the CPU backend.
    pub(crate) fn check<E: Element>(&self, kernel: &Kernel) -> Result<Traffic, String> {
        let input = self.input::<E>();
        self.check_on(kernel, &input)
    }

    pub(crate) fn check_on<E: Element>(&self, kernel: &Kernel, input: &Input<E>) -> Result<Traffic, String> {
        let found = self.run(kernel, input)?;
        for k in 0..self.samples {
            self.judge(k, input, &found)
                .map_err(|fault| format!("{fault} of sample {k} differs in {self:?}"))?;
        }
        Ok(found.traffic)
    }

    fn judge<E: Element>(&self, k: usize, input: &Input<E>, found: &Output<E>) -> Result<(), &'static str> {
        let (count, size, len) = (self.count(), self.size(), self.gradient_len());
        let start = if self.shared { 0 } else { k * count };
        let field: Vec<E::Real> = input.prediction[k * size..][..size].iter().map(|x| x.widen()).collect();
        let values: Vec<E::Real> = input.values[start..][..count].iter().map(|y| y.widen()).collect();
        let operator: Option<Box<dyn LinearOperator<E::Real>>> = match &self.place {
            Place::Compact(_) => None,
            Place::Lattice(lattice) => Some(Box::new(*lattice)),
            Place::Listed(size, indices) => Some(Box::new(Mask::new(*size, indices.clone()).unwrap())),
        };
        let mut prediction = vec![E::Real::narrow(f64::NAN); count];
        match &operator {
            None => prediction.copy_from_slice(&field),
            Some(operator) => operator.apply(&field, &mut prediction),
        }
        let (mut residual, mut weighted) = (prediction.clone(), prediction.clone());
        let variance = self.variance(&input.variances, k);
        // A channel of no observations is a shape that the CPU refuses.
        let variance = if count == 0 { Variance::Scalar(1.0) } else { variance };
        let observation = Observation { values: &values, variance };
        let expected = Cpu.compact(&prediction, observation, Some(&mut residual), &mut weighted).unwrap();
        let mut gradient = vec![E::Real::narrow(f64::NAN); len];
        match (&operator, self.target) {
            (Some(operator), Target::Field) => operator.adjoint(&weighted, &mut gradient),
            _ => gradient = weighted,
        }
        same("residual", &residual, &found.residual[k * count..][..count])?;
        same("gradient", &gradient, &found.gradient[k * len..][..len])?;
        self.judge_record(expected, &found.records[k])
    }

    fn judge_record(&self, expected: Statistics, found: &Record) -> Result<(), &'static str> {
        same("quadratic sum", &[expected.quadratic], &[found.quadratic])?;
        same("squared norm", &[expected.squared_norm], &[found.squared_norm])?;
        same("max|r|", &[expected.max_abs], &[found.max_abs])?;
        same("non-finite count", &[expected.non_finite as f64], &[found.non_finite])?;
        // Eight logarithms a block, each below 2⁹ in size and off by at most one unit of 2⁻⁴⁴, and
        // the tree above them.
        let blocks = self.count().div_ceil(4096) as f64;
        let bound = blocks * 8.0 * 2f64.powi(-44) + 32.0 * f64::EPSILON * expected.log_variance.abs();
        let off = (found.log_variance - expected.log_variance).abs();
        if off <= bound || self.count() == 0 { Ok(()) } else { Err("log variance") }
    }
}

/// Equal bits, or both NaN.
fn same<R: Real>(what: &'static str, a: &[R], b: &[R]) -> Result<(), &'static str> {
    let equal = |a: f64, b: f64| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    let all = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a.wide(), b.wide()));
    if all { Ok(()) } else { Err(what) }
}

fn launch<E: Element>(
    case: &Case,
    kernel: &Kernel,
    input: &Input<E>,
    list: &PointList,
    table: &[f64],
    mut arguments: Arguments,
) -> Result<Output<E>, String> {
    let (count, samples, shift) = (case.count(), case.samples, case.shift);
    let mut prediction = Array::of(&input.prediction, shift);
    let mut values = Array::of(&input.values, shift);
    let mut variances = Array::of(&input.variances, shift);
    let mut precisions = Array::of(table, 0);
    let mut indices = Array::of(list.indices(), shift);
    let mut empty_segments = Array::of(list.empty_segments(), shift);
    let mut residual = Array::<E::Real>::unset(count * samples, shift);
    let mut gradient = Array::<E::Real>::unset(case.gradient_len() * samples, shift);
    let mut partials = Array::<f64>::unset(arguments.partials() * samples, 0);
    let mut statistics = Array::<Record>::unset(samples, 0);
    let mut tickets = Array::of(&vec![0u32; samples], 0);
    let mut buffers = Vec::new();
    macro_rules! register {
        ($($array:ident: $purpose:expr),*) => {$(
            arguments.$array = $array.address();
            let name = concat!(stringify!($array), "\0").as_ptr().cast();
            let (base, bytes) = ($array.address(), $array.bytes() as u64);
            buffers.push(Buffer { name, base, bytes, purpose: $purpose, loaded: 0, stored: 0 });
        )*};
    }
    register!(
        prediction: READ, values: READ, variances: READ, precisions: READ, indices: READ,
        empty_segments: READ, residual: WRITE | ONCE, gradient: WRITE | ONCE,
        partials: READ | WRITE, statistics: WRITE | ONCE, tickets: READ | WRITE
    );
    arguments.prediction_pitch = case.size() as u64;
    let pitch = if case.shared { 0 } else { count as u64 };
    (arguments.values_pitch, arguments.variances_pitch) = (pitch, pitch);
    arguments.residual_pitch = count as u64;
    arguments.gradient_pitch = case.gradient_len() as u64;
    let grid = (arguments.grid_x(case.target), samples as u32);
    kernel.launch(case.entry(), grid, &arguments, case.schedule, &mut buffers)?;
    if tickets.into_vec().iter().any(|ticket| *ticket != 0) {
        return Err(format!("{}: a ticket is left behind", case.entry()));
    }
    let names = [
        "prediction",
        "values",
        "variances",
        "precisions",
        "indices",
        "empty_segments",
        "residual",
        "gradient",
        "partials",
    ];
    let traffic = names.into_iter().zip(&buffers).map(|(name, b)| (name, b.loaded, b.stored)).collect();
    Ok(Output {
        residual: residual.into_vec(),
        gradient: gradient.into_vec(),
        records: statistics.into_vec(),
        traffic: Traffic(traffic),
    })
}
