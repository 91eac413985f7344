//! The kernel has the bits of the CPU backend.

use crate::case::{Case, Input, Place};
use crate::element::{Bfloat, Element, Half};
use crate::kernel::{Kernel, have_compiler, proven};
use equipoise_field::{Real, Shape};
use equipoise_likelihood::conformance::check_backend;
use equipoise_likelihood::{Backend, Gradient, LikelihoodError, Observation, Statistics, Variance};
use equipoise_likelihood_cuda::variant::{Entry, Layout, Target, Weight};
use equipoise_operator::Subsample;

/// Ascending, descending and two shuffled orders of threads and of thread blocks.
const SCHEDULES: [u32; 4] = [0, 1, 2, 3];
const WEIGHTS: [Weight; 3] = [Weight::Scalar, Weight::Channel, Weight::Each];
const TARGETS: [Target; 2] = [Target::Compact, Target::Field];

/// The kernel on the host as a backend.
struct Host(&'static Kernel);

impl Host {
    fn run<E: Element<Real = E> + Real>(
        &self,
        place: Place,
        prediction: &[E],
        observation: Observation<'_, E>,
        residual: Option<&mut [E]>,
        gradient: Gradient<'_, E>,
    ) -> Statistics {
        let weight = match observation.variance {
            Variance::Scalar(_) => Weight::Scalar,
            Variance::PerChannel { .. } => Weight::Channel,
            Variance::PerObservation(_) => Weight::Each,
        };
        let variances = match observation.variance {
            Variance::PerObservation(values) => values.to_vec(),
            _ => Vec::new(),
        };
        let (target, out) = match gradient {
            Gradient::Compact(out) => (Target::Compact, out),
            Gradient::Field(out) => (Target::Field, out),
        };
        let case = Case::new(place, target, weight);
        let input = Input { prediction: prediction.to_vec(), values: observation.values.to_vec(), variances };
        let found =
            case.run_with(self.0, &input, &observation.variance).unwrap_or_else(|fault| panic!("{fault}"));
        if let Some(residual) = residual {
            residual.copy_from_slice(&found.residual);
        }
        out.copy_from_slice(&found.gradient);
        let record = found.records[0];
        Statistics {
            count: observation.values.len(),
            quadratic: record.quadratic,
            log_variance: record.log_variance,
            squared_norm: record.squared_norm,
            max_abs: record.max_abs,
            non_finite: record.non_finite as usize,
        }
    }
}

impl<E: Element<Real = E> + Real> Backend<E> for Host {
    fn compact(
        &self,
        prediction: &[E],
        observation: Observation<'_, E>,
        residual: Option<&mut [E]>,
        weighted: &mut [E],
    ) -> Result<Statistics, LikelihoodError> {
        observation.check_compact(prediction.len(), residual.as_deref(), weighted.len())?;
        let place = Place::Compact(weighted.len());
        Ok(self.run(place, prediction, observation, residual, Gradient::Compact(weighted)))
    }

    fn strided(
        &self,
        field: &[E],
        lattice: Subsample,
        observation: Observation<'_, E>,
        residual: Option<&mut [E]>,
        gradient: Gradient<'_, E>,
    ) -> Result<Statistics, LikelihoodError> {
        observation.check_strided(field.len(), lattice, residual.as_deref(), &gradient)?;
        Ok(self.run(Place::Lattice(lattice), field, observation, residual, gradient))
    }
}

fn conforms<E: Element<Real = E> + Real>() {
    if have_compiler() {
        check_backend::<E>(&Host(Kernel::shipped(E::STORAGE)));
    }
}

#[test]
fn f32_is_the_definition() {
    conforms::<f32>();
}

#[test]
fn f64_is_the_definition() {
    conforms::<f64>();
}

fn check<E: Element>(cases: impl IntoIterator<Item = Case>) {
    if !have_compiler() || proven() {
        return;
    }
    for case in cases {
        if let Err(fault) = case.check::<E>(Kernel::shipped(E::STORAGE)) {
            panic!("{}: {fault}", E::STORAGE.name());
        }
    }
}

/// Increasing indices without a short pattern, about `count` of `size`.
pub(crate) fn scattered(size: usize, count: usize) -> Vec<usize> {
    let keep =
        |k: &usize| (0.5 + *k as f64 * 0.618_033_988_749_895).fract() < count as f64 / size.max(1) as f64;
    (0..size).filter(keep).collect()
}

/// Every entry point with about `count` observations.
pub(crate) fn places(count: usize) -> Vec<Case> {
    let width = (count as f64).sqrt() as usize + 3;
    let lattice = Subsample::new(Shape::new(1, 2, width, width + 6), 2).unwrap();
    let at = |entry: Entry| match entry.layout {
        Layout::Compact => Place::Compact(count),
        Layout::Strided => Place::Lattice(lattice),
        Layout::Listed => Place::Listed(3 * count + 5, scattered(3 * count + 5, count)),
    };
    Entry::all().map(|entry| Case::new(at(entry), entry.target, entry.weight)).collect()
}

#[test]
fn sizes_beside_every_edge_with_strange_numbers() {
    let sizes = [0, 1, 7, 8, 9, 31, 32, 33, 1023, 1024, 1025, 2049, 4095, 4096, 4097, 9001];
    let cases =
        |hostile| sizes.iter().flat_map(move |n| places(*n).into_iter().map(move |c| Case { hostile, ..c }));
    check::<f32>(cases(true));
    check::<f32>(cases(false));
    check::<f64>(cases(true));
    check::<Half>(cases(true));
    check::<Bfloat>(cases(true));
}

#[test]
fn a_million_observations() {
    let count = 1_000_007;
    check::<f32>([Case::new(Place::Compact(count), Target::Compact, Weight::Each)]);
    let size = 2 * count;
    check::<f32>([Case::new(Place::Listed(size, scattered(size, count)), Target::Field, Weight::Scalar)]);
}

/// Block sums enough for two rounds of the last thread block: 512 of them make one.
#[test]
fn a_tree_over_more_than_512_blocks() {
    check::<f32>([Case::new(Place::Compact(513 * 4096 + 1), Target::Compact, Weight::Scalar)]);
}

fn lattices() -> Vec<Subsample> {
    let shapes = [
        (Shape::new(1, 1, 1, 1), 1),
        (Shape::new(2, 3, 33, 65), 1),
        (Shape::new(2, 2, 64, 64), 2),
        (Shape::new(2, 3, 67, 131), 3),
        (Shape::new(1, 2, 96, 80), 4),
        (Shape::new(3, 2, 50, 99), 7),
        (Shape::new(2, 1, 160, 199), 16),
        // One column; a row longer than a tile; one point in a plane.
        (Shape::new(3, 1, 900, 2), 2),
        (Shape::new(1, 2, 5, 4801), 2),
        (Shape::new(7, 3, 5, 5), 5),
    ];
    shapes.into_iter().map(|(shape, stride)| Subsample::new(shape, stride).unwrap()).collect()
}

#[test]
fn strides_that_divide_and_that_do_not() {
    let cases = || {
        let all = lattices()
            .into_iter()
            .flat_map(|l| TARGETS.map(|t| WEIGHTS.map(|w| (l, t, w))).into_iter().flatten());
        all.map(|(lattice, target, weight)| Case::new(Place::Lattice(lattice), target, weight))
    };
    check::<f32>(cases());
    check::<f64>(cases());
    check::<Bfloat>(cases());
}

#[test]
fn lists_that_are_dense_sparse_clustered_and_empty() {
    let lists = [
        (40_000, vec![]),
        (40_000, scattered(40_000, 96)),
        (40_000, (0..40_000).collect()),
        (40_000, (0..5_000).chain(39_990..40_000).collect()),
        (40_001, (0..40_001).step_by(32).collect()),
        (40_001, (31..40_001).step_by(33).collect()),
        (40_001, vec![40_000]),
        (31, vec![30]),
    ];
    let cases = || {
        lists
            .iter()
            .map(|(size, list)| Case::new(Place::Listed(*size, list.clone()), Target::Field, Weight::Scalar))
    };
    check::<f32>(cases());
    check::<f64>(cases());
    check::<Half>(cases());
}

#[test]
fn arrays_that_begin_off_a_boundary() {
    for shift in [1, 2, 3, 4] {
        let cases = || places(5_000).into_iter().map(move |case| Case { shift, ..case });
        check::<f32>(cases());
        check::<f64>(cases());
        check::<Half>(cases());
    }
}

#[test]
fn batches_with_shared_and_with_separate_observations() {
    for (shared, count) in [(true, 4_104), (false, 4_104), (false, 4_105)] {
        let cases = || places(count).into_iter().map(move |case| Case { samples: 3, shared, ..case });
        check::<f32>(cases());
        check::<Bfloat>(cases());
    }
}

#[test]
fn no_schedule_changes_a_bit() {
    for schedule in SCHEDULES {
        let cases = || places(9_001).into_iter().map(move |case| Case { schedule, samples: 2, ..case });
        check::<f32>(cases());
        check::<f64>(cases());
    }
}

fn every_pattern<E: Element<Real = f32>>(of: fn(u16) -> E) {
    if !have_compiler() || proven() {
        return;
    }
    let count = 1 << 16;
    let case = Case::new(Place::Compact(count), Target::Compact, Weight::Scalar);
    let values = (0..=u16::MAX).map(of).collect();
    let input = Input { prediction: vec![of(0); count], values, variances: Vec::new() };
    case.check_on(Kernel::shipped(E::STORAGE), &input).unwrap();
}

#[test]
fn every_half_and_every_bfloat_widens_to_its_value() {
    every_pattern(Half);
    every_pattern(Bfloat);
}
