//! Shards: which trials of a plan one of several processes carries out, each with a folder and a journal of its own.

use crate::{Error, Work};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Stretches that a scene is dealt in, for each shard: with one a cost that rises along the plan shows in the shards,
/// with more than two they make again what trials share (of the standard plan's four subs two shards take two each).
const STRETCHES: usize = 2;

/// Loads that differ by less, relatively, are the same: sums in another order.
const TIE: f64 = 1e-9;

/// Weight and place of adjacent trials that are dealt together.
type Stretch = (f64, Range<usize>);

/// Shard k of n, in words `k/n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Shard {
    /// n.
    of: usize,
    /// k, from 1 to n.
    index: usize,
}

impl Shard {
    /// Shard `index` of `of`; `None` unless 1 ≤ `index` ≤ `of`.
    pub fn new(index: usize, of: usize) -> Option<Self> {
        (1..=of).contains(&index).then_some(Self { of, index })
    }

    /// k, from 1.
    pub fn index(self) -> usize {
        self.index
    }

    /// n.
    pub fn of(self) -> usize {
        self.of
    }

    /// Its folder below that of the results.
    pub fn folder(self, out: &Path) -> PathBuf {
        out.join(format!("shard-{}-of-{}", self.index, self.of))
    }

    /// The shard that a folder of this name is of.
    pub fn of_folder(name: &str) -> Option<Self> {
        let (index, of) = name.strip_prefix("shard-")?.split_once("-of-")?;
        Self::new(index.parse().ok()?, of.parse().ok()?)
    }

    /// The trials of a plan that are this shard's, in their order.
    ///
    /// Every shard of a plan must come to the same deal on whatever machine it runs: `weight` may depend on the trial
    /// and its data alone, on nothing that was timed. Trials of one scene are dealt in stretches of the plan, as
    /// neighbours share what is made once, and [inseparable](Work::inseparable) ones together; the heaviest scene first,
    /// each stretch to the shard that has the least, there and back among those that have the same. A plan of fewer
    /// stretches than shards leaves shards without trials.
    pub fn take<W: Work>(self, trials: Vec<W>, weight: impl Fn(&W) -> f64) -> Vec<W> {
        let owners = owners(&trials, weight, self.of);
        let mine = trials.into_iter().zip(owners).filter(|(_, owner)| *owner == self.index);
        mine.map(|(trial, _)| trial).collect()
    }
}

/// The shard of every trial, from 1.
fn owners<W: Work>(trials: &[W], weight: impl Fn(&W) -> f64, of: usize) -> Vec<usize> {
    let mut scenes: Vec<Vec<Stretch>> = Vec::new();
    let mut begin = 0;
    for scene in trials.chunk_by(Work::same_scene) {
        scenes.push(stretches(scene, &weight, STRETCHES * of, begin));
        begin += scene.len();
    }
    let heavy = |scene: &[Stretch]| scene.iter().map(|stretch| stretch.0).sum::<f64>();
    // Stable: scenes of the same weight stay in the order of the plan.
    scenes.sort_by(|a, b| heavy(b).total_cmp(&heavy(a)));
    let (mut loads, mut owners) = (vec![0.0; of], vec![0; trials.len()]);
    for scene in scenes {
        for (place, (weight, range)) in scene.into_iter().enumerate() {
            let shard = lightest(&loads, (place / of) % 2 == 1);
            loads[shard] += weight;
            owners[range].fill(shard + 1);
        }
    }
    owners
}

/// Cuts a scene whose first trial is the plan's `begin`-th into at most `count` stretches of like weights.
fn stretches<W: Work>(
    scene: &[W],
    weight: impl Fn(&W) -> f64,
    count: usize,
    mut begin: usize,
) -> Vec<Stretch> {
    let each = scene.iter().map(&weight).sum::<f64>() / count as f64;
    let (mut found, mut before, mut last): (Vec<Stretch>, f64, _) = (Vec::new(), 0.0, None);
    for unit in scene.chunk_by(Work::inseparable) {
        let own: f64 = unit.iter().map(&weight).sum();
        // The stretch that the middle of the unit lies in.
        let place = ((before + 0.5 * own) / each) as usize;
        let range = begin..begin + unit.len();
        match found.last_mut().filter(|_| last == Some(place)) {
            Some((weight, all)) => (*weight, all.end) = (*weight + own, range.end),
            None => found.push((own, range.clone())),
        }
        (before, last, begin) = (before + own, Some(place), range.end);
    }
    found
}

/// The shard that has the least so far, from 0; of several the first or the last.
fn lightest(loads: &[f64], last: bool) -> usize {
    let least = loads.iter().copied().fold(f64::INFINITY, f64::min);
    let tied = |load: &f64| *load <= least * (1.0 + TIE);
    let found = if last { loads.iter().rposition(tied) } else { loads.iter().position(tied) };
    found.unwrap_or(0)
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.split_once('/').and_then(|(k, n)| Self::new(k.parse().ok()?, n.parse().ok()?));
        parts.ok_or_else(|| Error::Shard { found: text.to_owned() })
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl TryFrom<String> for Shard {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Row;
    use proptest::prelude::*;

    /// Scene, unit, weight.
    #[derive(Clone, Debug, PartialEq)]
    struct Piece(u8, u8, u32);

    impl fmt::Display for Piece {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{self:?}")
        }
    }

    impl Work for Piece {
        type Plan = ();
        type Record = Row;
        const TABLES: &'static [&'static str] = &[];

        fn identity(&self) -> crate::Result<String> {
            Ok(self.to_string())
        }

        fn same_scene(&self, other: &Self) -> bool {
            self.0 == other.0
        }

        fn inseparable(&self, other: &Self) -> bool {
            (self.0, self.1) == (other.0, other.1)
        }

        fn write(_: &Path, _: &[Row]) -> crate::Result<()> {
            Ok(())
        }
    }

    fn weight(piece: &Piece) -> f64 {
        f64::from(piece.2)
    }

    proptest! {
        /// Every trial is dealt once, in the order of the plan, and inseparable ones together.
        #[test]
        fn a_plan_is_dealt_whole(
            mut plan in prop::collection::vec((0u8..4, 0u8..6, 0u32..9).prop_map(|(a, b, c)| Piece(a, b, c)), 0..60),
            of in 1usize..9,
        ) {
            plan.sort_by_key(|piece| (piece.0, piece.1));
            let owners = owners(&plan, weight, of);
            prop_assert!(owners.iter().all(|owner| (1..=of).contains(owner)));
            for pair in plan.iter().zip(&owners).collect::<Vec<_>>().windows(2) {
                prop_assert!(!pair[0].0.inseparable(pair[1].0) || pair[0].1 == pair[1].1);
            }
            for (k, piece) in plan.iter().enumerate() {
                let mine = Shard::new(owners[k], of).unwrap().take(plan.clone(), weight);
                prop_assert!(mine.contains(piece));
            }
            let dealt: usize = (1..=of).map(|k| Shard::new(k, of).unwrap().take(plan.clone(), weight).len()).sum();
            prop_assert_eq!(dealt, plan.len());
        }
    }

    /// Scenes that cost alike are shared out evenly in each, whatever a scene costs beside another: weights are guesses.
    #[test]
    fn every_scene_is_shared_out() {
        let plan: Vec<Piece> =
            (0..160u8).map(|k| Piece(k / 80, k % 80, if k < 80 { 1 } else { 16 })).collect();
        for of in [2, 4, 5] {
            for k in 1..=of {
                let mine = Shard::new(k, of).unwrap().take(plan.clone(), weight);
                let light = mine.iter().filter(|piece| piece.0 == 0).count();
                assert_eq!((light, mine.len() - light), (80 / of, 80 / of), "{k}/{of}");
            }
        }
    }

    /// A cost that rises along the plan, of which the weights say nothing, is met on the way back.
    #[test]
    fn a_rising_cost_is_evened_out() {
        let plan: Vec<Piece> = (0..80u8).map(|k| Piece(0, k, 1)).collect();
        let cost =
            |k| Shard::new(k, 2).unwrap().take(plan.clone(), weight).iter().map(|p| usize::from(p.1)).sum();
        let [first, second]: [usize; 2] = [cost(1), cost(2)];
        assert_eq!((first, second), (1580, 1580));
    }

    /// Four operators, each under two seeds: what belongs to an operator is made in one of two shards.
    #[test]
    fn an_operator_is_made_in_one_shard() {
        let plan: Vec<Piece> = (0..80u8).map(|k| Piece(0, k, 1)).collect();
        for k in [1, 2] {
            let mine = Shard::new(k, 2).unwrap().take(plan.clone(), weight);
            let operators: std::collections::HashSet<u8> = mine.iter().map(|piece| piece.1 / 20).collect();
            assert_eq!((mine.len(), operators.len()), (40, 2), "{k}/2");
        }
    }

    #[test]
    fn a_shard_is_named_and_read_in_one_way() {
        let shard: Shard = "2/8".parse().unwrap();
        assert_eq!((shard.to_string().as_str(), shard.index(), shard.of()), ("2/8", 2, 8));
        assert_eq!(shard.folder(Path::new("out")), Path::new("out/shard-2-of-8"));
        assert_eq!(Shard::of_folder("shard-2-of-8"), Some(shard));
        assert_eq!(serde_json::from_str::<Shard>(&serde_json::to_string(&shard).unwrap()).unwrap(), shard);
        for wrong in ["", "2", "0/8", "9/8", "1/0", "-1/8", "2/8/9", "a/b"] {
            let told = wrong.parse::<Shard>().unwrap_err().to_string();
            assert!(told.contains(&format!("found {wrong}")) && told.contains("K/N"), "{told}");
        }
        for wrong in ["shard-2-of-8.old", "shard-9-of-8", "shard", "shard-2"] {
            assert_eq!(Shard::of_folder(wrong), None, "{wrong}");
        }
    }
}
