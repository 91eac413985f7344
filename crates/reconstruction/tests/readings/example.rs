//! The embedded table of readings is what its description says.

use equipoise_data::samples::{Sample, folder};
use equipoise_data::{LoadOptions, load};
use equipoise_field::Boundary;
use equipoise_operator::{LinearOperator, Sensor, Sensors, TimeRule};
use equipoise_stream::Stream;
use std::fmt::Write;

const FRAMES: usize = 8;
const SENSORS: usize = 96;
const NOISE: f64 = 0.1;
const SPACING: f64 = std::f64::consts::TAU / 64.0;

/// The text of `data/sensors/kolmogorov.csv`: the first 8 frames of the first test trajectory, read
/// bilinearly at 96 places of the R₂ sequence, with normal noise of standard deviation 0.1.
fn table() -> String {
    let data = load(&Sample::KolmogorovTest.path().unwrap(), &LoadOptions::default()).unwrap();
    let (shape, truth) = (data.shape(FRAMES), data.window(0, 0, FRAMES).unwrap());
    let rounded = |value: f64| (value * 1e3).round() / 1e3;
    let part = |k: usize, step: f64| rounded(std::f64::consts::TAU * (0.5 + (k + 1) as f64 * step).fract());
    let places: Vec<(f64, f64)> =
        (0..SENSORS).map(|k| (part(k, 0.754_877_666_246_692_7), part(k, 0.569_840_290_998_053_2))).collect();
    let mut text = String::from(
        "# Twin experiment: 96 sensors in data/kolmogorov/test.h5, first trajectory, frames 0 to 7, read\n\
         # bilinearly; noise is normal, stream \"example\" 2026. Every eighth sensor measures u alone.\n\
         time,x,y,u,v,noise\n",
    );
    let noise: Vec<f64> = Stream::new("example").number(2026).normal(0, 2 * SENSORS * FRAMES);
    for frame in 0..FRAMES {
        for (k, &(x, y)) in places.iter().enumerate() {
            let at = |channel| Sensor { frame: frame as f64, channel, row: x / SPACING, column: y / SPACING };
            let sensors =
                Sensors::new(shape, Boundary::Periodic, TimeRule::Nearest, &[at(0), at(1)]).unwrap();
            let mut seen = [0.0f32; 2];
            sensors.apply(truth, &mut seen);
            let number = |c: usize| {
                let n = noise[2 * (frame * SENSORS + k) + c];
                format!("{:.4}", f64::from(seen[c]) + NOISE * n)
            };
            let v = if k % 8 == 7 { String::new() } else { number(1) };
            writeln!(text, "{:.1},{x},{y},{},{v},{NOISE}", 0.2 * frame as f64, number(0)).unwrap();
        }
    }
    text
}

/// Places of the long table at every time.
const DRIFTERS: usize = 40;

/// The text of `data/sensors/kolmogorov_long.csv`: 96 frames of the long test trajectory, read bilinearly at 40 places
/// of the R₂ sequence, others at every time, and linearly at times between frames; one frame in eight is not read.
fn long_table() -> String {
    let data = load(&folder().join("kolmogorov/long_test.h5"), &LoadOptions::default()).unwrap();
    let shape = data.shape(2);
    let part = |k: usize, step: f64| {
        let turned = (0.5 + (k + 1) as f64 * step).fract();
        (std::f64::consts::TAU * turned * 1e3).floor() / 1e3
    };
    let mut text = String::from(
        "# Twin experiment: 40 drifting sensors in data/kolmogorov/long_test.h5, first trajectory, 96 frames, read\n\
         # bilinearly and between frames linearly (--times linear); noise is normal, stream \"example\" 2027.\n\
         time,x,y,u,v,noise\n",
    );
    let frames = data.frames();
    for frame in (0..frames).filter(|frame| frame % 8 != 5) {
        let noise: Vec<f64> = Stream::new("example").number(2027).normal(frame as u64, 2 * DRIFTERS);
        let first = frame.min(frames - 2);
        // Times that lie 0, ¼, ½ and ¾ of a frame behind their frame.
        let within = if frame == frames - 1 { 1.0 } else { 0.25 * (frame % 4) as f64 };
        for k in 0..DRIFTERS {
            let place = frame * DRIFTERS + k;
            let (x, y) = (part(place, 0.754_877_666_246_692_7), part(place, 0.569_840_290_998_053_2));
            let at = |channel| Sensor { frame: within, channel, row: x / SPACING, column: y / SPACING };
            let sensors = Sensors::new(shape, Boundary::Periodic, TimeRule::Linear, &[at(0), at(1)]).unwrap();
            let mut seen = [0.0f32; 2];
            sensors.apply(data.window(0, first, 2).unwrap(), &mut seen);
            let number = |c: usize| f64::from(seen[c]) + NOISE * noise[2 * k + c];
            let time = 0.2 * (first as f64 + within);
            writeln!(text, "{time:.2},{x},{y},{:.3},{:.3},{NOISE}", number(0), number(1)).unwrap();
        }
    }
    text
}

#[test]
fn the_embedded_tables_can_be_made_again() {
    for (made, name) in [(table(), "kolmogorov.csv"), (long_table(), "kolmogorov_long.csv")] {
        let path = folder().join("sensors").join(name);
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        if made != kept {
            let again = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            std::fs::write(&again, &made).unwrap();
            panic!("{} differs from the table made again, {}", path.display(), again.display());
        }
    }
}
