//! The composite of a stationary Gaussian window against the same in PyTorch: `cargo xtask peers` runs it.

use super::gaussian::stationary;
use crate::filter::jacobian;
use crate::{Fold, GaussianComposition};
use equipoise_covariance::Stationary;
use equipoise_denoiser::{Denoiser, Tape};
use equipoise_field::{Shape, sum};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

const SHAPE: Shape = Shape { frames: 5, channels: 2, height: 64, width: 64 };
const FRAMES: usize = 256;
const LEVEL: Level = Level { mu: 0.8, sigma: 0.6 };
const ROUNDS: usize = 7;

/// J of every wavenumber of the half spectrum, rows of the height first.
fn write_jacobian(window: &Stationary<f32>, path: &Path) {
    let gain = |l: f64| LEVEL.mu * l / (LEVEL.mu.powi(2) * l + LEVEL.sigma.powi(2));
    let directory = window.spectrum().directory();
    let mut bytes = Vec::new();
    for at in (0..SHAPE.plane()).filter(|at| at % SHAPE.width <= SHAPE.width / 2) {
        let (k, partner) = directory[at];
        for z in jacobian(window.block_vectors(k), window.block_eigenvalues(k), gain) {
            let im = if partner { -z.im } else { z.im };
            bytes.extend([z.re as f32, im as f32].into_iter().flat_map(f32::to_le_bytes));
        }
    }
    fs::write(path, bytes).unwrap();
}

fn bytes(x: &[f32]) -> Vec<u8> {
    x.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn memory(key: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// Seconds, and the MiB of the highest memory above that before.
fn measured(work: impl FnOnce()) -> [f64; 2] {
    let before = memory("VmRSS");
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let start = Instant::now();
    work();
    [start.elapsed().as_secs_f64(), memory("VmHWM") - before]
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

#[test]
#[ignore = "needs PyTorch: `cargo xtask peers`"]
fn pytorch_gives_the_same_and_takes_longer() {
    let python = std::env::var("EQUIPOISE_PEERS_PYTHON").unwrap();
    let folder = std::env::temp_dir().join(format!("equipoise-composition-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let window = stationary::<f32>(SHAPE);
    let x_t: Vec<f32> = Stream::new("x").normal(0, FRAMES * SHAPE.frame());
    write_jacobian(&window, &folder.join("j.bin"));
    fs::write(folder.join("x.bin"), bytes(&x_t)).unwrap();
    let own =
        GaussianComposition::new(vec![0.0; SHAPE.len()], Arc::new(window), FRAMES, Fold::Centre).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/peers/composition.py");
    let mut peer = Command::new(python);
    let numbers = [SHAPE.frames, SHAPE.channels, SHAPE.height, SHAPE.width, FRAMES].map(|n| n.to_string());
    let mut peer = peer
        .arg(script)
        .arg(&folder)
        .args(numbers)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(peer.stdout.take().unwrap()).lines();
    let mut x_hat = Vec::new();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        x_hat = Vec::new();
        // Its output is an evaluation's own, as PyTorch's is.
        ours.push(measured(|| {
            x_hat = vec![f32::NAN; x_t.len()];
            own.estimates(&x_t, LEVEL, &mut x_hat, &mut Tape::new()).unwrap();
        }));
        writeln!(peer.stdin.as_mut().unwrap()).unwrap();
        let line = said.next().unwrap().unwrap();
        let numbers: Vec<f64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        theirs.push([numbers[0], numbers[1]]);
    }
    drop(peer.stdin.take());
    assert!(peer.wait().unwrap().success());
    let made = fs::read(folder.join("x_hat.bin")).unwrap();
    let made: Vec<f32> = made.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    fs::remove_dir_all(&folder).unwrap();
    let apart = sum::squared_distance(&made, &x_hat).sqrt() / sum::norm(&x_hat);
    // The first round makes what later ones find: PyTorch's is left out, of ours all that it takes counts.
    let time = |all: &[[f64; 2]]| 1e3 * median(all[1..].iter().map(|round| round[0]).collect());
    let most = |all: &[[f64; 2]]| all.iter().map(|round| round[1]).fold(0.0, f64::max);
    let [a, b] = [[time(&ours), most(&ours)], [time(&theirs), most(&theirs[1..])]];
    println!(
        "{FRAMES} frames: {:.1} ms and {:.0} MiB, PyTorch {:.1} ms and {:.0} MiB ({:.1} times as long, {:.1} times as much \
         memory); apart by {apart:.1e}",
        a[0],
        a[1],
        b[0],
        b[1],
        b[0] / a[0],
        b[1] / a[1]
    );
    assert!(apart < 1e-6, "{apart}");
    assert!(b[0] / a[0] >= 4.0 && b[1] / a[1] >= 4.0, "time {}, memory {}", b[0] / a[0], b[1] / a[1]);
}
