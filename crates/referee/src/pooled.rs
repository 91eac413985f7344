//! The scores of one statistic over all cases, for every choice of who stands in the truth's place.

use crate::exchange::Choices;
use crate::places::Places;
use crate::statistic::{Case, Kind, Scope, Statistic, kind};
use std::f64::consts::LN_2;

/// One statistic over the cases that have it.
pub(crate) struct Pooled {
    pub(crate) name: String,
    pub(crate) scope: Scope,
    pub(crate) kind: &'static Kind,
    pub(crate) cases: usize,
    /// Of the truth in each of them; none for the largest over places.
    pub(crate) truths: Vec<f64>,
    /// The mean over cases for every choice.
    pub(crate) means: Option<Vec<f64>>,
    /// For every choice, the truth's first: how far out, never below 0.
    pub(crate) scores: Vec<f64>,
    /// Which way the truth is out.
    pub(crate) direction: f64,
}

/// All statistics that are defined in some case, and both of places.
pub(crate) fn pooled(cases: &[Case], places: &Places<'_>, choices: &Choices) -> Vec<Pooled> {
    let mut names: Vec<(String, &Statistic)> = Vec::new();
    for statistic in cases.iter().flat_map(|case| &case.statistics).filter(|s| s.is_defined()) {
        let name = statistic.name();
        if names.iter().all(|(known, _)| *known != name) {
            names.push((name, statistic));
        }
    }
    let mut all: Vec<Pooled> =
        names.into_iter().map(|(name, first)| of_name(name, first, cases, choices)).collect();
    for (name, scores) in places.largest() {
        let (kind, held) = (kind(name), cases.iter().filter(|case| !case.places.is_empty()).count());
        all.push(Pooled {
            name: format!("withheld.{name}"),
            scope: Scope::Withheld,
            kind,
            cases: held,
            truths: Vec::new(),
            means: None,
            scores,
            direction: 1.0,
        });
    }
    all
}

/// Values and scores of one case, of the truth and of each member.
type Own<'a> = (&'a [f64], Vec<f64>);

fn of_name(name: String, first: &Statistic, cases: &[Case], choices: &Choices) -> Pooled {
    let own: Vec<Option<Own<'_>>> = cases
        .iter()
        .map(|case| {
            let found = case.statistics.iter().find(|s| s.is_defined() && s.name() == name)?;
            Some((&found.values[..], found.scores()))
        })
        .collect();
    let held: Vec<(usize, &Own<'_>)> =
        own.iter().enumerate().filter_map(|(k, one)| Some((k, one.as_ref()?))).collect();
    let count = held.len() as f64;
    let (mut means, mut scores) = (Vec::new(), Vec::new());
    let mut direction = 0.0;
    for (place, choice) in choices.iter().enumerate() {
        let (mut mean, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (k, (values, own)) in &held {
            let who = choice[*k] as usize;
            let a = own[who];
            (mean, sum, squares) = (mean + values[who], sum + a, squares + a * a);
        }
        means.push(mean / count);
        scores.push(combined(sum, squares, count));
        if place == 0 {
            direction = sum;
        }
    }
    Pooled {
        name,
        scope: first.scope,
        kind: first.kind,
        cases: held.len(),
        truths: held.iter().map(|(_, (values, _))| values[0]).collect(),
        means: Some(means),
        scores,
        direction,
    }
}

/// The larger of |Σ a|/√K, which sees what goes one way in all cases, and of the deviate of Σ a², which sees what goes
/// both ways (Wilson & Hilferty 1931, and d² + 2 ln 2 for its tail is one-sided). For one case |a|.
fn combined(sum: f64, squares: f64, cases: f64) -> f64 {
    let one_way = (sum * sum / cases).sqrt();
    if cases < 2.0 {
        return one_way;
    }
    let spread = 2.0 / (9.0 * cases);
    let deviate = ((squares / cases).cbrt() - (1.0 - spread)) / spread.sqrt();
    if deviate > 0.0 { one_way.max((deviate * deviate + 2.0 * LN_2).sqrt()) } else { one_way }
}
