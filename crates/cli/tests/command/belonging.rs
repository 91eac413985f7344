//! Files that do not belong together, through the command.

use crate::ran::{Ran, printed, run};
use equipoise_data::store::{Existing, Writer};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Trajectories, frames, rows and columns of the files.
const SHAPE: [usize; 4] = [12, 4, 8, 8];

/// Waves of four directions with a random phase and a random size each, seen at x = w/2, y = h/2, t = frame/5.
fn wave(trajectory: usize, t: usize, channel: usize, x: usize, y: usize) -> f64 {
    let phase = |k: usize| ((trajectory * 4 + k + 1) as f64 * 0.754_877_666).fract() * std::f64::consts::TAU;
    let size = |k: usize| 0.5 + ((trajectory * 4 + k + 1) as f64 * 0.569_840_291).fract();
    let unit = std::f64::consts::TAU / 8.0;
    let of = |k: usize, along: f64, across: f64| {
        let angle = unit * (along * x as f64 + across * y as f64) + phase(k) + 0.3 * t as f64;
        size(k) * angle.sin()
    };
    if channel == 0 { of(0, 0.0, 1.0) + of(1, 1.0, 1.0) } else { of(2, 1.0, 0.0) - of(1, 1.0, 1.0) }
}

/// How a file is written.
#[derive(Clone, Copy)]
struct File {
    first: usize,
    count: usize,
    transposed: bool,
    attributes: bool,
    dt: f64,
    x_first: f64,
    size: f64,
    units: Option<&'static str>,
}

const TRAIN: File = File {
    first: 0,
    count: 12,
    transposed: false,
    attributes: true,
    dt: 0.2,
    x_first: 0.0,
    size: 1.0,
    units: None,
};
const TRUTH: File = File { first: 20, count: 1, ..TRAIN };

impl File {
    fn write(&self, path: &Path) {
        let [_, frames, rows, columns] = SHAPE;
        let mut values = Vec::new();
        for n in 0..self.count {
            for i in 0..frames * 2 * rows * columns {
                let (t, c, h, w) =
                    (i / (2 * rows * columns), i / (rows * columns) % 2, i / columns % rows, i % columns);
                let (x, y) = if self.transposed { (h, w) } else { (w, h) };
                values.push((self.size * wave(self.first + n, t, c, x, y)) as f32);
            }
        }
        let writer = Writer::create(path, Existing::Replace).unwrap();
        writer.write("x", &[self.count, frames, 2, rows, columns], &values).unwrap();
        if self.attributes {
            let (h, w) = if self.transposed { ("x", "y") } else { ("y", "x") };
            for (name, text) in [
                ("axes", "NTCHW"),
                ("kind", "generic"),
                ("boundary", "periodic"),
                ("H_axis", h),
                ("W_axis", w),
            ] {
                writer.set_text(name, text).unwrap();
            }
            for (name, number) in
                [("dt", self.dt), ("dx", 0.5), ("dy", 0.5), ("x_first", self.x_first), ("y_first", 0.0)]
            {
                writer.set_numbers(name, &[number]).unwrap();
            }
            self.units.iter().for_each(|units| writer.set_text("units", units).unwrap());
        }
        writer.finish().unwrap();
    }
}

/// A folder with training file, prior, readings of the truth in physical units, and in grid points.
struct Prepared {
    folder: tempfile::TempDir,
}

impl Prepared {
    fn new(train: File, further: &[&str]) -> Self {
        let prepared = Self { folder: tempfile::tempdir().unwrap() };
        train.write(Path::new(&prepared.at("train.h5")));
        let (train, prior) = (prepared.at("train.h5"), prepared.at("prior.h5"));
        printed(&[&["fit", "--train", &train, "--window", "4", "--out", &prior], further].concat());
        let mut table = "time,x,y,u,v,noise\n".to_owned();
        let (step, cell) = if further.is_empty() { (0.2, 0.5) } else { (1.0, 1.0) };
        for (t, (x, y)) in (0..4).flat_map(|t| [(1, 2), (6, 3), (4, 7)].map(|place| (t, place))) {
            let [u, v] = [0, 1].map(|channel| wave(20, t, channel, x, y));
            let [time, x, y] = [step * t as f64, cell * x as f64, cell * y as f64];
            table += &format!("{time},{x},{y},{u},{v},0.1\n");
        }
        fs::write(prepared.at("obs.csv"), table).unwrap();
        prepared
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn reconstruct(&self, truth: File, further: &[&str]) -> Ran {
        truth.write(Path::new(&self.at("truth.h5")));
        let (prior, obs, truth, out) =
            (self.at("prior.h5"), self.at("obs.csv"), self.at("truth.h5"), self.at("out"));
        let fixed = ["reconstruct", "--prior-file", &prior, "--obs", &obs, "--truth", &truth, "--out", &out];
        run(&[&fixed[..], &["--members", "2", "--force", "--format", "json"], further].concat())
    }

    /// The error of the mean, and what was said: notes and warnings.
    fn rmse(&self, truth: File, further: &[&str]) -> (f64, String) {
        let ran = self.reconstruct(truth, further);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let json: Value = serde_json::from_str(&ran.stdout).unwrap();
        (json["rmse"].as_f64().unwrap(), format!("{}{}", ran.stderr, json["notes"]))
    }

    fn sweep(&self, truth: File) -> Ran {
        truth.write(Path::new(&self.at("truth.h5")));
        let (train, truth, out) = (self.at("train.h5"), self.at("truth.h5"), self.at("sweep"));
        let fixed = ["sweep", "--train", &train, "--data", &truth, "--window", "4", "--out", &out, "--force"];
        run(&[&fixed[..], &["--sub", "4", "--law", "matched", "--steps", "2"]].concat())
    }
}

fn told(ran: &Ran, code: i32, parts: &[&str]) {
    assert_eq!(ran.code, Some(code), "{}", ran.stderr);
    parts.iter().for_each(|part| assert!(ran.stderr.contains(part), "expected {part:?} in {}", ran.stderr));
}

#[test]
fn a_truth_in_another_form_gives_the_same_error() {
    let prepared = Prepared::new(File { units: Some("m/s"), ..TRAIN }, &[]);
    let (expected, said) = prepared.rmse(File { units: Some("m/s"), ..TRUTH }, &[]);
    assert!(!said.contains("note: ") && !said.contains("truth.h5: the"), "{said}");
    for (other, word) in [
        (File { transposed: true, units: Some("m/s"), ..TRUTH }, "note: "),
        (File { size: 1e3, units: Some("mm/s"), ..TRUTH }, "converted to m/s"),
    ] {
        let (found, said) = prepared.rmse(other, &[]);
        assert!((found - expected).abs() < 1e-5 * expected, "{found} {expected}");
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn a_truth_of_another_flow_stops_the_run_and_an_odd_one_is_told() {
    let prepared = Prepared::new(TRAIN, &[]);
    let later = prepared.reconstruct(File { dt: 0.05, ..TRUTH }, &[]);
    told(&later, 1, &["truth.h5", "prior.h5", "time step: found 0.05, expected 0.2", "one frame in 4 of"]);
    let elsewhere = prepared.reconstruct(File { x_first: 0.7, ..TRUTH }, &[]);
    told(&elsewhere, 1, &["x_first: found 0.7, expected 0", "no whole number"]);
    assert!(!Path::new(&prepared.at("out")).exists(), "nothing is written");
    let millimetres = prepared.reconstruct(File { size: 1e3, ..TRUTH }, &[]);
    told(&millimetres, 0, &["warning: ", "times that of", "another unit?"]);
    let learnt = prepared.reconstruct(File { first: 3, ..TRUTH }, &[]);
    told(&learnt, 0, &["warning: ", "all 4 frames stand bit for bit among the training frames of"]);
}

#[test]
fn the_flags_that_read_a_training_file_read_the_truth() {
    let flags = ["--axes", "NTCHW", "--kind", "generic"];
    let bare = File { attributes: false, ..TRAIN };
    let prepared = Prepared::new(bare, &[&flags[..], &["--covariance", "low_rank", "--rank", "8"]].concat());
    let truth = File { attributes: false, ..TRUTH };
    told(&prepared.reconstruct(truth, &[]), 1, &["--axes"]);
    let (with_kind, _) = prepared.rmse(truth, &flags);
    let (inherited, said) = prepared.rmse(truth, &flags[..2]);
    assert_eq!(with_kind.to_bits(), inherited.to_bits());
    assert!(said.contains("taken as generic"), "{said}");
}

#[test]
fn readings_in_another_unit_are_told() {
    let prepared = Prepared::new(TRAIN, &[]);
    let table = fs::read_to_string(prepared.at("obs.csv")).unwrap();
    let scaled = table.lines().map(|line| match line.split(',').collect::<Vec<_>>()[..] {
        [time, x, y, u, v, noise] if time != "time" => {
            let [u, v, noise] = [u, v, noise].map(|cell| 1e3 * cell.parse::<f64>().unwrap());
            format!("{time},{x},{y},{u},{v},{noise}\n")
        }
        _ => format!("{line}\n"),
    });
    fs::write(prepared.at("obs.csv"), scaled.collect::<String>()).unwrap();
    told(&prepared.reconstruct(TRUTH, &[]), 0, &["warning: the readings are", "another unit?"]);
}

#[test]
fn a_sweep_takes_what_reconstruct_takes() {
    let prepared = Prepared::new(TRAIN, &[]);
    told(&prepared.sweep(File { transposed: true, ..TRUTH }), 0, &["note: ", "transposed to x along W"]);
    told(&prepared.sweep(File { dt: 0.1, ..TRUTH }), 1, &["one frame in 2 of", "train.h5"]);
    told(&prepared.sweep(TRAIN), 0, &["warning: ", "all 48 frames stand bit for bit"]);
}

#[test]
fn data_and_priors_are_told_from_each_other() {
    let prepared = Prepared::new(TRAIN, &[]);
    let (train, prior, obs, out) =
        (prepared.at("train.h5"), prepared.at("prior.h5"), prepared.at("obs.csv"), prepared.at("out"));
    let data = run(&["reconstruct", "--prior-file", &train, "--obs", &obs, "--out", &out]);
    told(&data, 1, &["found a file of trajectories", "equipoise fit --train", "--prior wiener --train"]);
    let fitted = run(&["fit", "--train", &prior, "--out", &out]);
    told(&fitted, 1, &["found a prior that `fit` saved", "--prior-file"]);
    let truth =
        run(&["reconstruct", "--prior-file", &prior, "--obs", &obs, "--truth", &prior, "--out", &out]);
    told(&truth, 1, &["found a prior that `fit` saved"]);
    // An ensemble is data: its first member is a truth like any other.
    assert_eq!(prepared.reconstruct(TRUTH, &[]).code, Some(0));
    let (ensemble, again) = (prepared.at("out/ensemble.h5"), prepared.at("again"));
    let ran =
        run(&["reconstruct", "--prior-file", &prior, "--obs", &obs, "--truth", &ensemble, "--out", &again]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stderr.contains("ensemble.h5"), "{}", ran.stderr);
}
