//! Single places with sensors, over all cases that have readings there.

use crate::exchange::{Choices, p_of};
use crate::judgement::PlaceRow;
use crate::statistic::{Case, Place};
use std::collections::BTreeMap;

/// The cases that have a place, and what they hold of it.
type Held<'a> = Vec<(usize, &'a Place)>;

fn by_place(cases: &[Case]) -> Vec<Held<'_>> {
    let mut all: BTreeMap<(u64, u64), Held<'_>> = BTreeMap::new();
    for (k, case) in cases.iter().enumerate() {
        for place in &case.places {
            all.entry((place.x.to_bits(), place.y.to_bits())).or_default().push((k, place));
        }
    }
    all.into_values().collect()
}

/// Σ over cases of one number of a place, over √cases.
fn sum(held: &Held<'_>, choice: &[u32], of: Number) -> f64 {
    let total: f64 = held.iter().map(|(k, place)| of(place)[choice[*k] as usize]).sum();
    total / (held.len() as f64).sqrt()
}

/// One number of a place, of the truth and of each member.
type Number = fn(&Place) -> &[f64];

const KINDS: [(&str, Number); 2] = [("sensor_bias", |place| &place.bias), ("sensor_chi", |place| &place.chi)];

/// For every choice the largest |sum| over places, in units of its standard deviation about its mean over choices;
/// nothing where there are fewer than two places.
pub(crate) fn largest(cases: &[Case], choices: &Choices) -> Vec<(&'static str, Vec<f64>)> {
    let places = by_place(cases);
    if places.len() < 2 {
        return Vec::new();
    }
    let of = |(name, of): (&'static str, Number)| {
        let most = choices.each(|choice| {
            places.iter().fold(0.0f64, |most, held| {
                let found = sum(held, choice, of);
                most.max(if name == "sensor_bias" { found.abs() } else { found })
            })
        });
        let n = most.len() as f64;
        let mean = most.iter().sum::<f64>() / n;
        let std = (most.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / n).sqrt();
        let standard = |m: f64| if std > 0.0 { ((m - mean) / std).max(0.0) } else { 0.0 };
        (name, most.into_iter().map(standard).collect())
    };
    KINDS.into_iter().map(of).collect()
}

/// Every place, the furthest out first.
pub(crate) fn rows(cases: &[Case], choices: &Choices) -> Vec<PlaceRow> {
    let places = by_place(cases);
    let most = |of: Number| -> Vec<f64> {
        let largest =
            |choice: &[u32]| places.iter().map(|held| sum(held, choice, of).abs()).fold(0.0, f64::max);
        choices.each(largest)
    };
    let [bias, chi] = KINDS.map(|(_, of)| most(of));
    let Some(truth) = choices.iter().next() else { return Vec::new() };
    let row = |held: &Held<'_>| {
        let (own, other) = (sum(held, truth, KINDS[0].1), sum(held, truth, KINDS[1].1));
        PlaceRow {
            x: held[0].1.x,
            y: held[0].1.y,
            cases: held.len(),
            readings: held.iter().map(|(_, place)| place.readings).sum(),
            bias: own,
            chi: other,
            p: (2.0 * p_of(own.abs(), &bias).min(p_of(other.abs(), &chi))).min(1.0),
        }
    };
    let mut rows: Vec<PlaceRow> = places.iter().map(row).collect();
    let out = |row: &PlaceRow| row.bias.abs().max(row.chi.abs());
    rows.sort_by(|a, b| a.p.total_cmp(&b.p).then(out(b).total_cmp(&out(a))));
    rows
}
