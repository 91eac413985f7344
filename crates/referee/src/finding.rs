//! What is said at the end: the verdict in sentences, and what it rests on.

use crate::hearing::Heard;
use crate::judgement::{Judgement, Row, Verdict};
use crate::{RefereeError, Result};
use equipoise_report::significant;
use serde::Serialize;

/// Groups, members or places that are named one by one.
const NAMED: usize = 5;

/// A fact that no chance explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// `copies` or `copy_of_truth`.
    pub name: &'static str,
    /// In a sentence.
    pub text: String,
}

/// One case in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hearing {
    /// The file of members.
    pub file: String,
    /// Members that took the truth's place.
    pub members: usize,
    /// Members in the file.
    pub in_file: usize,
    /// Frames.
    pub frames: usize,
    /// 1/Σ w², where they are weighted.
    pub effective_size: Option<f64>,
    /// Withheld numbers.
    pub withheld: usize,
    /// Whether a truth was given.
    pub truth: bool,
    /// Root mean square over members of χ of the used readings. It has a band under a prior only.
    pub used_chi: Option<f64>,
    /// That band, 99 %: of exact members under the prior that was given.
    pub used_band: Option<[f64; 2]>,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The verdict over all cases.
    #[serde(flatten)]
    pub judgement: Judgement,
    /// What no chance explains; with one the verdict is `fails`.
    pub facts: Vec<Fact>,
    /// The cases.
    pub hearings: Vec<Hearing>,
    /// What would decide it, where it is undecided.
    pub wanted: Option<String>,
    /// Defaults and conversions.
    pub notes: Vec<String>,
    /// What looks odd.
    pub warnings: Vec<String>,
}

impl Finding {
    /// Of a judgement and the cases that it is of, each with the name of its file.
    pub fn new(mut judgement: Judgement, heard: &[(String, Heard)]) -> Self {
        let facts: Vec<Fact> = heard.iter().flat_map(|(file, one)| facts(file, one)).collect();
        if !facts.is_empty() {
            judgement.verdict = Verdict::Fails;
        }
        let hearing = |(file, one): &(String, Heard)| {
            let [members, frames, in_file] = one.members;
            let used = one.used.iter().map(|chi| chi * chi).sum::<f64>() / one.used.len().max(1) as f64;
            Hearing {
                file: file.clone(),
                members,
                in_file,
                frames,
                effective_size: one.effective,
                withheld: one.residuals.len(),
                truth: one.case.statistics.iter().any(|s| s.scope == crate::Scope::Field),
                used_chi: (!one.used.is_empty()).then(|| used.sqrt()),
                used_band: one.used_band,
            }
        };
        let hearings: Vec<Hearing> = heard.iter().map(hearing).collect();
        let each = |of: fn(&Heard) -> &Vec<String>| {
            let mut all: Vec<String> = Vec::new();
            for text in heard.iter().flat_map(|(_, one)| of(one)) {
                if !all.contains(text) {
                    all.push(text.clone());
                }
            }
            all
        };
        let mut warnings = each(|h| &h.warnings);
        warnings.extend(hearings.iter().enumerate().filter_map(|(k, hearing)| unlike(k, hearing)));
        let wanted = judgement.wanted().filter(|_| judgement.verdict == Verdict::Undecided);
        Self { judgement, facts, hearings, wanted, notes: each(|h| &h.notes), warnings }
    }

    /// The verdict in a sentence.
    pub fn headline(&self) -> String {
        let Judgement { verdict, level, p, members, .. } = &self.judgement;
        let (cases, percent) = (members.len(), format!("{} %", significant(100.0 * level, 2)));
        let of = if cases == 1 { "one case".to_owned() } else { format!("{cases} cases") };
        let p = significant(*p, 2);
        match verdict {
            Verdict::Consistent => format!(
                "CONSISTENT: nothing tells the truth from a member at the level of {percent} (p = {p}, {of})"
            ),
            Verdict::Fails if self.judgement.p > *level => {
                "FAILS: by a fact that no chance explains".to_owned()
            }
            Verdict::Fails => {
                format!("FAILS: the truth is no draw of the members' law (p = {p}, {of}, level {percent})")
            }
            Verdict::Undecided => format!(
                "UNDECIDED: {of} of {} members cannot reach the level of {percent}; the smallest p-value is {}, found {p}",
                members.iter().min().unwrap_or(&0),
                significant(self.judgement.least_p, 2)
            ),
        }
    }

    /// What follows, one sentence each: what failed and where to look, else what would be needed, and how much it says.
    pub fn sentences(&self) -> Vec<String> {
        let mut said: Vec<String> =
            self.facts.iter().map(|fact| format!("{}: {}", fact.name, fact.text)).collect();
        said.extend(self.judgement.failed().take(NAMED).map(sentence));
        let others: Vec<&str> = self.judgement.failed().skip(NAMED).map(|row| row.name.as_str()).collect();
        if !others.is_empty() {
            said.push(format!("{} others fail: {}", others.len(), others.join(", ")));
        }
        let sensor = |name: &str| self.judgement.failed().any(|row| row.name.contains(name));
        if sensor("sensor_bias") || sensor("sensor_chi") {
            for place in self.judgement.places.iter().filter(|p| p.p <= self.judgement.level).take(NAMED) {
                said.push(format!(
                    "sensor at ({}, {}): bias {} and spread {} standard deviations from what members read there",
                    place.x,
                    place.y,
                    significant(place.bias, 3),
                    significant(place.chi, 3)
                ));
            }
        }
        if let (Verdict::Undecided, Some(wanted)) = (self.judgement.verdict, &self.wanted) {
            said.push(format!("what would decide it: {wanted}"));
            let out = self.judgement.rows.first().filter(|row| row.p_adjusted <= self.judgement.least_p);
            said.extend(out.map(|row| format!("as far out as these can show: {}", sentence(row))));
        }
        if self.judgement.members.len() == 1 {
            said.push("one case: no interval over cases, and another truth may fare otherwise".into());
        }
        said
    }

    /// Whether `name` is one of a statistic or a fact: in full, or its kind (`crps` for `withheld.crps` and `field.crps`).
    ///
    /// # Errors
    /// [`RefereeError::Name`].
    pub fn fails_on(&self, name: &str) -> Result<bool> {
        let is = |full: &str| {
            let bare = full.split(" (").next().unwrap_or(full);
            bare == name
                || bare.split('.').nth(1) == Some(name)
                || bare.split_once('.').is_some_and(|(_, b)| b == name)
        };
        let mut rows = self.judgement.rows.iter().filter(|row| is(&row.name)).peekable();
        if ["copies", "copy_of_truth"].contains(&name) {
            return Ok(self.facts.iter().any(|fact| fact.name == name));
        }
        if rows.peek().is_none() {
            let known = self.judgement.rows.iter().map(|row| row.name.clone());
            let known = known.chain(["copies", "copy_of_truth"].map(String::from)).collect();
            return Err(RefereeError::Name { found: name.into(), known });
        }
        Ok(rows.any(|row| row.p_adjusted <= self.judgement.level))
    }
}

/// What failed, by how much, and where to look.
fn sentence(row: &Row) -> String {
    let band = row.band.map_or_else(String::new, |[low, high]| {
        format!(", members in its place {} to {}", significant(low, 3), significant(high, 3))
    });
    let found = match row.found {
        Some(found) => format!("{}{band}", significant(found, 3)),
        None => format!("score {}", significant(row.score, 3)),
    };
    let hint = row.hint.map_or_else(String::new, |hint| format!("; {hint}"));
    format!("{}: {found} (p = {}){hint}", row.name, significant(row.p_adjusted, 2))
}

/// χ of used readings outside the band of a prior.
fn unlike(case: usize, hearing: &Hearing) -> Option<String> {
    let (chi, [low, high]) = hearing.used_chi.zip(hearing.used_band)?;
    (!(low..=high).contains(&chi)).then(|| {
        format!(
            "case {}: χ of used readings is {}, exact members under the prior {} to {} (99 %): the method has not sampled \
             this posterior, or it had another prior",
            case + 1,
            significant(chi, 3),
            significant(low, 3),
            significant(high, 3)
        )
    })
}

fn facts(file: &str, heard: &Heard) -> Vec<Fact> {
    let mut facts = Vec::new();
    if !heard.copies.is_empty() {
        let copied: usize = heard.copies.iter().map(|group| group.len() - 1).sum();
        let named: Vec<String> = heard.copies.iter().take(NAMED).map(|group| format!("{group:?}")).collect();
        let more = if heard.copies.len() > NAMED { ", …" } else { "" };
        let [members, ..] = heard.members;
        facts.push(Fact {
            name: "copies",
            text: format!(
                "{file}: {} of {members} members are distinct; the same to the bit: {}{more}. Draws of a continuous law \
                 never repeat: resampled particles count once, or one seed drew twice",
                members - copied,
                named.join(", ")
            ),
        });
    }
    if !heard.copied.is_empty() {
        let text = format!("{file}: the truth stands among the members, {:?}", heard.copied);
        facts.push(Fact { name: "copy_of_truth", text });
    }
    facts
}
