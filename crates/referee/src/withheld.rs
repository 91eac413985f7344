//! Withheld readings: those of the truth, and those that each member would have given.

use crate::statistic::{Case, Place, Scope, Statistic};
use crate::{RefereeError, Result};
use equipoise_data::Described;
use equipoise_data::sensors::Entry;
use equipoise_field::{Real, Shape};
use equipoise_metrics::{InTurn, SquaredDistances};
use equipoise_operator::{LinearOperator, Sensor, Sensors, TimeRule};
use equipoise_stream::Stream;
use std::collections::BTreeMap;

/// Readings at a frame with their weight in time, and their operator.
type Taps = (Vec<(usize, f64)>, Sensors);

/// Readings whose noise was not used to make the members, while frames go by.
///
/// Member j reads H x_j + s η with η drawn by key, so that its numbers are to the others what the truth's are. All
/// numbers in units of s.
#[derive(Debug)]
pub struct Withheld {
    entries: Vec<Entry>,
    components: Vec<String>,
    members: usize,
    /// Of each frame the readings there, their weight in time, and their operator.
    frames: Vec<Option<Taps>>,
    /// [reading][member], physical units.
    read: Vec<f64>,
}

impl Withheld {
    /// Of readings on the grid of `members` members of so many frames.
    ///
    /// # Errors
    /// [`RefereeError::Operator`].
    pub fn new(
        described: &Described,
        frames: usize,
        times: TimeRule,
        entries: Vec<Entry>,
        members: usize,
    ) -> Result<Self> {
        let mut taps: Vec<Vec<(usize, f64)>> = vec![Vec::new(); frames];
        for (i, entry) in entries.iter().enumerate() {
            for (frame, weight) in between(entry.sensor.frame, times, frames) {
                taps[frame].push((i, weight));
            }
        }
        let shape = Shape { frames: 1, ..described.frame };
        let operator = |taps: Vec<(usize, f64)>| {
            let sensors: Vec<Sensor> =
                taps.iter().map(|(i, _)| Sensor { frame: 0.0, ..entries[*i].sensor }).collect();
            let boundary = described.grid.boundary;
            let operator = Sensors::new(shape, boundary, TimeRule::Nearest, &sensors)?;
            Ok::<_, RefereeError>(Some((taps, operator)))
        };
        let frames = taps.into_iter().map(|taps| if taps.is_empty() { Ok(None) } else { operator(taps) });
        let frames = frames.collect::<Result<Vec<_>>>()?;
        let components = described.particulars.components(described.frame.channels);
        let read = vec![0.0; entries.len() * members];
        Ok(Self { entries, components, members, frames, read })
    }

    /// The measured numbers.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Frame `frame` of every member, (C, H, W) each.
    ///
    /// # Panics
    /// For another number of members or of entries.
    pub fn add_frame(&mut self, frame: usize, members: &[&[f32]]) {
        assert_eq!(members.len(), self.members, "members");
        let Some(Some((taps, operator))) = self.frames.get(frame) else { return };
        let mut seen = vec![0.0f32; taps.len()];
        for (m, member) in members.iter().enumerate() {
            operator.apply(member, &mut seen);
            for ((i, weight), value) in taps.iter().zip(&seen) {
                self.read[i * self.members + m] += weight * value.wide();
            }
        }
    }

    /// χ of each member, rms of (reading − H x)/s: that of readings it was made with.
    pub fn misfits(&self) -> Vec<f64> {
        let of = |m: usize| {
            let squares = self.entries.iter().enumerate().map(|(i, entry)| {
                ((entry.measured.value - self.read[i * self.members + m]) / entry.measured.noise).powi(2)
            });
            (squares.sum::<f64>() / self.entries.len() as f64).sqrt()
        };
        (0..self.members).map(of).collect()
    }

    /// (reading − mean of H x)/s of each.
    pub fn residuals(&self) -> Vec<f64> {
        let of = |(i, entry): (usize, &Entry)| {
            let mean = self.row(i).iter().sum::<f64>() / self.members as f64;
            (entry.measured.value - mean) / entry.measured.noise
        };
        self.entries.iter().enumerate().map(of).collect()
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.read[i * self.members..(i + 1) * self.members]
    }

    /// What all readings, and those of each place, say; `draws` names the noise of members, ties and references.
    ///
    /// # Errors
    /// [`RefereeError::Metrics`], for fewer than two members.
    pub fn finish(&self, draws: Stream) -> Result<Case> {
        let n = self.members + 1;
        let (mut all, mut parts) = (InTurn::new(n, draws.text("withheld"))?, Vec::new());
        let values = self.in_units_of_noise(draws.text("noise"));
        // [who][reading].
        let fields: Vec<Vec<f64>> =
            (0..n).map(|who| values.chunks_exact(n).map(|row| row[who]).collect()).collect();
        for (c, name) in self.components.iter().enumerate() {
            let own = |i: &usize| self.entries[*i].sensor.channel == c;
            let of: Vec<usize> = (0..self.entries.len()).filter(own).collect();
            if !of.is_empty() {
                let mut part = InTurn::new(n, draws.text("withheld"))?;
                let values: Vec<Vec<f64>> =
                    fields.iter().map(|field| of.iter().map(|i| field[*i]).collect()).collect();
                part.add_block(c as u64, &values.iter().map(Vec::as_slice).collect::<Vec<_>>());
                all.merge(&part);
                parts.push((name.clone(), part));
            }
        }
        let mut distances = SquaredDistances::new(n);
        distances.add(&fields.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        let mut statistics = common(Scope::Withheld, &all, &parts, &distances)?;
        let chi = (0..n).map(|who| all.square_error(who).sqrt()).collect();
        statistics.insert(0, Statistic::new(Scope::Withheld, "chi", "", chi));
        Ok(Case { statistics, places: self.places(&values) })
    }

    /// [reading][who], the truth first, members with noise of their own.
    fn in_units_of_noise(&self, noise: Stream) -> Vec<f64> {
        let own: Vec<Vec<f64>> =
            (0..self.members as u64).map(|m| noise.normal(m, self.entries.len())).collect();
        let row = |(i, entry): (usize, &Entry)| {
            let s = entry.measured.noise;
            let members = (0..self.members).map(|m| self.row(i)[m] / s + own[m][i]).collect::<Vec<f64>>();
            std::iter::once(entry.measured.value / s).chain(members)
        };
        self.entries.iter().enumerate().flat_map(row).collect()
    }

    fn places(&self, values: &[f64]) -> Vec<Place> {
        let n = self.members + 1;
        let mut at: BTreeMap<(u64, u64), Vec<usize>> = BTreeMap::new();
        for (i, entry) in self.entries.iter().enumerate() {
            at.entry((entry.x.to_bits(), entry.y.to_bits())).or_default().push(i);
        }
        let place = |readings: Vec<usize>| {
            let (mut bias, mut chi) = (vec![0.0; n], vec![0.0; n]);
            for &i in &readings {
                let row = &values[i * n..(i + 1) * n];
                let mean = row.iter().sum::<f64>() / n as f64;
                let variance = row.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n as f64 - 1.0);
                for (who, v) in row.iter().enumerate() {
                    bias[who] += (v - mean) / variance.sqrt();
                    chi[who] += (v - mean).powi(2) / variance;
                }
            }
            let count = readings.len() as f64;
            bias.iter_mut().for_each(|b| *b /= count.sqrt());
            chi.iter_mut().for_each(|c| *c = (*c - count) / (2.0 * count).sqrt());
            let Entry { x, y, .. } = self.entries[readings[0]];
            Place { x, y, readings: readings.len(), bias, chi }
        };
        at.into_values().map(place).collect()
    }
}

/// The frames beside a time and their weights.
fn between(frame: f64, times: TimeRule, frames: usize) -> Vec<(usize, f64)> {
    let last = frames.saturating_sub(1);
    if times == TimeRule::Nearest {
        return vec![((frame.round() as usize).min(last), 1.0)];
    }
    let (below, share) = ((frame.floor() as usize).min(last), frame - frame.floor());
    let both = [(below, 1.0 - share), ((below + 1).min(last), share)];
    both.into_iter().filter(|(_, weight)| *weight > 0.0).collect()
}

/// Statistics that readings and fields share: `all` entries, and `parts` by component.
pub(crate) fn common(
    scope: Scope,
    all: &InTurn,
    parts: &[(String, InTurn)],
    distances: &SquaredDistances,
) -> Result<Vec<Statistic>> {
    let n = all.count();
    let of = |value: &dyn Fn(usize) -> f64| (0..n).map(value).collect::<Vec<f64>>();
    let mut statistics = vec![
        Statistic::new(scope, "z", "", of(&|who| all.studentised(who).sqrt())),
        Statistic::new(scope, "rank_histogram", "", of(&|who| all.unevenness(who))),
        Statistic::new(scope, "crps", "", of(&|who| all.crps(who))),
        Statistic::new(scope, "energy_score", "", distances.energy_scores()),
        Statistic::new(scope, "nearest", "", distances.nearest()),
        Statistic::new(scope, "tarp", "", of(&|who| all.reference_distance(who))),
    ];
    for (level, name) in [(0.5, "50"), (0.9, "90")] {
        let covered =
            (0..n).map(|who| all.coverage(who, level)).collect::<std::result::Result<Option<_>, _>>()?;
        statistics.extend(covered.map(|values| Statistic::new(scope, "coverage", name, values)));
    }
    for (name, part) in parts {
        statistics.push(Statistic::new(scope, "bias", name, of(&|who| part.signed(who))));
    }
    Ok(statistics)
}
