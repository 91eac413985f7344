//! What the pages of experiments say alike: how a folder came to be, states and their colours.

use crate::{Output, Result, Work, replace};
use equipoise_metrics as metrics;
use equipoise_metrics::State;
use equipoise_report::{Caption, Page, Tone, Verdict, page};
use equipoise_scaling::NConvention;
use std::path::PathBuf;

impl<W: Work> Output<W> {
    /// Writes a page, which ends its facts with those of the folder, and returns its path.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_page(&self, name: &str, mut whole: Page) -> Result<PathBuf> {
        let path = self.claim(&[name])?.remove(0);
        whole.facts.extend(self.facts());
        replace(&path, page(&whole).as_bytes())?;
        Ok(path)
    }

    /// Name and value of what its numbers rest on.
    pub fn facts(&self) -> Vec<(String, String)> {
        let (manifest, unknown) = (self.manifest(), || "unknown".to_owned());
        let p = &manifest.provenance;
        let facts = [
            ("version", p.build.version.clone()),
            ("revision", p.build.revision.clone().unwrap_or_else(unknown)),
            ("sources", p.build.sources.clone().unwrap_or_else(unknown)),
            ("backend", p.build.backend.clone()),
            ("builds that wrote rows", manifest.builds.len().to_string()),
            ("arguments", p.arguments.join(" ")),
            ("rows", format!("{} of {}", self.journal().len(), manifest.total)),
            ("started", manifest.started.clone()),
            ("threads", p.threads.to_string()),
            ("processor", manifest.machine.cpu.clone().unwrap_or_else(unknown)),
        ];
        let sums =
            p.data.iter().map(|(name, sum)| (name.clone(), format!("sha256 {}", &sum[..sum.len().min(16)])));
        let notes = manifest.notes.iter().map(|note| ("note".to_owned(), note.clone()));
        facts.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(sums).chain(notes).collect()
    }
}

/// A caption of numbers in normalised units.
pub fn caption(text: String, convention: NConvention) -> Caption {
    Caption { text, space: "normalised units".into(), n_convention: convention.meaning().into() }
}

/// Whether a state, by its name, is the explosion event.
pub fn exploded(state: &str) -> bool {
    [State::Nan, State::Exploded].iter().any(|event| event.name() == state)
}

/// These words in the colour of a state, by its name.
pub fn verdict(state: &str, words: &str) -> Verdict {
    let tone = match state {
        "balanced" => Tone::Good,
        "likelihood_dominated" => Tone::Strong,
        "prior_dominated" => Tone::Weak,
        _ if exploded(state) => Tone::Broken,
        _ => Tone::Poor,
    };
    Verdict { label: words.replace('_', " "), tone }
}

/// A definition of a page.
pub fn note(name: &str, text: impl Into<String>) -> (String, String) {
    (name.to_owned(), text.into())
}

/// The definition of the states.
pub fn states() -> (String, String) {
    let text = format!(
        "nan: a value that is not finite. exploded: max|x| > {} × max|truth|. balanced: RMSE ≤ {} × the floor of \
         samplers and χ in [{}, {}]. likelihood dominated: χ < {}, or range > {} × the truth's, or fluctuation \
         ratio > {}. prior dominated: χ > {} or fluctuation ratio < {}. inaccurate: the rest. The first that \
         holds.",
        metrics::EXPLOSION,
        metrics::BALANCED_RMSE,
        metrics::MISFIT_LOW,
        metrics::MISFIT_HIGH,
        metrics::MISFIT_LOW,
        metrics::RANGE_EXCESS,
        metrics::FLUCTUATION_HIGH,
        metrics::MISFIT_HIGH,
        metrics::FLUCTUATION_LOW,
    );
    note("States", text)
}

/// The values in groups of the same, each at the place of its first.
pub fn grouped<T>(values: impl IntoIterator<Item = T>, same: impl Fn(&T, &T) -> bool) -> Vec<Vec<T>> {
    values.into_iter().fold(Vec::new(), |mut groups: Vec<Vec<T>>, value| {
        match groups.iter_mut().find(|group| same(&group[0], &value)) {
            Some(group) => group.push(value),
            None => groups.push(vec![value]),
        }
        groups
    })
}

/// The values in order of first appearance.
pub fn distinct<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    values.into_iter().fold(Vec::new(), |mut seen, value| {
        if !seen.contains(&value) {
            seen.push(value);
        }
        seen
    })
}
