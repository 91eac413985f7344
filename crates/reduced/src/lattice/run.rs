//! Members of an ensemble in the tiles.

use super::hermitian::{Cholesky, Indefinite};
use super::kernels::{Advance, Gains, Kick, LaneNorms, See, SetGains, Unsee};
use super::noise::{Noise, Room};
use super::outer::Outer;
use super::steps::{Move, Step};
use super::tile::{LANES, Lane, Tile};
use super::{LatticeData, LatticeSpace, Planes};
use crate::account::Norms;
use crate::{Draws, ReducedError, Result, Start, Weighing, error};
use equipoise_field::Real;
use equipoise_schedule::Level;
use pulp::Arch;
use rayon::prelude::*;

/// The states of all members, tile by tile.
pub(crate) struct LatticeRun<'a, R: Real> {
    space: &'a LatticeSpace<R>,
    data: &'a LatticeData,
    tiles: Vec<TileRun<R>>,
    noise: Vec<Noise<R>>,
    room: Room<R>,
}

/// One tile of all members.
struct TileRun<R> {
    members: Vec<Member<R>>,
    gains: Gains<R>,
    /// The level of the gains.
    level: Option<Level>,
    /// S of the level named.
    factor: Option<(Level, Cholesky)>,
    room: Products<R>,
}

struct Member<R> {
    state: Vec<Lane<R>>,
    /// σg of the last evaluation.
    pull: Vec<Lane<R>>,
    norms: Norms,
    /// ‖x − μm‖² here.
    square: f64,
}

/// What a product with V is made in, T·C numbers each.
struct Products<R> {
    part: Vec<Lane<R>>,
    seen: Vec<Lane<f64>>,
    column: Vec<Lane<f64>>,
}

impl<'a, R: Real> LatticeRun<'a, R> {
    /// Members at `level`, the first of the run, who draw noise `kicks` times.
    pub(crate) fn new(
        space: &'a LatticeSpace<R>,
        data: &'a LatticeData,
        members: &[Draws<'_, R>],
        level: Level,
        kicks: usize,
    ) -> Result<Self> {
        let mut tiles: Vec<_> = space.tiles.iter().map(|tile| TileRun::new(tile, members.len())).collect();
        for (m, draws) in members.iter().enumerate() {
            let start = space.start(draws.start, level)?;
            for (tile, held) in space.tiles.iter().zip(&mut tiles) {
                tile.gather(|at| R::narrow(start[at]), &mut held.members[m].state);
            }
        }
        let mut room = Room::default();
        let noise = members.iter().map(|draws| Noise::new(space, draws.langevin, kicks, &mut room)).collect();
        Ok(Self { space, data, tiles, noise, room })
    }

    /// Uᵀ(x − μm) of a member.
    pub(crate) fn end(&self, member: usize) -> Vec<f64> {
        let mut packed = vec![0.0; self.space.dim()];
        for (tile, held) in self.space.tiles.iter().zip(&self.tiles) {
            tile.scatter(&held.members[member].state, &mut packed);
        }
        packed
    }
}

impl<R: Real> LatticeSpace<R> {
    /// Uᵀ(x_1 − μm).
    fn start(&self, start: Start<'_, R>, level: Level) -> Result<Vec<f64>> {
        let (dim, mean) = (self.dim(), &self.mean);
        let centred = |x: f64, m: &f64| x - level.mu * m;
        Ok(match start {
            Start::Field(field) => {
                error::expect("start", field.len(), dim)?;
                let mut packed = vec![R::zero(); dim];
                self.observed.covariance().analyse(field, &mut packed);
                packed.iter().zip(mean).map(|(x, m)| centred(x.wide(), m)).collect()
            }
            Start::Normal(stream) => {
                let white: Vec<f64> = stream.normal(0, dim);
                white.into_iter().zip(mean).map(|(x, m)| centred(x, m)).collect()
            }
            Start::Prior(stream) => {
                let white: Vec<f64> = stream.normal(0, dim);
                let marginal = |l: &f64| (level.mu * level.mu * l + level.sigma * level.sigma).sqrt();
                let lambda = self.observed.covariance().eigenvalues();
                white.into_iter().zip(lambda).map(|(x, l)| marginal(l) * x).collect()
            }
        })
    }
}

impl<R: Real> TileRun<R> {
    fn new(tile: &Tile<R>, members: usize) -> Self {
        let (len, planes) = (tile.len(), tile.planes);
        let member = || Member {
            state: vec![Lane::zero(); len],
            pull: vec![Lane::zero(); len],
            norms: Norms::default(),
            square: 0.0,
        };
        let gains = Gains { jacobian: vec![[R::zero(); LANES]; len], prior: vec![[R::zero(); LANES]; len] };
        let room = Products {
            part: vec![Lane::zero(); planes],
            seen: vec![Lane::zero(); planes],
            column: vec![Lane::zero(); 2 * planes],
        };
        let members = (0..members).map(|_| member()).collect();
        Self { members, gains, level: None, factor: None, room }
    }

    /// Gains and, for the exact guidance, the factor of S at a level.
    fn prepare(&mut self, tile: &Tile<R>, level: Level, planes: &Planes) -> Result<()> {
        if self.level != Some(level) {
            Arch::new().dispatch(SetGains { level, lambda: &tile.lambda, gains: &mut self.gains });
            self.level = Some(level);
        }
        let Planes::Noise(noise) = planes else { return Ok(()) };
        if self.factor.as_ref().is_some_and(|(at, _)| *at == level) {
            return Ok(());
        }
        let mut factor = self.factor.take().map_or_else(|| Cholesky::new(tile.planes), |(_, factor)| factor);
        factor.lower().fill(Lane::zero());
        Arch::new().dispatch(Outer {
            level,
            lambda: &tile.lambda,
            vectors: &tile.vectors,
            planes: tile.planes,
            column: &mut self.room.column,
            lower: factor.lower(),
        });
        for (p, &noise) in noise.iter().enumerate() {
            // A lane that stands for no wavenumber has the unit matrix.
            factor.add_diagonal(p, &tile.multiplicity.map(|m| if m > 0.0 { noise } else { 1.0 }));
        }
        let indefinite = |fault: Indefinite| ReducedError::Indefinite {
            mu: level.mu,
            sigma: level.sigma,
            row: fault.row,
            pivot: fault.pivot,
        };
        factor.factorise().map_err(indefinite)?;
        self.factor = Some((level, factor));
        Ok(())
    }

    /// σg of every member, with the norms of both estimates.
    fn evaluate(&mut self, tile: &Tile<R>, data: &[Lane<f64>], level: Level, planes: &Planes) -> Result<()> {
        self.prepare(tile, level, planes)?;
        let (arch, Products { part, seen, .. }) = (Arch::new(), &mut self.room);
        for Member { state, pull, norms, .. } in &mut self.members {
            let (vectors, jacobian) = (&tile.vectors, &self.gains.jacobian);
            arch.dispatch(See { vectors, jacobian, state, part: &mut *part, seen: &mut *seen });
            for (seen, y) in seen.iter_mut().zip(data) {
                for l in 0..LANES {
                    (seen.re[l], seen.im[l]) = (y.re[l] - seen.re[l], y.im[l] - seen.im[l]);
                }
            }
            match (planes, &self.factor) {
                (Planes::Precision(over), _) => {
                    seen.iter_mut().zip(over).for_each(|(seen, w)| *seen = seen.scaled(&[*w; LANES]));
                }
                (Planes::Noise(_), Some((_, factor))) => factor.solve(seen),
                (Planes::Noise(_), None) => unreachable!("the factor was prepared"),
            }
            let weighted = &mut *part;
            weighted.iter_mut().zip(&*seen).for_each(|(w, seen)| *w = seen.narrow());
            let (sigma, gains) = (R::narrow(level.sigma), &self.gains);
            let found: LaneNorms = arch.dispatch(Unsee { vectors, gains, sigma, state, weighted, pull });
            let [prior, pull, product] = found.each_ref().map(|lanes| tile.total(lanes));
            *norms = Norms { prior, pull, product };
        }
        Ok(())
    }

    fn advance(&mut self, tile: &Tile<R>, member: usize, step: Move) {
        let Member { state, pull, square, .. } = &mut self.members[member];
        let [keep, along, factor] = [step.keep, step.along, step.factor].map(R::narrow);
        let prior = &self.gains.prior;
        *square = tile.total(&Arch::new().dispatch(Advance { prior, keep, along, factor, pull, state }));
    }

    fn kick(&mut self, tile: &Tile<R>, member: usize, scale: f64, noise: &[Lane<R>]) {
        let Member { state, square, .. } = &mut self.members[member];
        *square = tile.total(&Arch::new().dispatch(Kick { scale: R::narrow(scale), noise, state }));
    }
}

/// The norms of an estimate, and ‖x − μm‖² after the step along it.
pub(super) type Seen = (Norms, f64);

impl<R: Real> LatticeRun<'_, R> {
    pub(super) fn members(&self) -> usize {
        self.noise.len()
    }

    pub(super) fn dim(&self) -> usize {
        self.space.dim()
    }

    /// ε̂ and σg at the states; kept for the next [`advance`](Self::advance).
    pub(super) fn evaluate(&mut self, level: Level, weighing: &Weighing) -> Result<Vec<Norms>> {
        let planes = self.space.planes(weighing)?;
        let tiles = self.tiles.par_iter_mut().zip(&self.space.tiles).zip(&self.data.0);
        tiles.try_for_each(|((held, tile), data)| held.evaluate(tile, data, level, &planes))?;
        let mut total = vec![Norms::default(); self.noise.len()];
        for held in &self.tiles {
            total.iter_mut().zip(&held.members).for_each(|(total, part)| *total += part.norms);
        }
        Ok(total)
    }

    /// Moves every member along its last estimate.
    pub(super) fn advance(&mut self, moves: &[Move]) {
        self.tiles.par_iter_mut().zip(&self.space.tiles).for_each(|(held, tile)| {
            moves.iter().enumerate().for_each(|(m, step)| held.advance(tile, m, *step));
        });
    }

    /// Evaluates and advances all members along the same steps; what each step saw of every member. Every tile
    /// takes all steps at once, while it is in cache.
    pub(super) fn walk(&mut self, steps: &[Step]) -> Result<Vec<Vec<Seen>>> {
        let planes =
            steps.iter().map(|step| self.space.planes(&step.weighing)).collect::<Result<Vec<_>, _>>()?;
        let members = self.noise.len();
        let tiles = self.tiles.par_iter_mut().zip(&self.space.tiles).zip(&self.data.0);
        let seen = tiles.map(|((held, tile), data)| {
            let mut seen = Vec::with_capacity(steps.len() * members);
            for (step, planes) in steps.iter().zip(&planes) {
                held.evaluate(tile, data, step.level, planes)?;
                (0..members).for_each(|m| held.advance(tile, m, step.movement));
                seen.extend(held.members.iter().map(|member| (member.norms, member.square)));
            }
            Ok(seen)
        });
        let seen: Vec<Vec<Seen>> = seen.collect::<Result<_>>()?;
        let mut total = vec![vec![Seen::default(); members]; steps.len()];
        for tile in &seen {
            for (total, part) in total.iter_mut().flatten().zip(tile) {
                total.0 += part.0;
                total.1 += part.1;
            }
        }
        Ok(total)
    }

    /// x ← x − scale · z for every member, z the field that full space draws, draw number `draw`.
    pub(super) fn kick(&mut self, scales: &[f64], draw: u64) {
        for (m, (noise, &scale)) in self.noise.iter().zip(scales).enumerate() {
            if scale > 0.0 {
                let drawn = noise.draw(self.space, draw, &mut self.room);
                let parts = drawn.par_chunks(self.space.tile_len());
                let tiles = self.tiles.par_iter_mut().zip(&self.space.tiles).zip(parts);
                tiles.for_each(|((held, tile), drawn)| held.kick(tile, m, scale, drawn));
            }
        }
    }

    /// ‖x − μm‖² of every member.
    pub(super) fn squared_norms(&self) -> Vec<f64> {
        let mut total = vec![0.0; self.noise.len()];
        for held in &self.tiles {
            total.iter_mut().zip(&held.members).for_each(|(total, part)| *total += part.square);
        }
        total
    }

    /// Takes a member out of the account.
    pub(super) fn clear(&mut self, member: usize) {
        for held in &mut self.tiles {
            held.members[member].state.fill(Lane::zero());
        }
    }
}
