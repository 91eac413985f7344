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

/// All places, and for every choice the largest of their numbers.
pub(crate) struct Places<'a> {
    held: Vec<Held<'a>>,
    /// Of |bias|, of chi, and of |chi|.
    most: [Vec<f64>; 3],
}

impl<'a> Places<'a> {
    pub(crate) fn new(cases: &'a [Case], choices: &Choices) -> Self {
        let held = by_place(cases);
        let of = |choice: &[u32]| {
            let mut most = [0.0f64; 3];
            for held in &held {
                let [bias, chi] = KINDS.map(|(_, of)| sum(held, choice, of));
                most = [most[0].max(bias.abs()), most[1].max(chi), most[2].max(chi.abs())];
            }
            most
        };
        let most = if held.is_empty() { Vec::new() } else { choices.each(of) };
        let most = [0, 1, 2].map(|k| most.iter().map(|most| most[k]).collect());
        Self { held, most }
    }

    /// For every choice the largest sum over places, of bias by its size, in units of its standard deviation about its mean
    /// over choices; nothing where there are fewer than two places.
    pub(crate) fn largest(&self) -> Vec<(&'static str, Vec<f64>)> {
        if self.held.len() < 2 {
            return Vec::new();
        }
        let of = |((name, _), most): ((&'static str, Number), &Vec<f64>)| {
            let n = most.len() as f64;
            let mean = most.iter().sum::<f64>() / n;
            let std = (most.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / n).sqrt();
            let standard = |m: &f64| if std > 0.0 { ((m - mean) / std).max(0.0) } else { 0.0 };
            (name, most.iter().map(standard).collect())
        };
        KINDS.into_iter().zip(&self.most).map(of).collect()
    }

    /// Every place, the furthest out first.
    pub(crate) fn rows(&self, choices: &Choices) -> Vec<PlaceRow> {
        let Some(truth) = choices.iter().next() else { return Vec::new() };
        let [bias, _, chi] = &self.most;
        let row = |held: &Held<'_>| {
            let (own, other) = (sum(held, truth, KINDS[0].1), sum(held, truth, KINDS[1].1));
            PlaceRow {
                x: held[0].1.x,
                y: held[0].1.y,
                cases: held.len(),
                readings: held.iter().map(|(_, place)| place.readings).sum(),
                bias: own,
                chi: other,
                p: (2.0 * p_of(own.abs(), bias).min(p_of(other.abs(), chi))).min(1.0),
            }
        };
        let mut rows: Vec<PlaceRow> = self.held.iter().map(row).collect();
        let out = |row: &PlaceRow| row.bias.abs().max(row.chi.abs());
        rows.sort_by(|a, b| a.p.total_cmp(&b.p).then(out(b).total_cmp(&out(a))));
        rows
    }
}
