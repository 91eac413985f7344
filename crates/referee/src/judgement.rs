//! All cases together: which statistics of the truth are not those of a member, and the verdict.

use crate::exchange::{Choices, DRAWN, least, p_of, p_value};
use crate::places::Places;
use crate::pooled::{Pooled, pooled};
use crate::statistic::{Case, Scope};
use crate::{RefereeError, Result};
use equipoise_metrics::student_deviate;
use equipoise_stream::Stream;
use serde::Serialize;

/// The probability of an interval over cases.
pub const INTERVAL: f64 = 0.95;

/// Independent cases that are looked at when it is asked how many would do.
const MOST_CASES: i32 = 64;

/// How cases stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cases {
    /// Independent truths.
    Independent,
    /// One truth, other sensors withheld: folds.
    SameTruth,
}

/// What is to be said of the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing speaks against them at the level.
    Consistent,
    /// Something does.
    Fails,
    /// Nothing can, with so few members and cases.
    Undecided,
}

/// One statistic over all cases that have it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// `withheld.chi` and the like.
    pub name: String,
    /// `withheld` or `field`.
    pub scope: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// In how many cases it is defined.
    pub cases: usize,
    /// The truth's, mean over cases; none for the largest over places.
    pub found: Option<f64>,
    /// Half the 95 % interval of that mean over independent cases; none for one case.
    pub half_interval: Option<f64>,
    /// What members in the truth's place give: the central band of 1 − level of the mean over cases.
    pub band: Option<[f64; 2]>,
    /// How far out the truth is, about standard normal.
    pub score: f64,
    /// Of this statistic alone.
    pub p: f64,
    /// Of the largest of all statistics.
    pub p_adjusted: f64,
    /// Where to look, where it fails, or stands as far out as so few members and cases can show.
    pub hint: Option<&'static str>,
}

/// One place over all cases that have it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlaceRow {
    /// Along x.
    pub x: f64,
    /// Along y.
    pub y: f64,
    /// In how many cases.
    pub cases: usize,
    /// In all of them.
    pub readings: usize,
    /// Standardised mean residual, about standard normal; above 0 the readings are above the members' mean.
    pub bias: f64,
    /// Standardised mean square residual.
    pub chi: f64,
    /// Of the larger of both among all places, and nothing else.
    pub p: f64,
}

/// The verdict and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// In a word.
    pub verdict: Verdict,
    /// The probability of a verdict against exact members.
    pub level: f64,
    /// Of the largest score of all statistics, and all cases.
    pub p: f64,
    /// The smallest p-value that these cases and members can have.
    pub least_p: f64,
    /// Members of every case that took the truth's place.
    pub members: Vec<usize>,
    /// How cases stand to each other.
    pub cases: Cases,
    /// The furthest out first.
    pub rows: Vec<Row>,
    /// The furthest out first.
    pub places: Vec<PlaceRow>,
}

impl Judgement {
    /// Of cases, at a level; `draws` names the choices where not all are looked at.
    ///
    /// # Errors
    /// [`RefereeError::NothingToJudgeBy`] without a statistic in every case.
    pub fn of(cases: &[Case], standing: Cases, level: f64, draws: Stream) -> Result<Self> {
        if cases.is_empty() || cases.iter().any(|case| case.statistics.is_empty()) {
            return Err(RefereeError::NothingToJudgeBy);
        }
        match standing {
            Cases::Independent => Self::together(cases, level, draws),
            Cases::SameTruth => Self::apart(cases, level, draws),
        }
    }

    /// Independent cases: one choice of all of them together.
    fn together(cases: &[Case], level: f64, draws: Stream) -> Result<Self> {
        let counts: Vec<usize> = cases.iter().map(Case::count).collect();
        let choices = Choices::new(&counts, draws.text("choices"));
        let places = Places::new(cases, &choices);
        let all = pooled(cases, &places, &choices);
        let mut most = vec![f64::NEG_INFINITY; choices.len()];
        for one in &all {
            most.iter_mut().zip(&one.scores).for_each(|(most, s)| *most = most.max(*s));
        }
        let hinted = level.max(choices.least());
        let mut rows =
            all.iter().map(|one| row(one, [level, hinted], &most)).collect::<Result<Vec<Row>>>()?;
        rows.sort_by(|a, b| {
            (a.p_adjusted, -a.score.abs())
                .partial_cmp(&(b.p_adjusted, -b.score.abs()))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let (p, least_p) = (p_value(&most), choices.least());
        let members = counts.iter().map(|n| n - 1).collect();
        let places = places.rows(&choices);
        let verdict = verdict(p, least_p, level);
        Ok(Self { verdict, level, p, least_p, members, cases: Cases::Independent, rows, places })
    }

    /// Cases that are not independent: each alone, the smallest p-value times their number (Bonferroni).
    fn apart(cases: &[Case], level: f64, draws: Stream) -> Result<Self> {
        let folds = cases.len() as f64;
        let mut all = Vec::new();
        for (k, case) in cases.iter().enumerate() {
            let one = std::slice::from_ref(case);
            all.push(Self::together(one, level / folds, draws.number(k as u64))?);
        }
        let p = all.iter().fold(1.0f64, |p, one| p.min(one.p * folds));
        let least_p = all.iter().fold(1.0f64, |p, one| p.min(one.least_p * folds));
        let members = all.iter().flat_map(|one| one.members.clone()).collect();
        let (mut rows, mut places) = (Vec::new(), Vec::new());
        for (k, one) in all.into_iter().enumerate() {
            let named = |row: Row| Row {
                name: format!("{} (fold {})", row.name, k + 1),
                p_adjusted: (row.p_adjusted * folds).min(1.0),
                ..row
            };
            rows.extend(one.rows.into_iter().map(named));
            places.extend(one.places);
        }
        rows.sort_by(|a, b| {
            a.p_adjusted.total_cmp(&b.p_adjusted).then(b.score.abs().total_cmp(&a.score.abs()))
        });
        places.sort_by(|a: &PlaceRow, b| a.p.total_cmp(&b.p));
        let verdict = verdict(p, least_p, level);
        Ok(Self { verdict, level, p, least_p, members, cases: Cases::SameTruth, rows, places })
    }

    /// The statistics that fail, the furthest out first.
    pub fn failed(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.p_adjusted <= self.level)
    }

    /// What would decide it where these members and cases cannot reach the level: members of one case, or as many
    /// independent cases.
    pub fn wanted(&self) -> Option<String> {
        if self.least_p <= self.level {
            return None;
        }
        let folds = if self.cases == Cases::SameTruth { self.members.len() as f64 } else { 1.0 };
        let reaches = |choices: f64| folds * least(choices) <= self.level * (1.0 + 1e-9);
        let fields = (folds / self.level - 1e-9).ceil();
        let one = reaches(fields).then_some(fields - 1.0);
        if self.cases == Cases::SameTruth {
            return Some(one.map_or_else(never, |members| format!("{members} members in one fold at least")));
        }
        let each = self.members.iter().copied().min().unwrap_or(1) as f64 + 1.0;
        let cases = (2..=MOST_CASES).find(|cases| reaches(each.powi(*cases)));
        let one = one.map(|members| format!("one case of {members} members"));
        let several = cases.map(|cases| format!("{cases} independent cases of {} members", each - 1.0));
        let ways: Vec<String> = one.into_iter().chain(several).collect();
        Some(if ways.is_empty() { never() } else { ways.join(", or ") })
    }
}

/// Of a level that no members reach.
fn never() -> String {
    format!("nothing: p-values are shares of {DRAWN} choices, a level below 1/{DRAWN} is not looked for")
}

fn verdict(p: f64, least_p: f64, level: f64) -> Verdict {
    if p <= level {
        Verdict::Fails
    } else if least_p > level {
        Verdict::Undecided
    } else {
        Verdict::Consistent
    }
}

fn row(one: &Pooled, [level, hinted]: [f64; 2], most: &[f64]) -> Result<Row> {
    let count = one.truths.len();
    let mean = one.truths.iter().sum::<f64>() / count.max(1) as f64;
    let half_interval = if count > 1 {
        let variance = one.truths.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count as f64 - 1.0);
        Some(student_deviate(INTERVAL, count - 1)? * (variance / count as f64).sqrt())
    } else {
        None
    };
    let (p, p_adjusted) = (p_value(&one.scores), p_of(one.scores[0], most));
    let hint = if one.direction >= 0.0 { one.kind.high } else { one.kind.low };
    Ok(Row {
        name: one.name.clone(),
        scope: one.scope.name(),
        meaning: one.kind.meaning,
        cases: one.cases,
        found: (count > 0).then_some(mean),
        half_interval,
        band: one.means.as_ref().map(|means| band(means, level)),
        score: one.scores[0].copysign(one.direction),
        p,
        p_adjusted,
        hint: (p_adjusted <= hinted && !hint.is_empty()).then_some(hint),
    })
}

/// The central band of 1 − level between choices but the truth's own.
fn band(means: &[f64], level: f64) -> [f64; 2] {
    let mut others = means[1..].to_vec();
    let cut = (level / 2.0 * others.len() as f64).floor() as usize;
    let cut = cut.min((others.len() - 1) / 2);
    let last = others.len() - 1 - cut;
    let (_, low, above) = others.select_nth_unstable_by(cut, f64::total_cmp);
    let low = *low;
    let high = if last > cut { *above.select_nth_unstable_by(last - cut - 1, f64::total_cmp).1 } else { low };
    [low, high]
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
