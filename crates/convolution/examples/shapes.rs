//! Times the convolutions of a U-Net of widths 64, 128 and 256 on 64 × 64 points, one line on standard output for each
//! line on standard input that names one: seconds of the processor for a call.

use equipoise_convolution::{Convolution, Room};
use std::io::BufRead;

fn cpu() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) * 1e-9
}

fn timed(mut work: impl FnMut()) -> f64 {
    work();
    let (before, mut calls) = (cpu(), 0);
    while cpu() - before < 0.05 {
        work();
        calls += 1;
    }
    (cpu() - before) / f64::from(calls)
}

fn main() {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<usize> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [channels, filters, side, kernel, stride] = words[..] else { break };
        let of =
            Convolution { filters, channels, kernel: [kernel; 2], stride: [stride; 2], circular: [true; 2] };
        let grid = [side; 2];
        let [h, w] = of.target(grid);
        let number = |n: usize| ((n * 7919) % 1000) as f32 / 500.0 - 1.0;
        let x: Vec<f32> = (0..side * side * channels).map(number).collect();
        let v: Vec<f32> = (0..h * w * filters).map(number).collect();
        let weights: Vec<f32> = (0..of.shape().iter().product()).map(number).collect();
        let (u, t) = (of.weights(&weights), of.turned(&weights));
        let (mut y, mut back, mut gradient) = (v.clone(), x.clone(), weights.clone());
        let mut room = Room::default();
        let forward = timed(|| of.apply(grid, &x, &u, Some(&v[..filters]), &mut y, &mut room));
        back.fill(0.0);
        let adjoint = timed(|| {
            back.fill(0.0);
            of.adjoint(grid, &v, &t, &mut back, &mut room);
        });
        gradient.fill(0.0);
        let pairs = [[&x[..], &v[..]]; 4];
        let correlate = timed(|| of.correlate(grid, &pairs, &mut gradient, &mut room)) / 4.0;
        println!("{forward:e} {adjoint:e} {correlate:e}");
    }
}
