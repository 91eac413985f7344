//! What the verb prints: a row for each trial, and notes.

use crate::format::Format;
use crate::output;
use equipoise_report::{Cell, Column, Table, significant};
use equipoise_stability::{EXPLODES_ABOVE, FIELD_ABOVE, STABLE_UP_TO, Scope, TRANSIENT_ABOVE};
use equipoise_sweep::{Prediction, Trial};
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;

/// The posterior standard deviation in units of η below which the noise left at the end is no detail.
const SHARP: f64 = 3.0;

/// Units and space of σ_W, G and amplitudes.
pub(super) const SPACE: &str = "whitened: 1 is the prior's own spread";

/// Significant digits for readers.
const DIGITS: usize = 3;

/// Everything that was said.
#[derive(Serialize)]
pub(super) struct Report {
    /// Units and space of σ_W, G and amplitudes.
    pub(super) space: &'static str,
    pub(super) thresholds: Thresholds,
    pub(super) told: Table,
    /// The same for readers.
    #[serde(skip)]
    pub(super) shown: Table,
    pub(super) notes: Vec<Note>,
    pub(super) maps: Vec<PathBuf>,
    pub(super) seconds: f64,
}

/// What divides the verdicts, as `equipoise_stability` names it.
#[derive(Serialize)]
pub(super) struct Thresholds {
    pub(super) stable_up_to: f64,
    pub(super) explodes_above: f64,
    pub(super) field_above: f64,
    pub(super) transient_above: f64,
}

impl Thresholds {
    pub(super) const OURS: Self = Self {
        stable_up_to: STABLE_UP_TO,
        explodes_above: EXPLODES_ABOVE,
        field_above: FIELD_ABOVE,
        transient_above: TRANSIENT_ABOVE,
    };

    /// What each verdict means.
    pub(super) fn explained(&self) -> String {
        let Self { stable_up_to, explodes_above, field_above, transient_above } = self;
        format!(
            "stable: σ_W ≤ {stable_up_to}; explodes: σ_W above {explodes_above} with a field above {field_above} \
             times the prior's norm, or a peak whose rounding in f32 stays above {explodes_above}; transient: back \
             after a peak above {transient_above}; amplifying: the rest. With corrections also by their amplitude, \
             whichever is worse."
        )
    }
}

/// A remark on a dataset.
#[derive(Serialize)]
pub(super) struct Note {
    pub(super) dataset: String,
    pub(super) text: String,
}

/// A trial and what is said of it.
pub(super) type Told<'a> = (&'a Trial, Prediction);

/// A row for each trial, for machines and for readers, who see beside the verdict where it holds.
pub(super) fn tables(told: &[Told<'_>]) -> [Table; 2] {
    let shown =
        columns().into_iter().filter(|column| column.name() != "scope").map(|column| match column.name() {
            "verdict" => Column::new("verdict", "", |(_, prediction): &Told<'_>| match prediction.scope {
                Scope::Local => format!("{} (local)", prediction.verdict().name()),
                Scope::Global => prediction.verdict().name().to_owned(),
            }),
            _ => column,
        });
    [Table::of(&columns(), told), Table::of(&shown.collect::<Vec<_>>(), told).digits(DIGITS)]
}

fn columns<'a>() -> Vec<Column<'a, Told<'a>>> {
    fn of<'a, C: Into<Cell>>(
        name: &'static str,
        meaning: &'static str,
        get: impl Fn(&'a Trial, &Prediction) -> C + 'a,
    ) -> Column<'a, Told<'a>> {
        Column::new(name, meaning, move |(trial, prediction): &Told<'a>| get(trial, prediction))
    }
    vec![
        of("dataset", "", |trial, _| trial.dataset().to_owned()),
        of("protocol", "", |trial, _| trial.protocol.to_string()),
        of("steps", "of the predictor", |trial, _| trial.steps),
        of("corrections", "after each step", |trial, _| trial.corrections),
        of("sub", "stride of the observed lattice", |trial, _| trial.sub),
        of("law", "", |trial, _| trial.law().to_string()),
        of("sigma_w", "σ_W, amplification of the whole run", |_, said| said.certified.certificate.sigma_w),
        of("peak", "its largest over t", |_, said| said.certified.certificate.peak),
        of("field", "the field at the end over the prior's own", |_, said| said.certified.certificate.field),
        of("g", "G, growth by over-guidance alone", |_, said| said.cheap.growth.g),
        of("amplitude", "the mean field's last, with corrections", |_, said| {
            said.mean_field.as_ref().and_then(|field| field.run.amplitude.last().copied())
        }),
        of("verdict", "", |_, said| said.verdict().name()),
        of("scope", "local where it holds along one trajectory only", |_, said| match said.scope {
            Scope::Local => "local",
            Scope::Global => "global",
        }),
        of("t", "the first time above the verdict's limit", |_, said| {
            said.crossing().map(|crossing| crossing.t)
        }),
        of("direction", "amplified most", |_, said| said.direction().to_string()),
        of("seconds", "of σ_W", |_, said| said.certified.seconds).unit("s"),
        of("seconds_g", "of G, given its table", |_, said| said.cheap.seconds).unit("s"),
    ]
}

impl Note {
    /// How the noise left at the end compares with the posterior.
    pub(super) fn of_end(trial: &Trial, posterior_std: f64) -> Self {
        let ratio = posterior_std / trial.eta;
        let mut text = format!(
            "sub {}: η = {} against a posterior std of {}",
            trial.sub,
            significant(trial.eta, 3),
            significant(posterior_std, 3)
        );
        if ratio < SHARP {
            text += ": the noise left at t = 0 is no detail beside it";
        }
        Self { dataset: trial.dataset().to_owned(), text }
    }
}

impl Report {
    pub(super) fn print(&self, format: Format) -> anyhow::Result<()> {
        output::print_as(format, |to| self.write_text(to), self, || self.told.clone())
    }

    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "Amplification, {}; seconds of σ_W and of G", self.space)?;
        self.shown.write_text(to, "  ")?;
        writeln!(to, "{}", self.thresholds.explained())?;
        for Note { dataset, text } in &self.notes {
            writeln!(to, "{dataset}: {text}")?;
        }
        for map in &self.maps {
            writeln!(to, "map  {}", map.display())?;
        }
        writeln!(to, "{:.1} s", self.seconds)
    }
}
