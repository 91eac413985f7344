//! How often faults are caught at 1 % with 32 members, and exact ensembles fail: the numbers of docs/referee.md.
//!
//! `cargo run --release -p equipoise-referee --example power -- SEEDS [FAULT…]`, SEEDS being a number or a range (`0..50`),
//! whose counts add up to those of `0..200` and the like; after every ten seeds a table of all so far. The last column says which statistic stood furthest out, with the most cases, and how often.
#![allow(clippy::unwrap_used, reason = "what is drawn is well formed")]

#[path = "../tests/verdicts/synthetic.rs"]
#[allow(dead_code, reason = "tests use the rest")]
mod synthetic;

use equipoise_referee::{Case, Cases, Judgement};
use equipoise_stream::Stream;
use std::collections::BTreeMap;
use synthetic::{Exact, Fault, case_by, exact, looked};

const MEMBERS: usize = 32;
const LEVEL: f64 = 0.01;
/// Seeds after which the table is printed.
const TOLD: u64 = 10;

/// Cases that are judged together: of faults that nobody may miss, and of those that are a matter of how many.
const GROSS: &[usize] = &[8];
const CURVE: &[usize] = &[1, 2, 4, 8, 16];

/// By withheld readings and by the truth.
type Look = (&'static str, [bool; 2]);
const WITHHELD: Look = ("withheld", [true, false]);
const TRUTH: Look = ("truth", [false, true]);
const BOTH: Look = ("both", [true, true]);

/// A fault, and what was found of it so far.
struct Study {
    name: &'static str,
    fault: Fault,
    counts: &'static [usize],
    looks: Vec<Look>,
    /// [look][count]
    caught: Vec<Vec<usize>>,
    by: Vec<BTreeMap<String, usize>>,
}

impl Study {
    fn new((name, fault, counts, looks): (&'static str, Fault, &'static [usize], &[Look])) -> Self {
        let caught = vec![vec![0; counts.len()]; looks.len()];
        Self { name, fault, counts, looks: looks.to_vec(), caught, by: vec![BTreeMap::new(); looks.len()] }
    }

    /// One seed, whose first cases these are.
    fn add(&mut self, seed: u64, drawn: &[Exact]) {
        let seen = self.looks.iter().fold([false; 2], |all, (_, of)| [all[0] || of[0], all[1] || of[1]]);
        let most = self.counts[self.counts.len() - 1];
        let of = |(k, exact): (usize, &Exact)| {
            let draws = Stream::new("power").number(seed).number(k as u64).text("draws");
            case_by(&exact.with(self.fault), draws, seen).expect("a case of its own grid")
        };
        let all: Vec<Case> = drawn[..most].iter().enumerate().map(of).collect();
        for (look, (_, of)) in self.looks.iter().enumerate() {
            let cases: Vec<Case> = all.iter().map(|case| looked(case, *of)).collect();
            for (count, caught) in self.counts.iter().zip(&mut self.caught[look]) {
                let draws = Stream::new("choices").number(seed);
                let found = Judgement::of(&cases[..*count], Cases::Independent, LEVEL, draws);
                let found = found.expect("cases that say something");
                *caught += usize::from(found.p <= LEVEL);
                if let Some(row) = found.failed().next().filter(|_| *count == most) {
                    *self.by[look].entry(row.name.clone()).or_default() += 1;
                }
            }
        }
    }

    fn print(&self, seeds: u64) {
        for (look, (looks, _)) in self.looks.iter().enumerate() {
            let mut by: Vec<(&String, &usize)> = self.by[look].iter().collect();
            by.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            let by: Vec<String> = by.iter().take(3).map(|(name, count)| format!("{name} {count}")).collect();
            for (count, caught) in self.counts.iter().zip(&self.caught[look]) {
                println!("{},{looks},{count},{seeds},{caught},{}", self.name, by.join(" "));
            }
        }
    }
}

fn main() {
    let mut words = std::env::args().skip(1);
    let asked = words.next().unwrap_or_else(|| "20".to_owned());
    let (first, end) = asked.split_once("..").unwrap_or(("0", &asked));
    let [first, end]: [u64; 2] = [first, end].map(|word| word.parse().expect("seeds: a number or a range"));
    let wanted: Vec<String> = words.collect();
    let mut studies: Vec<Study> = faults().into_iter().map(Study::new).collect();
    studies.retain(|study| wanted.is_empty() || wanted.iter().any(|word| word == study.name));
    let most = studies.iter().flat_map(|study| study.counts).max().copied().unwrap_or(0);
    for seed in first..end {
        let draw = |k: usize| exact(Stream::new("power").number(seed).number(k as u64), MEMBERS);
        let drawn: Vec<Exact> = (0..most).map(draw).collect();
        studies.iter_mut().for_each(|study| study.add(seed, &drawn));
        let seeds = seed + 1 - first;
        if seeds.is_multiple_of(TOLD) || seed + 1 == end {
            println!("fault,looks,cases,seeds,caught,most often by");
            studies.iter().for_each(|study| study.print(seeds));
        }
    }
}

fn faults() -> [(&'static str, Fault, &'static [usize], &'static [Look]); 15] {
    let either: &[Look] = &[WITHHELD, TRUTH];
    [
        ("none", Fault::None, GROSS, &[WITHHELD, TRUTH, BOTH]),
        ("unit_100", Fault::Unit(100.0), GROSS, either),
        ("unit_0.01", Fault::Unit(0.01), GROSS, either),
        ("unit_3.6", Fault::Unit(3.6), GROSS, either),
        ("axes", Fault::Axes, GROSS, either),
        ("components", Fault::Components, GROSS, either),
        ("twice", Fault::Twice, GROSS, either),
        ("copied", Fault::Copied, GROSS, either),
        ("leaked_0.5", Fault::Leaked(0.5), GROSS, either),
        ("shift", Fault::Shift, GROSS, either),
        ("leaked_0.2", Fault::Leaked(0.2), CURVE, either),
        ("spread_0.8", Fault::Spread(0.8), CURVE, either),
        ("bias_0.2", Fault::Bias(0.2), CURVE, either),
        ("sensor_1", Fault::Sensor(1.0), CURVE, &[WITHHELD]),
        ("sensor_0.25", Fault::Sensor(0.25), CURVE, &[WITHHELD]),
    ]
}
