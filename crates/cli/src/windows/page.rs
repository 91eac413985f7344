//! What is printed, and the page.

use super::tables::{self, caption, verdict};
use equipoise_denoising::Results;
use equipoise_experiment::distinct;
use equipoise_report::{Block, Cell, Chart, Page, Scale, Section, Series, Table, significant};
use equipoise_windows::{Cost, Found, Outcome, Survey, Surveyed};
use serde::Serialize;
use std::io::{self, Write};

/// Everything that was found, and what it rests on.
#[derive(Serialize)]
pub(super) struct Told {
    pub(super) space: &'static str,
    /// What CRPS is of, in closed form and drawn.
    pub(super) crps_of: &'static str,
    pub(super) drawn_crps_of: &'static str,
    /// L.
    pub(super) frames: usize,
    /// s.
    pub(super) std: f64,
    pub(super) facts: Vec<(String, String)>,
    pub(super) found: Surveyed,
    pub(super) seconds: f64,
    #[serde(skip)]
    pub(super) survey: Survey,
}

impl Told {
    /// Tables by the name of their file.
    fn tables(&self) -> Vec<(String, Table)> {
        let found = &self.found;
        let all = [
            ("needed", tables::needed(found)),
            ("excess", tables::costs(found)),
            ("moments", tables::moments(found)),
            ("runs", tables::runs(found, self.crps_of)),
            ("drawn", tables::drawn(found, self.drawn_crps_of)),
            ("gamma", tables::calibrations(found)),
        ];
        all.into_iter().filter(|(_, t)| !t.rows.is_empty()).map(|(name, t)| (name.to_owned(), t)).collect()
    }

    pub(super) fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        let Self { space, crps_of, drawn_crps_of, frames, .. } = self;
        writeln!(
            to,
            "Composites of {frames} frames; W2 per number, CRPS per {crps_of}, drawn per {drawn_crps_of}, {space}"
        )?;
        self.facts.iter().try_for_each(|(name, value)| writeln!(to, "{name}: {value}"))?;
        for (name, table) in self.tables() {
            let table = if name == "runs" { tables::by_law(&self.found) } else { table };
            let name = if name == "runs" { "W2 by law" } else { name.as_str() };
            writeln!(to, "\n{name}: {}", table.caption.as_ref().map_or("", |caption| &caption.text))?;
            readable(table).write_text(to, "  ")?;
        }
        writeln!(to, "{:.1} s", self.seconds)
    }

    /// Tables and page.
    pub(super) fn results(&self) -> Results {
        let tables = self.tables();
        let mut sections: Vec<Section> = self.priors().iter().map(|prior| self.section(prior)).collect();
        let blocks = tables.iter().map(|(_, table)| Block::Table(table.clone())).collect();
        sections.push(Section { title: "Tables".into(), blocks });
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let own = [
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("arguments", arguments.join(" ")),
            ("frames", self.frames.to_string()),
            ("s", self.std.to_string()),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        let lead = "What a denoiser of L frames, composed of windows of 2k + 1, misses of the exact one under a \
                    Gauss–Markov prior. Everything but drawn runs is closed form.";
        let page = Page {
            title: "Windows".into(),
            lead: vec![lead.into()],
            facts: own.into_iter().chain(self.facts.iter().cloned()).collect(),
            sections,
            notes: notes(),
        };
        Results { tables, pictures: Vec::new(), name: "windows", page }
    }

    /// The priors, each once.
    fn priors(&self) -> Vec<String> {
        distinct(self.found.costs.iter().map(|one| one.prior.clone()))
    }

    fn section(&self, prior: &str) -> Section {
        let mut blocks = Vec::new();
        for fold in &self.survey.folds {
            let fold = fold.to_string();
            blocks.push(Block::Chart(self.excess(prior, &fold)));
            blocks.push(Block::Chart(self.by_frame(prior, &fold)));
            blocks.extend(
                self.densities(prior).into_iter().map(|seen| Block::Chart(self.by_law(prior, &fold, seen))),
            );
        }
        let drawn = |block: &Block| matches!(block, Block::Chart(chart) if !chart.series.is_empty());
        Section { title: prior.to_owned(), blocks: blocks.into_iter().filter(drawn).collect() }
    }

    fn costs<'a>(&'a self, prior: &'a str, fold: &'a str) -> impl Iterator<Item = &'a Found<Cost>> {
        self.found.costs.iter().filter(move |one| one.prior == prior && one.fold == fold)
    }

    /// Excess against k, a line a level.
    fn excess(&self, prior: &str, fold: &str) -> Chart {
        let line = |ratio: f64| Series {
            name: format!("σ/μ = {ratio}"),
            points: (self.costs(prior, fold))
                .filter(|one| same(one.found.ratio, ratio))
                .map(|one| (order(one.window), one.found.excess))
                .collect(),
        };
        let name = format!("{prior}, fold {fold}: excess mean square error of x̂ against k.");
        let series = self.survey.ratios.iter().map(|ratio| line(*ratio));
        chart(&name, "k", "excess", Some((self.survey.target, "target".into())), series)
    }

    /// Excess by frame, a line a window, at the level where the shortest window misses most.
    fn by_frame(&self, prior: &str, fold: &str) -> Chart {
        let of = || self.costs(prior, fold);
        let worst = of().max_by(|a, b| a.found.excess.total_cmp(&b.found.excess));
        let ratio = worst.map_or(f64::NAN, |one| one.found.ratio);
        let line = |one: &Found<Cost>| Series {
            name: format!("k = {}", order(one.window)),
            points: one.found.by_frame.iter().enumerate().map(|(at, excess)| (at as f64, *excess)).collect(),
        };
        let name = format!("{prior}, fold {fold}: excess by frame at σ/μ = {ratio}.");
        chart(&name, "frame", "excess", None, of().filter(|one| same(one.found.ratio, ratio)).map(line))
    }

    /// How dense the readings of whole runs were: every, sub.
    fn densities(&self, prior: &str) -> Vec<(Option<usize>, Option<usize>)> {
        let runs = self.found.runs.iter().filter(|one| one.prior == prior);
        distinct(runs.map(|one| (one.every, one.sub)))
    }

    /// W2 against k, a line a law.
    fn by_law(&self, prior: &str, fold: &str, seen: (Option<usize>, Option<usize>)) -> Chart {
        let of = |one: &&Found<Outcome>| one.prior == prior && (one.every, one.sub) == seen;
        let runs = || self.found.runs.iter().filter(of);
        let exact = runs().find(|one| one.law == Some("exact")).map(|one| one.found.wasserstein);
        let laws = distinct(runs().filter(|one| one.fold == fold).filter_map(|one| one.law));
        let line = |law: &&str| Series {
            name: (*law).to_owned(),
            points: runs()
                .filter(|one| one.fold == fold && one.law == Some(law) && verdict(&one.found) != "refused")
                .map(|one| (order(one.window), one.found.wasserstein))
                .collect(),
        };
        let [every, sub] = [seen.0, seen.1].map(|of| of.unwrap_or(1));
        let name = format!(
            "{prior}, fold {fold}, readings at every = {every}, sub = {sub}: W2 to the exact posterior against k."
        );
        let reference = exact.map(|exact| (exact, "exact guidance".to_owned()));
        chart(&name, "k", "W2 per number, normalised units", reference, laws.iter().map(line))
    }
}

/// k of a window of w frames.
fn order(window: usize) -> f64 {
    (window as f64 - 1.0) / 2.0
}

fn same(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq()
}

fn chart(
    text: &str,
    x: &str,
    y: &str,
    reference: Option<(f64, String)>,
    series: impl Iterator<Item = Series>,
) -> Chart {
    Chart { reference, ..Chart::new(caption(text), [x, y], (Scale::Log, (1e-6, 1e4)), series.collect()) }
}

/// Lines for reading do not say their space again, and round to three digits.
fn readable(mut table: Table) -> Table {
    if table.columns.last().is_some_and(|column| column.name == "space") {
        table.columns.pop();
        table.rows.iter_mut().for_each(|row| {
            row.pop();
        });
    }
    for cell in table.rows.iter_mut().flatten() {
        if let Cell::Number(number) = cell {
            *cell = Cell::Text(significant(*number, 3));
        }
    }
    table
}

fn notes() -> Vec<(String, String)> {
    [
        ("excess", "E‖x̂ − x‖² of the composite over that of the exact denoiser of all L frames, less 1"),
        ("moments", "(s²I + AVAᵀ)⁻¹ with V = (σ²/μ)J of the composite, which is no covariance"),
        ("moments_positive", "the same with V⁺ = Σ U_iᵀ D_i V_i D_i U_i, D_i² = 1/number of windows that hold a frame"),
        ("W2", "√(E_y W₂²/D) between the run's law of x at t = 0 and the exact posterior, both Gaussian"),
        ("CRPS", "a mean of deviations, which depends on the numbers it is of: crps_of says which"),
        ("parts", "σ_W, verdict, lowest, the shares of levels and k of a run are over the parts that were run or looked at, the \
          one of the largest variance among them"),
        ("verdict", "explodes: σ_W above 10 with a field above 7 times the prior's; peaks on the way are not looked at"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .to_vec()
}
