//! Every operation alone: against a plain formula, its products against differences and each other.

mod formulas;

use super::*;
use crate::{Activation, Norm, Padding};
use equipoise_convolution::pixels::{of_planes, to_planes};
use formulas::{convolved, group_normalised, normalised};

/// Numbers of mean 0 and variance about 1 that depend on `seed` alone.
pub(crate) fn numbers(seed: u64, len: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    let mut uniform = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    (0..len).map(|_| (0..12).map(|_| uniform()).sum()).collect()
}

fn narrow<R: Real>(values: &[f64]) -> Vec<R> {
    values.iter().map(|v| R::narrow(*v)).collect()
}

fn wide<R: Real>(values: &[R]) -> Vec<f64> {
    values.iter().map(|v| v.wide()).collect()
}

fn map(channels: usize, height: usize, width: usize) -> Extent {
    Extent { channels, height, width }
}

fn pixels<R: Real>(extent: Extent, planes: &[R]) -> Vec<R> {
    let mut pixels = planes.to_vec();
    of_planes(planes, extent.channels, &mut pixels);
    pixels
}

fn planes<R: Real>(extent: Extent, pixels: &[R]) -> Vec<R> {
    let mut planes = pixels.to_vec();
    to_planes(pixels, extent.channels, &mut planes);
    planes
}

/// An operation with random inputs.
struct Bench<'a, R> {
    operation: &'a dyn Operation<R>,
    extents: Vec<Extent>,
    inputs: Vec<Vec<R>>,
    output: Extent,
}

impl<'a, R: Real> Bench<'a, R> {
    fn new(operation: &'a dyn Operation<R>, extents: &[Extent]) -> Self {
        let inputs = (0..extents.len()).map(|k| narrow(&numbers(k as u64 + 1, extents[k].len()))).collect();
        let output = operation.extent(extents).unwrap();
        Self { operation, extents: extents.to_vec(), inputs, output }
    }

    /// What the operation sees: all inputs, or those that it says it needs.
    fn at<'b>(&'b self, inputs: &'b [Vec<R>], needs: Option<&[usize]>) -> At<'b, R> {
        let (mut values, mut extents) = ([&[][..]; MOST], [Extent::default(); MOST]);
        for (k, input) in inputs.iter().enumerate() {
            extents[k] = self.extents[k];
            if needs.is_none_or(|needs| needs.contains(&k)) {
                values[k] = input;
            }
        }
        At { values, extents, output: self.output }
    }

    fn forward(&self, inputs: &[Vec<R>]) -> Vec<f64> {
        let mut y = vec![R::nan(); self.output.len()];
        let inputs = self.pixels(inputs);
        let mut at = self.at(&inputs, None);
        if self.operation.in_place() {
            y.copy_from_slice(std::mem::take(&mut at.values[0]));
        }
        self.operation.forward(at, &mut Scratch::default(), &mut y);
        wide(&planes(self.output, &y))
    }

    /// Formulas and tests have planes, operations pixels.
    fn pixels(&self, inputs: &[Vec<R>]) -> Vec<Vec<R>> {
        inputs.iter().zip(&self.extents).map(|(input, extent)| pixels(*extent, input)).collect()
    }

    /// J_k v, added to ones.
    fn jvp(&self, k: usize, v: &[f64]) -> Vec<f64> {
        let mut y = vec![R::one(); self.output.len()];
        let inputs = self.pixels(&self.inputs);
        let at = self.at(&inputs, Some(self.operation.needs(k)));
        let v = pixels(self.extents[k], &narrow::<R>(v));
        self.operation.jvp(at, k, &v, &mut Scratch::default(), &mut y);
        planes(self.output, &y).iter().map(|y| y.wide() - 1.0).collect()
    }

    /// J_kᵀ v, added to ones.
    fn vjp(&self, k: usize, v: &[f64]) -> Vec<f64> {
        let mut x = vec![R::one(); self.extents[k].len()];
        let inputs = self.pixels(&self.inputs);
        let at = self.at(&inputs, Some(self.operation.needs(k)));
        let v = pixels(self.output, &narrow::<R>(v));
        self.operation.vjp(at, k, &v, &mut Scratch::default(), &mut x);
        planes(self.extents[k], &x).iter().map(|x| x.wide() - 1.0).collect()
    }
}

fn near(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    assert!(found.iter().all(|v| v.is_finite()), "{what}");
    let scale = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    let error = found.iter().zip(expected).fold(0.0f64, |m, (a, b)| m.max((a - b).abs())) / scale;
    assert!(error <= tolerance, "{what}: {error:e}");
}

/// The laws of an operation: its formula; J v by central differences, whose rounding is 1e-16/1e-5 and whose
/// curvature 1e-10; Jᵀ its adjoint;
/// the same in f32 as in f64.
fn check<O>(operation: O, extents: &[Extent], formula: impl Fn(&[Vec<f64>]) -> Vec<f64>)
where
    O: Operation<f64> + Operation<f32>,
{
    let what = format!("{operation:?} at {extents:?}");
    let bench = Bench::<f64>::new(&operation, extents);
    let single = Bench::<f32>::new(&operation, extents);
    let y = bench.forward(&bench.inputs);
    near(&what, &y, &formula(&bench.inputs), 1e-12);
    near(&what, &single.forward(&single.inputs), &y, 1e-5);
    for k in 0..extents.len() {
        let (v, w) = (numbers(7, extents[k].len()), numbers(8, y.len()));
        let (forth, back) = (bench.jvp(k, &v), bench.vjp(k, &w));
        let moved = |step: f64| {
            let mut inputs = bench.inputs.clone();
            inputs[k].iter_mut().zip(&v).for_each(|(x, v)| *x += step * v);
            bench.forward(&inputs)
        };
        let (up, down) = (moved(1e-5), moved(-1e-5));
        let slope: Vec<f64> = up.iter().zip(&down).map(|(up, down)| (up - down) / 2e-5).collect();
        near(&format!("{what}: J_{k} v"), &forth, &slope, 1e-8);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let size = dot(&w, &w).sqrt() * dot(&forth, &forth).sqrt();
        let (left, right) = (dot(&w, &forth), dot(&back, &v));
        assert!((left - right).abs() <= 1e-12 * size.max(1.0), "{what}, {k}: {left} and {right}");
        near(&format!("{what}: J_{k} v in f32"), &single.jvp(k, &v), &forth, 1e-5);
        near(&format!("{what}: J_{k}^T v in f32"), &single.vjp(k, &w), &back, 1e-5);
    }
}

const MIXED: [[Padding; 2]; 4] = [
    [Padding::Zeros, Padding::Zeros],
    [Padding::Circular, Padding::Circular],
    [Padding::Circular, Padding::Zeros],
    [Padding::Zeros, Padding::Circular],
];

fn check_convolution(
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [Padding; 2],
    x: Extent,
    filters: usize,
) {
    let operation = Convolve { filters, channels: x.channels, kernel, finer: [1, 1], stride, padding };
    let weights = operation.shape().iter().product();
    let extents = [x, Extent::vector(weights), Extent::vector(filters)];
    check(operation, &extents, |inputs| convolved(&operation, x, inputs));
}

#[test]
fn convolutions() {
    for padding in MIXED {
        for stride in [[1, 1], [2, 2], [1, 2], [3, 2]] {
            check_convolution([3, 3], stride, padding, map(2, 5, 6), 3);
            check_convolution([1, 1], stride, padding, map(3, 4, 7), 2);
            check_convolution([5, 3], stride, padding, map(1, 2, 9), 2);
            check_convolution([3, 5], stride, padding, map(2, 1, 5), 1);
        }
        check_convolution([7, 1], [2, 1], padding, map(1, 3, 1), 1);
    }
    check_convolution([5, 7], [1, 1], MIXED[0], map(2, 1, 2), 2);
}

#[test]
fn a_convolution_of_many_columns_is_made_in_parts() {
    check_convolution([3, 3], [1, 1], MIXED[2], map(150, 11, 61), 2);
    check_convolution([3, 3], [2, 1], MIXED[3], map(150, 21, 61), 2);
}

#[test]
fn circular_padding_wraps_once_at_most() {
    let ones = [1, 1];
    let convolve =
        |padding| Convolve { filters: 1, channels: 1, kernel: [5, 3], finer: ones, stride: ones, padding };
    let extent = |convolve: Convolve, x| Operation::<f64>::extent(&convolve, &[x]);
    assert!(extent(convolve(MIXED[1]), map(1, 1, 4)).is_err());
    assert!(extent(convolve(MIXED[1]), map(1, 2, 1)).is_ok());
    assert!(extent(Convolve { finer: [2, 1], ..convolve(MIXED[1]) }, map(1, 1, 4)).is_ok());
    assert!(extent(convolve(MIXED[3]), map(1, 1, 1)).is_ok());
}

#[test]
fn vectors() {
    let linear = Linear { outputs: 5, inputs: 11 };
    let extents = [Extent::vector(11), Extent::vector(55), Extent::vector(5)];
    check(linear, &extents, |inputs| {
        let row =
            |i: usize| inputs[1][i * 11..][..11].iter().zip(&inputs[0]).map(|(w, x)| w * x).sum::<f64>();
        (0..5).map(|i| row(i) + inputs[2][i]).collect()
    });
}

/// f(−1.5), f(0), f(0.5) by the definitions in PyTorch's documentation, computed elsewhere in f64.
#[test]
fn elementwise_functions_are_as_defined() {
    let table = [
        (Activation::SiLU, [-0.273_638_285_709_534_5, 0.0, 0.311_229_665_600_927_3]),
        (Activation::ReLU, [0.0, 0.0, 0.5]),
        (Activation::ELU, [-0.776_869_839_851_570_2, 0.0, 0.5]),
        (Activation::GELU, [-0.100_210_801_903_287_13, 0.0, 0.345_731_230_637_006_56]),
        (Activation::SELU, [-1.365_814_353_367_252_7, 0.0, 0.525_350_493_677_740_2]),
    ];
    for (activation, expected) in table {
        let bench = Bench::<f64>::new(&activation, &[Extent::vector(3)]);
        near(&format!("{activation:?}"), &bench.forward(&[vec![-1.5, 0.0, 0.5]]), &expected, 1e-15);
        let nan = bench.forward(&[vec![f64::NAN, 1e3, -1e3]]);
        assert!(nan[0].is_nan() && nan[1..].iter().all(|y| y.is_finite()), "{activation:?}: {nan:?}");
        let bench = Bench::<f64>::new(&activation, &[map(2, 3, 5)]);
        check(activation, &[map(2, 3, 5)], |_| bench.forward(&bench.inputs));
    }
}

#[test]
fn norms() {
    for extent in [map(2, 1, 1), map(3, 2, 5), map(8, 3, 3)] {
        check(Norm::Layer, &[extent], |inputs| normalised(extent, true, &inputs[0]));
        check(Norm::Rms, &[extent], |inputs| normalised(extent, false, &inputs[0]));
    }
    for (extent, groups, taken) in [(map(6, 2, 3), 3, 3), (map(4, 3, 1), 1, 1), (map(3, 2, 2), 16, 3)] {
        let norm = Norm::Group { groups };
        check(norm, &[extent], |inputs| group_normalised(extent, taken, &inputs[0]));
    }
}

#[test]
fn a_large_mean_costs_no_digits_in_f32() {
    for norm in [Norm::Layer, Norm::Group { groups: 2 }] {
        let extent = map(64, 2, 3);
        let far: Vec<f64> = numbers(3, extent.len()).iter().map(|x| f64::from((1e3 + x) as f32)).collect();
        let expected = Bench::<f64>::new(&norm, &[extent]).forward(std::slice::from_ref(&far));
        near("far", &Bench::<f32>::new(&norm, &[extent]).forward(&[narrow(&far)]), &expected, 1e-6);
    }
}

#[test]
fn modulation() {
    let x = map(3, 2, 5);
    let pixel = x.pixels();
    check(Shift, &[x, Extent::vector(3)], |inputs| {
        inputs[0].iter().enumerate().map(|(i, x)| x + inputs[1][i / pixel]).collect()
    });
    check(Modulate, &[x, Extent::vector(9)], |inputs| {
        let v = &inputs[1];
        inputs[0].iter().enumerate().map(|(i, x)| (v[i / pixel] + 1.0) * x + v[3 + i / pixel]).collect()
    });
    check(Gate, &[x, x, Extent::vector(9)], |inputs| {
        let each = inputs[0].iter().zip(&inputs[1]).enumerate();
        each.map(|(i, (x, y))| x + inputs[2][6 + i / pixel] * y).collect()
    });
}

#[test]
fn joined_registers() {
    check(Add, &[map(2, 3, 1), map(2, 3, 1)], |i| i[0].iter().zip(&i[1]).map(|(a, b)| a + b).collect());
    check(Concatenate, &[map(1, 3, 2), map(2, 3, 2)], |inputs| inputs.concat());
    for operation in [&Add as &dyn Operation<f64>, &Concatenate] {
        assert!(operation.extent(&[map(2, 3, 1), map(2, 3, 2)]).is_err());
    }
}

#[test]
fn grids_finer_and_cut() {
    for stride in [[2, 2], [1, 3], [3, 1]] {
        let x = map(2, 3, 4);
        check(Upsample { stride }, &[x], |inputs| {
            let (high, wide) = (3 * stride[0], 4 * stride[1]);
            let source = |n: usize| (n / (high * wide), n / wide % high / stride[0], n % wide / stride[1]);
            let value = |(c, i, j): (usize, usize, usize)| inputs[0][(c * 3 + i) * 4 + j];
            (0..2 * high * wide).map(source).map(value).collect()
        });
    }
    let (x, like) = (map(2, 4, 6), map(3, 3, 6));
    check(Crop, &[x, like], |inputs| [&inputs[0][..18], &inputs[0][24..42]].concat());
    check(Crop, &[map(1, 1, 3), map(1, 2, 2)], |inputs| inputs[0][..2].to_vec());
}
