//! How often faults are caught at 1 % with 32 members, and exact ensembles fail: the numbers of docs/referee.md.
//!
//! `cargo run --release -p equipoise-referee --example power -- SEEDS [FAULT…]`; the last column says which
//! statistic stood furthest out with eight cases, and how often.
#![allow(clippy::unwrap_used, reason = "what is drawn is well formed")]

#[path = "../tests/verdicts/synthetic.rs"]
mod synthetic;

use equipoise_referee::{Case, Cases, Judgement};
use equipoise_stream::Stream;
use std::collections::BTreeMap;
use synthetic::{Fault, case, drawn, looked};

const MEMBERS: usize = 32;
const CASES: usize = 8;
const LEVEL: f64 = 0.01;
const LOOKS: [(&str, [bool; 2]); 3] =
    [("withheld", [true, false]), ("truth", [false, true]), ("both", [true, true])];

fn main() {
    let mut words = std::env::args().skip(1);
    let seeds: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(20);
    let wanted: Vec<String> = words.collect();
    println!("fault,looks,cases,seeds,caught,most often by");
    for (name, fault, curve) in faults() {
        if !wanted.is_empty() && !wanted.iter().any(|word| word == name) {
            continue;
        }
        let counts: &[usize] = if curve { &[1, 2, 4, 8, 16] } else { &[CASES] };
        report(name, fault, counts, seeds);
    }
}

fn faults() -> [(&'static str, Fault, bool); 15] {
    [
        ("none", Fault::None, false),
        ("unit_100", Fault::Unit(100.0), false),
        ("unit_0.01", Fault::Unit(0.01), false),
        ("unit_3.6", Fault::Unit(3.6), false),
        ("axes", Fault::Axes, false),
        ("components", Fault::Components, false),
        ("twice", Fault::Twice, false),
        ("copied", Fault::Copied, false),
        ("leaked_0.5", Fault::Leaked(0.5), false),
        ("leaked_0.2", Fault::Leaked(0.2), true),
        ("shift", Fault::Shift, false),
        ("spread_0.8", Fault::Spread(0.8), true),
        ("bias_0.2", Fault::Bias(0.2), true),
        ("sensor_1", Fault::Sensor(1.0), true),
        ("sensor_0.25", Fault::Sensor(0.25), true),
    ]
}

fn report(name: &str, fault: Fault, counts: &[usize], seeds: u64) {
    let most = counts.iter().copied().max().unwrap_or(CASES);
    let mut caught = vec![[0; LOOKS.len()]; counts.len()];
    let mut by = vec![BTreeMap::<String, usize>::new(); LOOKS.len()];
    for seed in 0..seeds {
        let one = |k: usize| -> Case {
            let stream = Stream::new("power").number(seed).number(k as u64);
            let drawn = drawn(stream, MEMBERS, fault);
            case(&drawn, stream.text("draws")).expect("a case of its own grid")
        };
        let all: Vec<Case> = (0..most).map(one).collect();
        for (look, (_, of)) in LOOKS.iter().enumerate() {
            let cases: Vec<Case> = all.iter().map(|case| looked(case, *of)).collect();
            for (count, caught) in counts.iter().zip(&mut caught) {
                let draws = Stream::new("choices").number(seed);
                let found = Judgement::of(&cases[..*count], Cases::Independent, LEVEL, draws).expect("cases");
                caught[look] += usize::from(found.p <= LEVEL);
                if let Some(row) = found.failed().next().filter(|_| *count == CASES) {
                    *by[look].entry(row.name.clone()).or_default() += 1;
                }
            }
        }
    }
    for (look, (looks, _)) in LOOKS.iter().enumerate() {
        let mut by: Vec<(&String, &usize)> = by[look].iter().collect();
        by.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let by: Vec<String> = by.iter().take(3).map(|(name, count)| format!("{name} {count}")).collect();
        for (count, caught) in counts.iter().zip(&caught) {
            println!("{name},{looks},{count},{seeds},{},{}", caught[look], by.join(" "));
        }
    }
}
