//! The README's tables of results, regenerated: the protocol `fast` of the default sweep.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_experiment::{Build, Existing, Flow, FlowFile, Observer, Policy, Progress, Provenance, run};
use equipoise_sweep::{DatasetPlan, FlowExecutor, Output, Plan, ReducedRuns, Row, Trial};
use std::fmt::Write;
use std::sync::atomic::AtomicBool;

/// Numbers of another machine may differ by the rounding of its FFT and LAPACK kernels, which no
/// bounded run amplifies a thousandfold, and by the two digits that the README prints.
const TOLERANCE: f64 = 0.06;

struct Silent;

impl Observer<Trial> for Silent {
    fn started(&self, _: &Trial, _: Progress) {}
    fn finished(&self, _: &Row, _: Progress) {}
}

/// The rows of one embedded flow under `fast`, first seed, run where the command runs them.
fn rows(dataset: &str) -> Vec<Row> {
    let flows = [Flow::open(&FlowFile::embedded(dataset).request().unwrap()).unwrap()];
    let mut plan = DatasetPlan::of(&flows[0]);
    plan.protocols.truncate(1);
    plan.seeds.truncate(1);
    let folder = tempfile::tempdir().unwrap();
    let provenance = Provenance {
        build: Build {
            version: "test".into(),
            revision: None,
            sources: None,
            blas_core: None,
            vectors: Build::vectors_here(),
            backend: "reduced".into(),
        },
        arguments: Vec::new(),
        data: flows[0].files().iter().cloned().collect(),
        threads: rayon::current_num_threads(),
        blas_threads: None,
        shard: None,
    };
    let plan = Plan::standard(vec![plan]);
    let reduced = ReducedRuns::default();
    let executor = FlowExecutor::new(&flows, None).unwrap().with_accelerator(&reduced);
    let trials = executor.placed(plan.trials().unwrap()).unwrap();
    let output = Output::open(folder.path(), (plan, trials), provenance, Existing::Refuse).unwrap();
    run(&output, &executor, &Silent, &AtomicBool::new(false), Policy::default()).unwrap();
    output.rows().unwrap()
}

/// RMSE with two digits, or the state of an explosion.
fn cell(row: &Row) -> String {
    match row.state.as_str() {
        state @ ("nan" | "exploded") => state.to_owned(),
        _ => equipoise_report::significant(row.rmse, 2),
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from("| law | sub 2 | sub 4 | sub 8 | sub 16 |\n|---|---|---|---|---|\n");
    let laws = rows.iter().filter(|r| r.sub == 2).map(|r| &r.law);
    for law in laws {
        let cells: Vec<String> = rows.iter().filter(|r| r.law == *law).map(cell).collect();
        writeln!(text, "| `{law}` | {} |", cells.join(" | ")).unwrap();
    }
    let exact = rows.iter().filter(|r| r.law == "exact");
    let floor: Vec<String> = exact.map(|r| equipoise_report::significant(r.floor_rmse.unwrap(), 2)).collect();
    writeln!(text, "| floor | {} |", floor.join(" | ")).unwrap();
    text
}

fn printed(dataset: &str) -> String {
    let readme = include_str!("../../README.md");
    let begin = format!("<!-- {dataset} fast -->\n");
    let start = readme.find(&begin).expect("the README marks its table") + begin.len();
    let end = readme[start..].find("<!-- end -->").expect("the README marks the end of its table");
    readme[start..start + end].to_owned()
}

fn same(a: &str, b: &str) -> bool {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|v| v.is_finite());
    match (number(a), number(b)) {
        (Some(a), Some(b)) => (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()),
        _ => a.trim() == b.trim(),
    }
}

fn check(dataset: &str) {
    let (found, printed) = (table(&rows(dataset)), printed(dataset));
    let cells = |text: &str| text.trim().lines().flat_map(|l| l.split('|').map(str::to_owned)).collect();
    let (a, b): (Vec<String>, Vec<String>) = (cells(&found), cells(&printed));
    let agree = a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| same(a, b));
    assert!(agree, "the README prints\n{printed}\nthe sweep gives\n{found}");
}

#[test]
fn the_wake_is_as_printed() {
    check("ibpm");
}

#[test]
fn the_turbulence_is_as_printed() {
    check("kolmogorov");
}
