//! Eight members abreast: their states in every class, and what a step does to them.
//!
//! All arithmetic runs over the lanes of a row and never across them, so that a member's bits do not
//! depend on who runs beside it.

use super::axes::Spectral;
use super::coordinates::Coordinates;
use super::lanes::{Lanes, Row, Vectors};
use super::level::{Gains, Innovation};
use super::noise::Noise;
use equipoise_stream::LANES;
use pulp::Simd;

/// Rows of every class, one after the other: coordinates along E, then what lies beyond.
#[derive(Clone, Debug)]
pub(crate) struct Pack {
    pub(super) rows: Vec<Row>,
    /// ε̂ at the last evaluation.
    prior: Vec<Row>,
    /// σg there.
    pull: Vec<Row>,
    /// c̃, what becomes of it, and room.
    gathered: [Vec<Row>; 3],
    /// Room for the coordinates of a class.
    room: Vec<Row>,
    pub(super) noise: Noise,
    /// Whether the first lane alone holds a member.
    alone: bool,
}

/// x ← keep · x + along · (ε̂ − factor · σg), lane by lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moves {
    pub(super) keep: Row,
    pub(super) along: Row,
    pub(super) factor: Row,
}

/// What becomes of an estimate, row by row.
trait Sink<S: Simd> {
    fn take(&mut self, v: Vectors<S>, x: &mut Row, prior: Lanes<S>, pull: Lanes<S>);
}

/// ‖ε̂‖², ‖σg‖² and ⟨ε̂, σg⟩.
struct Sums<S: Simd>([Lanes<S>; 3]);

impl<S: Simd> Sums<S> {
    #[inline(always)]
    fn add(&mut self, v: Vectors<S>, p: Lanes<S>, g: Lanes<S>) {
        let [prior, pull, product] = self.0;
        self.0 = [v.mul_add(p, p, prior), v.mul_add(g, g, pull), v.mul_add(p, g, product)];
    }
}

impl<S: Simd> Sink<S> for Sums<S> {
    #[inline(always)]
    fn take(&mut self, v: Vectors<S>, _: &mut Row, prior: Lanes<S>, pull: Lanes<S>) {
        self.add(v, prior, pull);
    }
}

/// [`Moves`] on the way, and ‖x − μm‖² after them.
struct Moving<S: Simd> {
    moves: [Lanes<S>; 3],
    square: Lanes<S>,
}

impl Moves {
    #[inline(always)]
    fn load<S: Simd>(&self, v: Vectors<S>) -> Moving<S> {
        let moves = [v.load(&self.keep), v.load(&self.along), v.load(&self.factor)];
        Moving { moves, square: v.splat(0.0) }
    }
}

impl<S: Simd> Sink<S> for Moving<S> {
    #[inline(always)]
    fn take(&mut self, v: Vectors<S>, x: &mut Row, prior: Lanes<S>, pull: Lanes<S>) {
        let [keep, along, factor] = self.moves;
        let estimate = v.sub(prior, v.mul(factor, pull));
        let moved = v.mul_add(along, estimate, v.mul(keep, v.load(x)));
        self.square = v.mul_add(moved, moved, self.square);
        v.store(x, moved);
    }
}

impl Pack {
    /// At zero, `members` of them. `exists(class, lane)` says of ỹ and f whether they are directions of their own.
    pub(super) fn new(
        space: &Coordinates,
        members: usize,
        exists: impl Fn(usize, usize) -> [bool; 2],
    ) -> Self {
        let length = space.rows();
        let blank = |length: usize| vec![[0.0; LANES]; length];
        let noise = Noise::new(space, exists);
        Self {
            rows: blank(length),
            prior: blank(length),
            pull: blank(length),
            room: blank(length),
            gathered: std::array::from_fn(|_| blank(space.rank())),
            noise,
            alone: members == 1,
        }
    }

    /// ε̂ at the states, and what [`pull_back`](Self::pull_back) makes σg of.
    #[inline(always)]
    pub(super) fn estimate<S: Simd>(
        &mut self,
        v: Vectors<S>,
        space: &Coordinates,
        data: &[f64],
        gains: &Gains,
    ) {
        let [c, moved, scratch] = &mut self.gathered;
        c.fill([0.0; LANES]);
        for class in &space.classes {
            class.coupling.gather(v, self.alone, &self.rows[class.along_basis()], c);
        }
        space.axes.apply(v, self.alone, &gains.jacobian, c, moved, scratch);
        c.fill([0.0; LANES]);
        let (floor, over) = (v.splat(gains.floor), v.splat(1.0 / gains.sigma));
        let share = v.splat(-gains.mu / gains.sigma);
        for (k, (class, weight)) in space.classes.iter().zip(&gains.weights).enumerate() {
            let (all, weight) = (class.all(), v.splat(*weight));
            let state = self.rows[all.clone()].iter().zip(&data[all.clone()]);
            let out = self.prior[all.clone()].iter_mut().zip(&mut self.pull[all]);
            let along = class.coupling.spread(v, self.alone, moved, &mut self.room);
            for (i, ((x, data), (prior, residual))) in state.zip(out).enumerate() {
                let x = v.load(x);
                let mean = v.mul_add(floor, x, along.at(v, i));
                v.store(prior, v.mul_add(share, mean, v.mul(over, x)));
                v.store(residual, v.mul(weight, v.sub(v.splat(*data), mean)));
            }
            if k > 0 {
                class.coupling.gather(v, self.alone, &self.pull[class.along_basis()], c);
            }
        }
        if let Some(innovation) = &gains.innovation {
            self.solve(v, space, &gains.weights, innovation);
        }
        let [c, moved, scratch] = &mut self.gathered;
        space.axes.apply(v, self.alone, &gains.jacobian, c, moved, scratch);
    }

    /// From p to UᵀAᵀWr, and from the residual over a to AᵀWr in the coordinates.
    #[inline(always)]
    fn solve<S: Simd>(
        &mut self,
        v: Vectors<S>,
        space: &Coordinates,
        weights: &[f64],
        innovation: &Innovation,
    ) {
        let [p, seen, inner] = &mut self.gathered;
        innovation.core.product(v, p, seen);
        innovation.excess.product(v, seen, inner);
        for (class, weight) in space.classes.iter().zip(weights).skip(1) {
            let weight = v.splat(-weight);
            let along = class.coupling.spread(v, self.alone, inner, &mut self.room);
            for (i, residual) in self.pull[class.along_basis()].iter_mut().enumerate() {
                let left = v.mul_add(weight, along.at(v, i), v.load(residual));
                v.store(residual, left);
            }
        }
        std::mem::swap(p, seen);
    }

    /// σg, whose rows `sink` takes with the state and ε̂; kept until the next estimate.
    #[inline(always)]
    fn pull_back<S: Simd>(
        &mut self,
        v: Vectors<S>,
        space: &Coordinates,
        gains: &Gains,
        sink: &mut impl Sink<S>,
    ) {
        let [_, moved, _] = &self.gathered;
        let (keep, sigma) = (v.splat(gains.sigma * gains.floor), v.splat(gains.sigma));
        for class in &space.classes {
            let all = class.all();
            let state = self.rows[all.clone()].iter_mut().zip(&self.prior[all.clone()]);
            let along = class.coupling.spread(v, self.alone, moved, &mut self.room);
            for (i, ((x, prior), pull)) in state.zip(&mut self.pull[all]).enumerate() {
                let pulled = v.mul_add(keep, v.load(pull), v.mul(sigma, along.at(v, i)));
                v.store(pull, pulled);
                sink.take(v, x, v.load(prior), pulled);
            }
        }
    }

    /// The norms of the estimate.
    #[inline(always)]
    pub(super) fn weigh<S: Simd>(&mut self, v: Vectors<S>, space: &Coordinates, gains: &Gains) -> [Row; 3] {
        let mut sums = Sums([v.splat(0.0); 3]);
        self.pull_back(v, space, gains, &mut sums);
        v.rows(sums.0)
    }

    /// Moves every member along the estimate, whose norms nothing asks for; ‖x − μm‖² after it.
    #[inline(always)]
    pub(super) fn follow<S: Simd>(
        &mut self,
        v: Vectors<S>,
        space: &Coordinates,
        gains: &Gains,
        moves: &Moves,
    ) -> Row {
        let mut moving = moves.load(v);
        self.pull_back(v, space, gains, &mut moving);
        v.row(moving.square)
    }

    /// (U diag(d) Uᵀ + floor · I) times the states.
    #[inline(always)]
    pub(super) fn spectral<S: Simd>(
        &mut self,
        v: Vectors<S>,
        space: &Coordinates,
        spectral: &Spectral,
        floor: f64,
    ) -> Vec<Row> {
        let [c, moved, scratch] = &mut self.gathered;
        c.fill([0.0; LANES]);
        for class in &space.classes {
            class.coupling.gather(v, self.alone, &self.rows[class.along_basis()], c);
        }
        space.axes.apply(v, self.alone, spectral, c, moved, scratch);
        let mut out: Vec<Row> = self.rows.iter().map(|x| x.map(|x| floor * x)).collect();
        for class in &space.classes {
            let along = class.coupling.spread(v, self.alone, moved, &mut self.room);
            for (i, out) in out[class.along_basis()].iter_mut().enumerate() {
                let along = v.row(along.at(v, i));
                out.iter_mut().zip(along).for_each(|(out, along)| *out += along);
            }
        }
        out
    }

    /// The norms of the last estimate.
    #[inline(always)]
    pub(super) fn norms<S: Simd>(&self, v: Vectors<S>) -> [Row; 3] {
        let mut sums = Sums([v.splat(0.0); 3]);
        for (p, g) in self.prior.iter().zip(&self.pull) {
            sums.add(v, v.load(p), v.load(g));
        }
        v.rows(sums.0)
    }

    /// Moves every member along its last estimate; ‖x − μm‖² after it.
    #[inline(always)]
    pub(super) fn advance<S: Simd>(&mut self, v: Vectors<S>, moves: &Moves) -> Row {
        let mut moving = moves.load(v);
        for ((x, p), g) in self.rows.iter_mut().zip(&self.prior).zip(&self.pull) {
            moving.take(v, x, v.load(p), v.load(g));
        }
        v.row(moving.square)
    }

    /// One member at zero.
    pub(super) fn clear(&mut self, lane: usize) {
        self.rows.iter_mut().for_each(|row| row[lane] = 0.0);
    }
}
