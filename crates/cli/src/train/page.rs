//! The page of a training, and the table of its last validation.

use equipoise_report::{Block, Caption, Cell, Chart, Head as Column, Page, Scale, Section, Series, Table};
use equipoise_training::{Config, Row, Training};
use std::path::Path;

const SPACE: &str = "normalised units";
/// Points of a curve at most; each is the mean of as many steps as it stands for.
const POINTS: usize = 400;

/// What the page is of.
pub(super) struct Told<'a> {
    training: &'a Training,
    facts: Vec<(String, String)>,
}

impl<'a> Told<'a> {
    pub(super) fn of(training: &'a Training, config: &Config, train: &Path, sha256: &str) -> Self {
        let names: Vec<&str> = training.symmetries().iter().map(|symmetry| symmetry.name()).collect();
        let manifest = training.manifest();
        let facts = [
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("training file", train.display().to_string()),
            ("SHA-256", sha256.to_owned()),
            ("parameters", training.parameter_count().to_string()),
            ("steps", format!("{} of {}", training.steps(), config.optimiser.steps)),
            ("batch", config.optimiser.batch.to_string()),
            ("preconditioning", manifest.preconditioning.to_string()),
            ("window", format!("{} frames of {} components", manifest.window, manifest.components)),
            ("symmetries", if names.is_empty() { "none".to_owned() } else { names.join(", ") }),
        ];
        Self { training, facts: facts.map(|(name, value)| (name.to_owned(), value)).to_vec() }
    }

    pub(super) fn page(&self) -> Page {
        let rows = self.training.rows();
        let blocks = vec![
            Block::Chart(beside(rows)),
            Block::Chart(over_steps(rows)),
            Block::Chart(self.loss()),
            Block::Chart(self.norm()),
        ];
        let tables = vec![Block::Table(last(rows))];
        let notes = [
            (
                "error",
                "Root of the mean of (x̂ − x)² over held-out windows and cells of flow, by the running average of \
                 the parameters. The noise is the same at every validation.",
            ),
            (
                "Wiener filter",
                "That of the Gaussian in prior.h5, fitted to the windows that are trained on: same data, same window.",
            ),
            ("loss", "Mean over the steps that a point stands for, at the levels that they drew."),
        ];
        Page {
            title: "Training".into(),
            lead: vec![
                "A network trained as a denoiser, beside the Wiener filter on windows held out.".into(),
            ],
            facts: self.facts.clone(),
            sections: vec![
                Section { title: "Curves".into(), blocks },
                Section { title: "Last validation".into(), blocks: tables },
            ],
            notes: notes.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec(),
        }
    }

    fn loss(&self) -> Chart {
        let series = vec![Series { name: "loss".into(), points: thinned(self.training.curve(), 0) }];
        chart("Loss by step.", ("step", "loss"), None, series)
    }

    fn norm(&self) -> Chart {
        let series = vec![
            Series { name: "norm of the gradient".into(), points: thinned(self.training.curve(), 2) },
            Series { name: "rate".into(), points: thinned(self.training.curve(), 1) },
        ];
        chart(
            "Norm of the gradient before clipping, and rate, by step.",
            ("step", "norm, rate"),
            None,
            series,
        )
    }
}

/// Means of runs of steps.
fn thinned(curve: &[[f64; 3]], column: usize) -> Vec<(f64, f64)> {
    let each = curve.len().div_ceil(POINTS).max(1);
    let mean = |(k, run): (usize, &[[f64; 3]])| {
        let mean = run.iter().map(|row| row[column]).sum::<f64>() / run.len() as f64;
        ((k * each) as f64 + (run.len() + 1) as f64 / 2.0, mean)
    };
    curve.chunks(each).enumerate().map(mean).collect()
}

fn chart(text: &str, (x, y): (&str, &str), reference: Option<(f64, String)>, series: Vec<Series>) -> Chart {
    let caption = Caption { text: text.into(), space: SPACE.into(), n_convention: "not used".into() };
    Chart { reference, ..Chart::new(caption, [x, y], (Scale::Log, (1e-9, 1e6)), series) }
}

/// The rows of the last validation.
fn latest(rows: &[Row]) -> &[Row] {
    let step = rows.last().map_or(0, |row| row.step);
    let first = rows.iter().position(|row| row.step == step).unwrap_or(0);
    &rows[first..]
}

/// Error by level, network and filter.
fn beside(rows: &[Row]) -> Chart {
    let line = |name: &str, of: fn(&Row) -> f64| Series {
        name: name.into(),
        points: latest(rows).iter().map(|row| (row.ratio.log10(), of(row))).collect(),
    };
    let series = vec![line("network", |row| row.network), line("Wiener filter", |row| row.wiener)];
    chart("Error of x̂ on held-out windows, last validation.", ("log₁₀ σ/μ", "error"), None, series)
}

/// The network's error over the filter's, a line a level.
fn over_steps(rows: &[Row]) -> Chart {
    let line = |level: &Row| Series {
        name: format!("σ/μ = {}", level.ratio),
        points: rows
            .iter()
            .filter(|row| row.ratio.to_bits() == level.ratio.to_bits())
            .map(|row| (row.step as f64, row.network / row.wiener))
            .collect(),
    };
    let series = latest(rows).iter().map(line).collect();
    let reference = Some((1.0, "Wiener filter".to_owned()));
    let of = "Error over that of the Wiener filter, by step.";
    // A few per cent, which powers of ten would hide.
    Chart { y_scale: Scale::Linear, ..chart(of, ("step", "ratio"), reference, series) }
}

/// The last validation as a table.
pub(super) fn last(rows: &[Row]) -> Table {
    let columns = [
        Column::new("step", "steps before it"),
        Column::new("sigma_over_mu", "noise level, in normalised units"),
        Column::new("network", "root mean square of x̂ − x, normalised units, of the running average"),
        Column::new("wiener", "the same of the Wiener filter of the Gaussian beside it"),
        Column::new("network_over_wiener", "the one over the other"),
    ];
    let cells = |row: &Row| {
        let numbers = [row.ratio, row.network, row.wiener, row.network / row.wiener];
        std::iter::once(Cell::Count(row.step)).chain(numbers.map(Cell::Number)).collect()
    };
    Table::new(columns, latest(rows).iter().map(cells).collect())
}
