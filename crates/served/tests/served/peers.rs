//! SDA's network in PyTorch and in JAX, served by the helpers of `examples/`, against our own: for `cargo xtask peers`.

use crate::child::start;
use equipoise_denoiser::{Denoiser, check_batch, check_denoiser, check_jvp};
use equipoise_network::Learned;
use equipoise_schedule::Level;
use equipoise_served::Served;
use equipoise_stream::Stream;
use std::path::Path;

/// The Python that has the libraries, and the folder of a network, as `cargo xtask peers` names them.
const VARIABLES: [&str; 2] = ["EQUIPOISE_PEERS_PYTHON", "EQUIPOISE_PEERS_NETWORK"];

fn peer(library: &str, batch: usize) -> Served {
    let [python, folder] = VARIABLES.map(|name| std::env::var(name).unwrap());
    let script = crate::child::root().join("xtask/peers/sda.py");
    start(&format!("exec '{python}' '{}' '{folder}' {library} {batch}", script.display())).unwrap()
}

const LEVELS: [Level; 3] = [
    Level { mu: 0.995, sigma: 0.1 },
    Level { mu: 0.6, sigma: 0.8 },
    // Another schedule: the network is asked by σ/μ.
    Level { mu: 1.0, sigma: 20.0 },
];

fn both(denoiser: &dyn Denoiser<f32>, x_t: &[f32], level: Level, v: &[f32]) -> [Vec<f32>; 2] {
    let (mut x_hat, mut product) = (vec![0.0; x_t.len()], vec![0.0; x_t.len()]);
    denoiser.denoise(x_t, level, &mut x_hat).unwrap();
    denoiser.vjp(x_t, level, v, &mut product).unwrap();
    [x_hat, product]
}

/// x̂ and Jᵀv of one network, read by us and served by either library.
#[test]
#[ignore = "needs PyTorch and JAX: cargo xtask peers"]
fn either_library_serves_the_network_that_we_read() {
    let folder = std::env::var(VARIABLES[1]).unwrap();
    let ours = Learned::<f32>::open(Path::new(&folder), None).unwrap();
    let dim = ours.dim();
    let (x_t, v): (Vec<f32>, Vec<f32>) =
        (Stream::new("state").normal(0, dim), Stream::new("cotangent").normal(0, dim));
    for (library, batch) in [("pytorch", 1), ("pytorch", 4), ("jax", 1)] {
        let served = peer(library, batch);
        for level in LEVELS {
            let (found, expected) = (both(&served, &x_t, level, &v), both(&ours, &x_t, level, &v));
            let [x_hat, product] = [0, 1].map(|i| apart(&found[i], &expected[i]));
            let ratio = level.sigma / level.mu;
            println!("{library}, batch {batch}, σ/μ = {ratio:.3}: x̂ {x_hat:.1e}, Jᵀv {product:.1e}");
            assert!(x_hat < 1e-5 && product < 1e-5);
        }
    }
}

/// What every denoiser passes.
#[test]
#[ignore = "needs PyTorch and JAX: cargo xtask peers"]
fn the_helpers_pass_what_every_denoiser_passes() {
    for library in ["pytorch", "jax"] {
        for batch in [1, 4] {
            let served = peer(library, batch);
            let draw = |name: &str, members: usize| -> Vec<f32> {
                Stream::new(name).normal(0, members * served.dim())
            };
            let (x_t, v) = (draw("state", 6), draw("cotangent", 6));
            check_batch(&served, &x_t, LEVELS[1], &v).unwrap();
            if batch == 1 {
                let one = &x_t[..served.dim()];
                let conformance = check_denoiser(&served, one, LEVELS[1], served.window()).unwrap();
                println!("{library}: {conformance:?}");
                assert!(check_jvp(&served, one, LEVELS[1]).unwrap());
            }
        }
    }
}

/// max|a − b| / max|b|.
fn apart(a: &[f32], b: &[f32]) -> f64 {
    // NaN is the largest.
    let larger = |a: f32, b: f32| if a.is_nan() || a > b { a } else { b };
    let largest = |values: &mut dyn Iterator<Item = f32>| values.map(f32::abs).fold(0.0, |a, b| larger(b, a));
    f64::from(largest(&mut a.iter().zip(b).map(|(a, b)| a - b)) / largest(&mut b.iter().copied()))
}
