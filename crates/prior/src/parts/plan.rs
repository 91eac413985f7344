//! What a shared fit is of, and how it is divided: into the same parts whoever makes them.

use super::part;
use crate::{Model, PriorError, Result, Settings};
use equipoise_data::{LoadOptions, Location, Recording, sampled};
use equipoise_field::Shape;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The file that says what the parts of a folder are of.
const PLAN: &str = "fit.json";
/// Parts of a round, at most: also how many processes share a fit.
pub(super) const MOST: usize = 16;
/// The part that holds the checksum of the training file.
pub(super) const CHECKSUM: &str = "checksum";

/// What is fitted, and how it is divided.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SharedPlan {
    /// The program that made it: another one may add in another order.
    version: String,
    /// Name of the training file, without its folder.
    pub(super) train: String,
    /// [`sampled`] digest of the training file.
    sampled: String,
    /// Lengths of both leading axes, C, H, W.
    shape: [usize; 5],
    kind: String,
    /// The axis order that was asked for.
    axes: Option<String>,
    pub(super) settings: Settings,
    /// Parts of either round.
    pub(super) parts: [usize; 2],
}

/// A round of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    /// Every number looked at, and products of frames.
    Look,
    /// Modes in some lines, or products of the spectra of some frames.
    Make,
}

impl SharedPlan {
    pub(super) fn of(train: &Recording, settings: &Settings) -> Result<Self> {
        let Shape { channels, height, width, .. } = train.frame();
        let [a, b] = train.leading();
        let looks = height.div_ceil(train.block_lines()).min(MOST);
        let makes = if settings.model == Model::Stationary { train.frames().min(MOST) } else { looks };
        let LoadOptions { axes, .. } = train.options();
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").into(),
            train: Location::of(train.path()).name(),
            sampled: sampled(train.path())?,
            shape: [a, b, channels, height, width],
            kind: train.kind().to_string(),
            axes: axes.map(|axes| axes.to_string()),
            settings: *settings,
            parts: [looks, makes],
        })
    }

    fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers are JSON") + "\n"
    }

    /// A digest of all of it, which every part bears.
    pub(super) fn digest(&self) -> String {
        Sha256::digest(self.text()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Says in a folder what its parts are of, or finds it said.
    ///
    /// # Errors
    /// [`PriorError::Refused`] for a folder of another fit, or of something else.
    pub(super) fn settle(&self, folder: &Path, by: &str) -> Result<()> {
        let path = folder.join(PLAN);
        fs::create_dir_all(folder).map_err(|source| unreadable(folder, source))?;
        if !path.exists() {
            let mut others = fs::read_dir(folder).map_err(|source| unreadable(folder, source))?;
            let foreign = others.find_map(|entry| {
                let name = entry.ok()?.file_name().to_string_lossy().into_owned();
                // Who works there is said in files of others' (`experiment::Lease`).
                (!name.starts_with('.') && !name.starts_with("lease.")).then_some(name)
            });
            if let Some(name) = foreign.filter(|_| !path.exists()) {
                let found = format!("`{name}` and no `{PLAN}`");
                return Err(PriorError::refused(
                    folder.display(),
                    "parts",
                    found,
                    "an empty folder or a new one",
                ));
            }
            part::replace(&path, by, |to| to.write_all(self.text().as_bytes()))?;
        }
        let text = fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
        if text == self.text() {
            return Ok(());
        }
        let expected = serde_json::to_value(self).expect("texts and numbers are JSON");
        let found = serde_json::from_str::<Value>(&text).unwrap_or_default();
        let differs = |key: &&String| found.get(key.as_str()) != expected.get(key.as_str());
        let mut keys = expected.as_object().into_iter().flatten().map(|(key, _)| key);
        let key = keys.find(differs).map_or("text", String::as_str);
        let [found, expected] =
            [&found, &expected].map(|of| of.get(key).map_or("nothing".into(), Value::to_string));
        let expected = format!("{expected}: the parts are of another fit; give this one a folder of its own");
        let field = "what is fitted";
        Err(PriorError::refused(path.display(), field, format!("`{key}` {found}"), expected))
    }

    /// What a folder of parts is of.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(PLAN);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
        let read = serde_json::from_str(&text);
        read.map(Some).map_err(|error| {
            PriorError::refused(path.display(), "what is fitted", error, "what `fit --parts` wrote")
        })
    }

    /// How many parts a round has, beside the checksum.
    pub(super) fn count(&self, round: Round) -> usize {
        self.parts[usize::from(round == Round::Make)]
    }

    /// The name of part i of a round; one more than there are parts is the checksum of the first round.
    pub(super) fn name(&self, round: Round, i: usize) -> String {
        let count = self.count(round);
        let word = match (round, self.settings.model) {
            (Round::Look, _) if i == count => return CHECKSUM.into(),
            (Round::Look, _) => "look",
            (Round::Make, Model::Stationary) => "sums",
            (Round::Make, _) => "modes",
        };
        format!("{word}-{:02}-of-{count:02}", i + 1)
    }

    /// The names of a round.
    pub(super) fn names(&self, round: Round) -> Vec<String> {
        (0..self.count(round) + usize::from(round == Round::Look)).map(|i| self.name(round, i)).collect()
    }

    /// The lines of part i: whole blocks.
    pub(super) fn lines(&self, i: usize, block: usize) -> Range<usize> {
        let (height, parts) = (self.shape[3], self.parts[0]);
        let blocks = height.div_ceil(block);
        let line = |i: usize| (i * blocks / parts * block).min(height);
        line(i)..line(i + 1)
    }

    /// The frames of part i, counted over all series.
    pub(super) fn frames(&self, i: usize) -> Range<usize> {
        let (frames, parts) = (self.shape[0] * self.shape[1], self.parts[1]);
        i * frames / parts..(i + 1) * frames / parts
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> PriorError {
    equipoise_data::DataError::Unreadable { path: PathBuf::from(path), source }.into()
}
