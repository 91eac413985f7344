//! What `sweep --certify` prints: predictions against outcomes.

use equipoise_report::{Cell, Table, significant};
use equipoise_stability::{Scope, Verdict};
use equipoise_sweep::{Confusion, Prediction, Row};
use std::io::{self, Write};
use std::path::PathBuf;

/// Confusion matrices of a finished sweep.
pub(crate) struct Outcomes {
    groups: Vec<(&'static str, Confusion)>,
    trials: usize,
    path: PathBuf,
}

impl Outcomes {
    /// Of the trials in `certificate.csv`.
    pub(crate) fn new(told: &[(Row, Prediction)], path: PathBuf) -> Self {
        let global = |p: &Prediction| p.scope == Scope::Global;
        type Group = (&'static str, fn(&Row, &Prediction) -> Option<Verdict>);
        let groups: [Group; 7] = [
            ("predictor only, σ_W", |row, p| (row.corrections == 0).then(|| p.verdict())),
            ("predictor only, G", |row, p| (row.corrections == 0).then_some(p.cheap.growth.verdict)),
            ("with corrector, both", |row, p| (row.corrections > 0).then(|| p.verdict())),
            ("with corrector, mean field alone", |row, p| {
                p.mean_field.as_ref().filter(|_| row.corrections > 0).map(|field| field.run.verdict)
            }),
            ("with corrector, σ_W of its predictor", |row, p| {
                (row.corrections > 0).then_some(p.certified.certificate.verdict)
            }),
            ("adaptive (local), predictor only", |row, p| (row.corrections == 0).then(|| p.verdict())),
            ("adaptive (local), with corrector", |row, p| (row.corrections > 0).then(|| p.verdict())),
        ];
        let count = |(at, (name, verdict)): (usize, Group)| {
            let mut table = Confusion::default();
            for (row, prediction) in told.iter().filter(|(_, p)| global(p) == (at < 5)) {
                if let Some(verdict) = verdict(row, prediction) {
                    table.count(verdict, row.exploded());
                }
            }
            (name, table)
        };
        let groups = groups.into_iter().enumerate().map(count).filter(|(_, t)| t.total() > 0).collect();
        Self { groups, trials: told.len(), path }
    }

    /// As text.
    pub(crate) fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        let verdicts = Verdict::ALL.map(Verdict::name);
        let columns = ["prediction", "outcome"].into_iter().chain(verdicts).chain(["balanced accuracy"]);
        let rows = self.groups.iter().flat_map(|(name, table)| {
            let accuracy = table.balanced_accuracy().map_or(Cell::Absent, |a| significant(a, 4).into());
            let row = |name: &str, outcome: &str, counts: [usize; 4], accuracy: Cell| -> Vec<Cell> {
                let counts = counts.map(Cell::from);
                [name.into(), outcome.into()].into_iter().chain(counts).chain([accuracy]).collect()
            };
            [row(name, "exploded", table.exploded, accuracy), row("", "otherwise", table.survived, "".into())]
        });
        writeln!(
            to,
            "\nPrediction against outcome, {} trials; exploded: state nan or exploded",
            self.trials
        )?;
        Table::new(columns, rows.collect()).write_text(to, "  ")?;
        writeln!(to, "balanced accuracy of `explodes` against the explosion event")?;
        writeln!(to, "certificates  {}", self.path.display())
    }
}
