//! Whole fields: the truth and the members, frame by frame, each in the truth's place in turn.

use crate::border::border;
use crate::slip::Slip;
use crate::statistic::{Scope, Statistic};
use crate::withheld::common;
use crate::{Result, Walls};
use equipoise_data::Described;
use equipoise_field::{Boundary, Length, Shape, each};
use equipoise_metrics::{InTurn, Inclusion, MetricsError, Octaves, SquaredDistances, divergence_residual};
use equipoise_stream::Stream;
use rayon::prelude::*;

/// Entries that are taken at a time.
const BLOCK: usize = 1024;

/// Sums over the frames so far of n = M + 1 fields, the truth first. Nothing of a frame is kept.
#[derive(Debug)]
pub struct Fields {
    described: Described,
    shape: Shape,
    components: Vec<String>,
    /// The cells of a plane that hold flow, and a flag for every cell.
    open: Vec<usize>,
    flags: Vec<bool>,
    count: usize,
    draws: Stream,
    channels: Vec<(InTurn, SquaredDistances)>,
    /// Channels that share a spectrum, with their name.
    spectra: Vec<(String, Vec<usize>, Octaves)>,
    /// Σ over frames of the squared residual of each field; none without a velocity.
    divergence: Option<Vec<f64>>,
    /// None without a velocity, or anything that holds a flow.
    slip: Option<Slip>,
    border: Vec<[f64; 2]>,
    frames: usize,
}

impl Fields {
    /// Of `count` fields on this grid, which ends at these walls; `draws` breaks ties and draws references.
    ///
    /// # Errors
    /// [`MetricsError`] for fewer than two members or a mask that leaves nothing.
    pub fn new(described: &Described, walls: Walls, count: usize, draws: Stream) -> Result<Self> {
        let shape = Shape { frames: 1, ..described.frame };
        let solid = equipoise_data::solid(described.mask.as_ref(), described.geometry.as_ref(), shape);
        let flags: Vec<bool> =
            solid.map_or_else(|| vec![true; shape.plane()], |solid| solid.iter().map(|s| !s).collect());
        let open: Vec<usize> = (0..shape.plane()).filter(|i| flags[*i]).collect();
        if open.is_empty() {
            return Err(MetricsError::Empty { what: "cell of flow" }.into());
        }
        let turn = || Ok((InTurn::new(count, draws)?, SquaredDistances::new(count)));
        let channels =
            (0..shape.channels).map(|_| turn()).collect::<std::result::Result<_, MetricsError>>()?;
        let velocities =
            described.particulars.velocities(shape.channels) == Some([0, 1]) && shape.channels == 2;
        let wide = shape.height > 2 && shape.width > 2;
        let components = described.particulars.components(shape.channels);
        let spectra = spectra(described, &components, velocities, count)?;
        let divergence = (velocities && wide).then(|| vec![0.0; count]);
        let slip = if velocities { Slip::new(&flags, shape, &described.grid, walls, count) } else { None };
        let (described, border) = (described.clone(), vec![[0.0; 2]; count]);
        Ok(Self {
            described,
            shape,
            components,
            open,
            flags,
            count,
            draws,
            channels,
            spectra,
            divergence,
            slip,
            border,
            frames: 0,
        })
    }

    /// One frame of every field, (C, H, W) each, the truth first.
    ///
    /// # Errors
    /// [`MetricsError`] for another number of fields, or lengths.
    pub fn add_frame(&mut self, fields: &[&[f32]]) -> Result<()> {
        Length::check("fields", fields.len(), self.count).map_err(MetricsError::from)?;
        for field in fields {
            Length::check("frame", field.len(), self.shape.frame()).map_err(MetricsError::from)?;
        }
        for channel in 0..self.shape.channels {
            self.add_channel(channel, fields)?;
        }
        self.add_spectra(fields)?;
        self.add_derived(fields)?;
        self.frames += 1;
        Ok(())
    }

    fn add_channel(&mut self, channel: usize, fields: &[&[f32]]) -> Result<()> {
        let (count, plane) = (self.count, self.shape.plane());
        let whole = self.open.len() == plane;
        let blocks = self.open.len().div_ceil(BLOCK);
        let first = ((self.frames * self.shape.channels + channel) * blocks) as u64;
        let of = |(b, open): (usize, &[usize])| {
            let gathered: Vec<Vec<f32>>;
            let own: Vec<&[f32]> = if whole {
                let at = channel * plane + b * BLOCK;
                fields.iter().map(|field| &field[at..at + open.len()]).collect()
            } else {
                let of = |field: &&[f32]| open.iter().map(|i| field[channel * plane + i]).collect();
                gathered = fields.iter().map(of).collect();
                gathered.iter().map(Vec::as_slice).collect()
            };
            let mut distances = SquaredDistances::new(count);
            distances.add(&own)?;
            let mut turn = InTurn::new(count, self.draws)?;
            turn.add_block(first + b as u64, &own);
            Ok((turn, distances))
        };
        let parts: Vec<std::result::Result<_, MetricsError>> =
            self.open.par_chunks(BLOCK).enumerate().map(of).collect();
        let (all, apart) = &mut self.channels[channel];
        for part in parts {
            let (turn, distances) = part?;
            all.merge(&turn);
            apart.merge(&distances, 1.0)?;
        }
        Ok(())
    }

    /// Cells without flow are 0 in all fields alike, as a velocity is there.
    fn add_spectra(&mut self, fields: &[&[f32]]) -> Result<()> {
        let (plane, flags, whole) = (self.shape.plane(), &self.flags, self.open.len() == self.shape.plane());
        let of = |c: usize| move |field: &&[f32]| field[c * plane..(c + 1) * plane].to_vec();
        for (_, channels, octaves) in &mut self.spectra {
            for c in channels {
                if whole {
                    let planes: Vec<&[f32]> =
                        fields.iter().map(|f| &f[*c * plane..(*c + 1) * plane]).collect();
                    octaves.add(&planes)?;
                    continue;
                }
                let mut planes: Vec<Vec<f32>> = fields.iter().map(of(*c)).collect();
                for x in &mut planes {
                    x.iter_mut().zip(flags).filter(|(_, open)| !**open).for_each(|(x, _)| *x = 0.0);
                }
                octaves.add(&planes.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
            }
        }
        Ok(())
    }

    fn add_derived(&mut self, fields: &[&[f32]]) -> Result<()> {
        let (shape, grid, flags) = (self.shape, &self.described.grid, &self.flags);
        if let Some(sums) = &mut self.divergence {
            let residual = |i: usize| divergence_residual(fields[i], shape, grid, Inclusion::Plane(flags));
            for (sum, found) in sums.iter_mut().zip(each::made(fields.len(), residual)) {
                *sum += found?.powi(2);
            }
        }
        if let Some(slip) = &mut self.slip {
            slip.add(fields, shape.plane(), &self.open);
        }
        let wraps = grid.boundary == Boundary::Periodic;
        let found = each::made(fields.len(), |i| border(fields[i], shape, wraps, flags));
        for (sum, part) in self.border.iter_mut().zip(found) {
            *sum = [sum[0] + part[0], sum[1] + part[1]];
        }
        Ok(())
    }

    /// What all frames say.
    ///
    /// # Errors
    /// [`MetricsError`].
    pub fn finish(self) -> Result<Vec<Statistic>> {
        let mut all = InTurn::new(self.count, self.draws)?;
        let mut distances = SquaredDistances::new(self.count);
        for (turn, own) in &self.channels {
            all.merge(turn);
            // Each component in units of its own spread, which all fields share.
            let mean = own.mean();
            distances.merge(own, if mean > 0.0 { mean.recip() } else { 0.0 })?;
        }
        let parts: Vec<(String, InTurn)> =
            self.components.iter().cloned().zip(self.channels.into_iter().map(|(turn, _)| turn)).collect();
        let scope = Scope::Field;
        let mut statistics = common(scope, &all, &parts, &distances)?;
        let of = |value: &dyn Fn(usize) -> f64| (0..self.count).map(value).collect::<Vec<f64>>();
        let ratio = of(&|who| (all.fair_variance(who) / all.square_error(who)).sqrt());
        statistics.insert(0, Statistic::new(scope, "spread_skill", "", ratio));
        for (name, _, octaves) in &self.spectra {
            for band in 0..octaves.bands() {
                let first = 1u64 << band;
                let name = format!("{name}{}{first}", if name.is_empty() { "k" } else { ".k" });
                statistics.push(Statistic::new(
                    scope,
                    "energy",
                    name.clone(),
                    of(&|who| octaves.energy(who, band)),
                ));
                statistics.push(Statistic::new(
                    scope,
                    "coherence",
                    name,
                    of(&|who| octaves.coherence(who, band)),
                ));
            }
        }
        if let Some(sums) = &self.divergence {
            statistics.push(Statistic::new(
                scope,
                "divergence",
                "",
                of(&|who| (sums[who] / self.frames as f64).sqrt()),
            ));
        }
        let slip = self.slip.iter().flat_map(|slip| slip.ratios(self.open.len()));
        statistics.extend(slip.map(|(name, ratio)| Statistic::new(scope, name, "", ratio)));
        statistics.push(Statistic::new(
            scope,
            "border",
            "",
            of(&|who| (self.border[who][0] / self.border[who][1]).sqrt()),
        ));
        Ok(statistics)
    }
}

/// A spectrum of both velocities together, or one a channel; none on the smallest grids.
fn spectra(
    described: &Described,
    components: &[String],
    velocities: bool,
    count: usize,
) -> Result<Vec<(String, Vec<usize>, Octaves)>> {
    let shape = Shape { frames: 1, ..described.frame };
    if shape.height < 4 || shape.width < 4 {
        return Ok(Vec::new());
    }
    let octaves = || Octaves::new(count, shape, &described.grid);
    if velocities {
        return Ok(vec![(String::new(), vec![0, 1], octaves()?)]);
    }
    let one = |(c, name): (usize, &String)| Ok((name.clone(), vec![c], octaves()?));
    components.iter().enumerate().map(one).collect()
}
