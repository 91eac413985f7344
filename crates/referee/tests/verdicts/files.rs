//! Cases from files: what is read, what is refused, and that bits depend on nothing but the files.

use equipoise_data::LoadOptions;
use equipoise_data::sensors::Outside;
use equipoise_data::store::{Existing, Writer};
use equipoise_operator::TimeRule;
use equipoise_referee::{
    Cases, Files, Finding, Heard, Judgement, Reading, RefereeError, Verdict, hear, write,
};
use equipoise_stream::Stream;
use std::fs;
use std::path::{Path, PathBuf};

const SIDES: [usize; 2] = [8, 6];
const FRAMES: usize = 3;
const FIELD: usize = FRAMES * 2 * SIDES[0] * SIDES[1];

const READING: Reading = Reading {
    options: LoadOptions { axes: None, kind: None },
    noise: None,
    start: None,
    times: TimeRule::Linear,
    outside: Outside::Refuse,
};

/// Fields whose law is that of white noise about a wave.
fn fields(name: &str, count: usize) -> Vec<f32> {
    let mut values: Vec<f32> = Stream::new(name).normal(0, count * FIELD);
    values.iter_mut().enumerate().for_each(|(i, x)| *x += (0.1 * (i % FIELD) as f32).sin());
    values
}

/// Writes a file of fields with what further attributes say.
fn store(path: &Path, dataset: &str, values: &[f32], further: &[(&str, &str)], dx: f64) {
    let writer = Writer::create(path, Existing::Refuse).unwrap();
    let count = values.len() / FIELD;
    for (name, text) in [("axes", "NTCHW"), ("kind", "generic"), ("boundary", "periodic")] {
        if further.iter().all(|(other, _)| *other != name) {
            writer.set_text(name, text).unwrap();
        }
    }
    further.iter().for_each(|(name, text)| writer.set_text(name, text).unwrap());
    for (name, number) in [("dx", dx), ("dy", 0.5), ("dt", 1.0)] {
        writer.set_numbers(name, &[number]).unwrap();
    }
    writer.write(dataset, &[count, FRAMES, 2, SIDES[0], SIDES[1]], values).unwrap();
    writer.finish().unwrap();
}

const TABLE: &str =
    "time,x,y,u,v,noise\n0,0.2,0.3,0.1,0.2,0.5\n1.5,1.0,2.1,0.4,,0.5\n2,1.2,1.0,-0.3,0.7,0.5\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        store(&folder.at("members.h5"), "x", &fields("members", 6), &[], 0.25);
        store(&folder.at("truth.h5"), "x", &fields("truth", 1), &[], 0.25);
        fs::write(folder.at("obs.csv"), TABLE).unwrap();
        folder
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn files(&self) -> Files {
        Files {
            members: self.at("members.h5"),
            withheld: Some(self.at("obs.csv")),
            truth: Some((self.at("truth.h5"), 0)),
            ..Files::default()
        }
    }
}

fn heard(files: &Files) -> Result<Heard, RefereeError> {
    hear(files, &READING, Stream::new("files"))
}

fn told(files: &Files) -> String {
    heard(files).unwrap_err().to_string()
}

#[test]
fn a_case_is_heard_and_written() {
    let folder = Folder::new();
    let one = heard(&folder.files()).unwrap();
    assert_eq!((one.members, one.residuals.len(), one.case.places.len()), ([6, FRAMES, 6], 5, 3));
    let names: Vec<String> = one.case.statistics.iter().map(|s| s.name()).collect();
    for name in
        ["withheld.chi", "withheld.bias.v", "field.spread_skill", "field.divergence", "field.energy.k2"]
    {
        assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
    }
    let again = heard(&folder.files()).unwrap();
    assert_eq!(one.case, again.case);

    let cases = [one.case.clone(), again.case];
    let found = Judgement::of(&cases, Cases::Independent, 0.2, Stream::new("choices")).unwrap();
    assert_ne!(found.verdict, Verdict::Undecided);
    let folds = Judgement::of(&cases, Cases::SameTruth, 0.2, Stream::new("choices")).unwrap();
    // Two folds of seven places each: 2/7 at least.
    assert_eq!((folds.verdict, folds.least_p), (Verdict::Undecided, 2.0 / 7.0));
    let heard = [("a.h5".to_owned(), one)];
    let finding = Finding::new(found, &heard);
    write(folder.0.path(), &finding, &heard, Vec::new()).unwrap();
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.at("judge.json")).unwrap()).unwrap();
    assert_eq!(json["hearings"][0]["members"], 6);
    assert_eq!(fs::read_to_string(folder.at("readings.csv")).unwrap().lines().count(), 6);
    assert!(fs::read_to_string(folder.at("judge.html")).unwrap().contains("exchangeability"));
    assert!(finding.fails_on("crps").is_ok() && finding.fails_on("sharpness").is_err());
}

/// Other threads, the same bits: a sum over blocks of cells and one over members.
#[test]
fn threads_change_no_bit() {
    let folder = Folder::new();
    let files = folder.files();
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| heard(&files).unwrap().case)
    };
    assert_eq!(on(1), on(3));
}

/// A reading between two frames is the mean of what both frames give, whole members being read by the operator.
#[test]
fn readings_of_members_are_those_of_the_operator() {
    let folder = Folder::new();
    let one = heard(&Files { truth: None, ..folder.files() }).unwrap();
    let values = fields("members", 6);
    // Row 3 of the table, u at t = 1.5, x = 4 cells, y = 4.2 cells; H is y by default of a file that says nothing.
    let (entry, residual) = one.residuals[2];
    let sensor = entry.sensor;
    let at = |m: usize, t: usize| {
        let (h, w) = (sensor.row, sensor.column);
        let cell = |h: usize, w: usize| {
            f64::from(values[m * FIELD + (t * 2 * SIDES[0] + h % SIDES[0]) * SIDES[1] + w % SIDES[1]])
        };
        let (a, b) = (h - h.floor(), w - w.floor());
        let (h, w) = (h as usize, w as usize);
        (1.0 - a) * ((1.0 - b) * cell(h, w) + b * cell(h, w + 1))
            + a * ((1.0 - b) * cell(h + 1, w) + b * cell(h + 1, w + 1))
    };
    let mean = (0..6).map(|m| 0.5 * (at(m, 1) + at(m, 2))).sum::<f64>() / 6.0;
    assert!((residual - (0.4 - mean) / 0.5).abs() < 1e-5, "{residual} {mean}");
}

#[test]
fn ensembles_with_weights_lose_the_light_members() {
    let folder = Folder::new();
    let path = folder.at("ensemble.h5");
    store(&path, "members", &fields("members", 6), &[], 0.25);
    let files = Files { members: path, ..folder.files() };
    assert_eq!(heard(&files).unwrap().members, [6, FRAMES, 6]);
    fs::write(folder.at("w.csv"), "1\n0\n1\n1\n0\n1\n").unwrap();
    let weighted = Files { weights: Some(folder.at("w.csv")), ..files.clone() };
    let one = heard(&weighted).unwrap();
    assert_eq!((one.members[0], one.effective), (4, Some(4.0)));
    fs::write(folder.at("w.csv"), "1,0,0,0,0,0").unwrap();
    assert!(told(&weighted).ends_with("members: found 1 left of 6 by their weights, expected at least 2"));
}

#[test]
fn copies_are_facts() {
    let folder = Folder::new();
    let mut values = fields("members", 6);
    values.copy_within(0..FIELD, 4 * FIELD);
    values[FIELD..2 * FIELD].copy_from_slice(&fields("truth", 1));
    store(&folder.at("copies.h5"), "x", &values, &[], 0.25);
    let one = heard(&Files { members: folder.at("copies.h5"), ..folder.files() }).unwrap();
    assert_eq!((&one.copies[..], &one.copied[..]), (&[vec![0, 4]][..], &[1][..]));
    let found =
        Judgement::of(std::slice::from_ref(&one.case), Cases::Independent, 0.01, Stream::new("choices"))
            .unwrap();
    assert_eq!(found.verdict, Verdict::Undecided);
    let finding = Finding::new(found, &[("copies.h5".to_owned(), one)]);
    assert_eq!((finding.judgement.verdict, finding.facts.len()), (Verdict::Fails, 2));
    assert!(finding.fails_on("copies").unwrap() && finding.headline().starts_with("FAILS"));
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let folder = Folder::new();
    let files = folder.files();
    let with = |name: &str, text: &str| {
        fs::write(folder.at(name), text).unwrap();
        folder.at(name)
    };
    let leaked = Files { used: Some(with("used.csv", TABLE)), ..files.clone() };
    assert!(told(&leaked).contains("row 2 stands in"), "{}", told(&leaked));
    let late = with("late.csv", "time,x,y,u,noise\n7,0,0,1,0.1\n");
    assert!(told(&Files { withheld: Some(late), ..files.clone() }).contains("column `time`: found 7"));
    store(&folder.at("other.h5"), "x", &fields("truth", 1), &[], 0.125);
    let other = Files { truth: Some((folder.at("other.h5"), 0)), ..files.clone() };
    assert!(told(&other).contains("dx"), "{}", told(&other));
    let second = Files { truth: Some((folder.at("truth.h5"), 1)), ..files.clone() };
    assert!(
        told(&second).contains("found 1 trajectories, expected one a case, 2 or more"),
        "{}",
        told(&second)
    );
    let mut values = fields("members", 6);
    values[2 * FIELD + 100] = f32::NAN;
    store(&folder.at("nan.h5"), "x", &values, &[], 0.25);
    let nan = Files { members: folder.at("nan.h5"), ..files.clone() };
    assert!(
        told(&nan).ends_with("member 2, frame 1, (C, H, W) = (0, 0, 4): found NaN, expected a finite number")
    );
    store(&folder.at("one.h5"), "x", &fields("members", 1), &[], 0.25);
    let one = Files { members: folder.at("one.h5"), ..files };
    assert!(told(&one).ends_with("members: found 1, expected at least 2"));
}

/// Ends of the grid that are walls are looked at, wherever they are stated, and refused where they cannot be.
#[test]
fn walls_are_taken_from_files() {
    let folder = Folder::new();
    let open = [("boundary", "open"), ("walls", "y"), ("channels", "u,v")];
    for (name, dataset, count) in [("open.h5", "members", 6), ("flow.h5", "truth", 1)] {
        store(&folder.at(name), "x", &fields(dataset, count), &open, 0.25);
    }
    let files = |members: &str, truth: &str| Files {
        members: folder.at(members),
        truth: Some((folder.at(truth), 0)),
        ..Files::default()
    };
    let one = heard(&files("open.h5", "flow.h5")).unwrap();
    let found = one.case.statistics.iter().find(|s| s.name() == "field.no_penetration").unwrap();
    // White noise about a wave: as fast through walls as elsewhere.
    assert!(
        found.values.len() == 7 && found.values.iter().all(|ratio| (0.4..1.1).contains(ratio)),
        "{found:?}"
    );
    let other = [("boundary", "open"), ("walls", "y_low"), ("channels", "u,v")];
    store(&folder.at("other.h5"), "x", &fields("truth", 1), &other, 0.25);
    assert!(told(&files("open.h5", "other.h5")).contains("expected those of the members"));
    for (name, walls, words) in
        [("odd", "north", "expected ends of the grid"), ("wraps", "y", "borders wrap")]
    {
        let boundary = if name == "odd" { "open" } else { "periodic" };
        let said = [("boundary", boundary), ("walls", walls)];
        let truth = format!("{name}_truth");
        store(&folder.at(name), "x", &fields("members", 6), &said, 0.25);
        store(&folder.at(&truth), "x", &fields("truth", 1), &said[..1], 0.25);
        assert!(told(&files(name, &truth)).contains(words), "{}", told(&files(name, &truth)));
    }
}
