//! A network around the Wiener filter: the filter where it is silent, its conformance, its files.

use super::*;
use equipoise_covariance::Modes;
use equipoise_denoiser::{Denoiser, Linearised, check_batch, check_denoiser, check_jvp};
use equipoise_field::Shape;
use equipoise_network::{
    Architecture, Coefficients, Fresh, Keep, Kept, Learned, Network, OnGrid, Preconditioning, Shares,
};
use equipoise_stream::Stream;

const SHAPE: Shape = Shape { frames: 2, channels: 1, height: 4, width: 6 };
const LEVEL: Level = Level { mu: 0.6, sigma: 0.9 };

fn architecture() -> Architecture {
    serde_json::from_str(
        r#"{"family": "azula", "in_channels": 2, "out_channels": 2, "mod_features": 4, "hid_channels": [4, 6],
            "hid_blocks": [1, 1], "kernel_size": [3, 3], "stride": [2, 2], "padding": ["circular", "zeros"],
            "norm": "layer", "ffn_factor": 1}"#,
    )
    .unwrap()
}

/// Two modes and a rest.
fn wiener<R: Real>() -> Wiener<R> {
    let dim = SHAPE.len();
    let wave = |k: usize| (0..dim).map(move |i| ((k * i) as f64 * std::f64::consts::TAU / dim as f64).cos());
    let root = (2.0 / dim as f64).sqrt();
    let basis = wave(1).chain(wave(3)).map(|x| R::narrow(root * x)).collect();
    let modes = Modes::new(dim, basis, vec![3.0, 0.7], Some(0.2)).unwrap();
    Wiener::new(Stream::new("mean").normal(0, dim), Arc::new(modes)).unwrap()
}

fn residual<R: Real>(silent: bool) -> Learned<R> {
    let from = Fresh { stream: Stream::new("weights"), grid: [4, 6], forcing: &[] };
    let mut network = Network::fresh(&architecture(), from).unwrap();
    if silent {
        network.silence();
    }
    let mut manifest = Manifest::of("weights.safetensors", architecture(), [2, 1]);
    manifest.preconditioning = Preconditioning::Wiener;
    Learned::new(manifest, network, [4, 6], Vec::new(), Some(filter(wiener()))).unwrap()
}

/// A network that makes no number of anything, for its context is none; its correction counts from σ/μ = 1 on.
fn of_no_numbers() -> Learned<f64> {
    let mut architecture = architecture();
    if let Architecture::Azula(azula) = &mut architecture {
        azula.cond_channels = 1;
    }
    let from = Fresh { stream: Stream::new("weights"), grid: [4, 6], forcing: &[] };
    let network = Network::fresh(&architecture, from).unwrap();
    let mut manifest = Manifest::of("weights.safetensors", architecture, [2, 1]);
    manifest.preconditioning = Preconditioning::Wiener;
    manifest.shares = Shares::new(vec![[0.1, 0.0], [1.0, 0.0], [2.0, 1.0]]).unwrap();
    Learned::new(manifest, network, [4, 6], vec![f64::NAN; 24], Some(filter(wiener()))).unwrap()
}

/// Where nothing is taken of the correction the network is not run: x̂ and both products are the filter's.
#[test]
fn a_correction_of_which_nothing_is_taken_is_not_made() {
    let (residual, wiener) = (of_no_numbers(), wiener::<f64>());
    let [x, v]: [Vec<f64>; 2] = ["x", "v"].map(|of| Stream::new(of).normal(0, SHAPE.len()));
    let at = |ratio: f64| Level { mu: 0.6, sigma: 0.6 * ratio };
    let [mut a, mut b] = [0, 1].map(|_| vec![f64::NAN; x.len()]);
    for level in [0.01, 0.3, 1.0].map(at) {
        residual.denoise(&x, level, &mut a).unwrap();
        wiener.denoise(&x, level, &mut b).unwrap();
        assert_eq!(a, b);
        residual.vjp(&x, level, &v, &mut a).unwrap();
        wiener.vjp(&x, level, &v, &mut b).unwrap();
        assert_eq!(a, b);
        residual.jvp(&x, level, &v, &mut a).unwrap();
        wiener.jvp(&x, level, &v, &mut b).unwrap();
        assert_eq!(a, b);
    }
    let refused = residual.denoise(&x, at(1.5), &mut a).unwrap_err().to_string();
    assert!(refused.contains("output of the network"), "{refused}");
}

type Asked<'a> = dyn Fn(&dyn Denoiser<f64>, &mut [f64]) + 'a;

#[test]
fn a_silent_network_leaves_the_filter() {
    let (residual, wiener) = (residual::<f64>(true), wiener::<f64>());
    let (x, v): (Vec<f64>, Vec<f64>) =
        (Stream::new("x").normal(0, SHAPE.len()), Stream::new("v").normal(0, SHAPE.len()));
    for sigma in [1e-3, 0.5, 80.0] {
        let level = Level { mu: 0.6, sigma };
        let both = |f: &Asked| {
            let (mut a, mut b) = (vec![f64::NAN; x.len()], vec![f64::NAN; x.len()]);
            f(&residual, &mut a);
            f(&wiener, &mut b);
            assert_eq!(a, b);
        };
        both(&|denoiser, out| denoiser.denoise(&x, level, out).unwrap());
        both(&|denoiser, out| denoiser.vjp(&x, level, &v, out).unwrap());
        both(&|denoiser, out| denoiser.jvp(&x, level, &v, out).unwrap());
    }
}

/// Entries whose difference quotients round too much to tell.
fn conforms<R: Real>() -> usize {
    let residual = residual::<R>(false);
    let x: Vec<R> = Stream::new("x").normal(0, 3 * SHAPE.len());
    let seen = check_denoiser(&residual, &x[..SHAPE.len()], LEVEL, SHAPE).unwrap();
    check_jvp(&residual, &x[..SHAPE.len()], LEVEL).unwrap();
    check_batch(&residual, &x, LEVEL, &Stream::new("v").normal(0, x.len())).unwrap();
    seen.untested.len()
}

#[test]
fn it_conforms_to_the_trait() {
    assert_eq!(conforms::<f64>(), 0);
    assert!(conforms::<f32>() <= 1);
}

/// x̂ − W x_t is the network's own output times the root of the mean of Var[x | x_t], by hand; and the scale of x_t
/// says nothing: x_t and level of another schedule at the same ratio are the same to the network.
#[test]
fn the_networks_part_is_scaled_by_what_the_filter_leaves() {
    let (residual, wiener, dim) = (residual::<f64>(false), wiener::<f64>(), SHAPE.len() as f64);
    let square = (LEVEL.sigma / LEVEL.mu).powi(2);
    let left = |lambda: f64| 1.0 / (1.0 / lambda + 1.0 / square);
    let expected = ((left(3.0) + left(0.7) + (dim - 2.0) * left(0.2)) / dim).sqrt();
    let found = spread(&**wiener.prior_covariance(), LEVEL);
    assert!((found / expected - 1.0).abs() < 1e-14, "{found} {expected}");
    let x: Vec<f64> = Stream::new("x").normal(0, SHAPE.len());
    let part = |x: &[f64], level| {
        let (mut a, mut b) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        residual.denoise(x, level, &mut a).unwrap();
        wiener.denoise(x, level, &mut b).unwrap();
        a.iter().zip(&b).map(|(a, b)| (a - b) / found).collect::<Vec<f64>>()
    };
    let scaled: Vec<f64> = x.iter().map(|x| x / LEVEL.mu.hypot(LEVEL.sigma)).collect();
    let mut output = vec![0.0; x.len()];
    let input = equipoise_network::Input {
        grid: [4, 6],
        x: &scaled,
        c_time: &[(LEVEL.sigma / LEVEL.mu).ln()],
        context: &[],
    };
    let from = Fresh { stream: Stream::new("weights"), grid: [4, 6], forcing: &[] };
    let network = Network::<f64>::fresh(&architecture(), from).unwrap();
    network.run(input, Keep::Output, &mut output, &mut Default::default()).unwrap();
    let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-13);
    assert!(near(&part(&x, LEVEL), &output));
    let (tenfold, level) = (x.iter().map(|x| 10.0 * x).collect::<Vec<f64>>(), Level { mu: 6.0, sigma: 9.0 });
    let (a, b) = (part(&x, LEVEL), part(&tenfold, level));
    assert!(near(&a, &b), "{a:?} {b:?}");
}

/// x̂, Jᵀv and J v are those of the network alone at c_skip = 0, and then the filter's added, to the bit.
#[test]
fn the_filter_is_added_to_what_the_network_makes() {
    let (residual, wiener) = (residual::<f32>(false), wiener::<f32>());
    let (x, v): (Vec<f32>, Vec<f32>) =
        (Stream::new("x").normal(0, SHAPE.len()), Stream::new("v").normal(0, SHAPE.len()));
    let from = Fresh { stream: Stream::new("weights"), grid: [4, 6], forcing: &[] };
    let network = Network::<f32>::fresh(&architecture(), from).unwrap();
    let on = OnGrid { network: &network, shape: SHAPE, planes: &[], context: &[] };
    let alone = residual.manifest().preconditioner().unwrap().at(LEVEL).unwrap();
    let out = alone.out * spread(&**wiener.prior_covariance(), LEVEL);
    let (mut kept, mut x_hat) = (Kept::default(), vec![0.0; x.len()]);
    let at = Coefficients { skip: 0.0, out, ..alone };
    let mut linear = on.linearise(&x, at, &mut x_hat, Keep::Products, &mut kept).unwrap();
    let (mut back, mut forth) = (x.clone(), x.clone());
    linear.vjp(&v, &mut back).unwrap();
    linear.jvp(&v, &mut forth).unwrap();
    let (mut w, mut found) = (x.clone(), x.clone());
    let added = |made: &[f32], w: &[f32], found: &[f32]| {
        made.iter().zip(w).zip(found).all(|((a, b), c)| (a + b).to_bits() == c.to_bits())
    };
    wiener.denoise(&x, LEVEL, &mut w).unwrap();
    residual.denoise(&x, LEVEL, &mut found).unwrap();
    assert!(added(&x_hat, &w, &found));
    wiener.vjp(&x, LEVEL, &v, &mut w).unwrap();
    residual.vjp(&x, LEVEL, &v, &mut found).unwrap();
    assert!(added(&back, &w, &found));
    residual.jvp(&x, LEVEL, &v, &mut found).unwrap();
    assert!(added(&forth, &w, &found));
}
