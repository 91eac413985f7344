//! Eight members and their accounts, from the start to the end of a run.

use super::axes::Spectral;
use super::coordinates::Coordinates;
use super::lanes::{Row, Vectors};
use super::level::Gains;
use super::pack::{Moves, Pack};
use super::parts::{Correct, Estimate, Predict, apart};
use crate::account::{Account, Norms};
use crate::plan::Plan;
use crate::{Draws, Peak, Start};
use equipoise_field::Real;
use equipoise_schedule::Level;
use equipoise_stream::{Abreast, LANES, Stream};
use pulp::{Arch, Scalar, Simd, WithSimd};

/// (μ²Σ + σ²I)^½ at the first level, which colours white noise.
pub(super) struct Marginal {
    /// Over the modes, less the complement's.
    excess: Spectral,
    floor: f64,
}

impl Marginal {
    pub(super) fn new(space: &Coordinates, level: Level) -> Self {
        let root = |l: f64| (level.mu * level.mu * l + level.sigma * level.sigma).sqrt();
        let floor = space.floor(root);
        let mut excess = Spectral::default();
        excess.d.extend(space.eigenvalues.iter().map(|&l| root(l) - floor));
        let v = Vectors(Scalar::new());
        let mut scratch = vec![[0.0; LANES]; excess.d.len()];
        space.axes.prepare(v, &mut excess, &mut scratch);
        Self { excess, floor }
    }
}

/// Members in the lanes of a pack.
pub(super) struct Crew {
    pack: Pack,
    langevin: Abreast,
    /// Lanes that still run.
    running: [bool; LANES],
    /// The largest ‖x − μm‖² so far, and when.
    peaks: [Row; 2],
    /// Evaluations so far; factors and σ of the last one.
    evaluations: usize,
    factors: Row,
    sigma: f64,
    /// One for every member.
    accounts: Vec<Account>,
}

impl Crew {
    /// At most [`LANES`] members, at zero.
    pub(super) fn new<R: Real>(
        space: &Coordinates,
        data: &[Vec<f64>],
        members: &[Draws<'_, R>],
        origins: &[Vec<Vec<f64>>],
    ) -> Self {
        let exists = |k: usize, lane: usize| {
            let width = space.classes[k].width();
            let origin = origins.get(lane).is_some_and(|origin| origin[k][width + 1] > 0.0);
            [data[k][width] > 0.0, origin]
        };
        Self {
            pack: Pack::new(space, members.len(), exists),
            langevin: abreast(members, |draws| draws.langevin),
            running: std::array::from_fn(|lane| lane < members.len()),
            peaks: [[0.0; LANES]; 2],
            evaluations: 0,
            factors: [0.0; LANES],
            sigma: 1.0,
            accounts: vec![Account::default(); members.len()],
        }
    }

    /// x_1 − μm. Under a start from the prior, `marginal` turns what is white into it.
    pub(super) fn start<R: Real>(
        &mut self,
        space: &Coordinates,
        members: &[Draws<'_, R>],
        origins: &[Vec<Vec<f64>>],
        mu: f64,
        marginal: Option<&Marginal>,
    ) {
        let streams = abreast(members, |draws| match draws.start {
            Start::Field(_) => draws.langevin,
            Start::Normal(stream) | Start::Prior(stream) => stream,
        });
        let coloured = if members.iter().all(|draws| matches!(draws.start, Start::Field(_))) {
            Vec::new()
        } else {
            Arch::new().dispatch(White { pack: &mut self.pack, space, streams: &streams, marginal })
        };
        for (lane, (draws, origin)) in members.iter().zip(origins).enumerate() {
            for (row, (x, origin)) in self.pack.rows.iter_mut().zip(origin.iter().flatten()).enumerate() {
                x[lane] = match draws.start {
                    Start::Field(_) => *origin,
                    Start::Normal(_) => x[lane] - mu * origin,
                    Start::Prior(_) => coloured[row][lane],
                };
            }
        }
    }

    /// The steps from `first` on, under the gains of their levels and of the level after them.
    pub(super) fn steps(
        &mut self,
        space: &Coordinates,
        data: &[f64],
        plan: &Plan<'_>,
        first: usize,
        gains: &[Gains],
    ) {
        Arch::new().dispatch(Steps { crew: self, space, data, plan, first, gains });
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.pack.rows
    }

    /// Closes the accounts.
    pub(super) fn accounts(&mut self, dim: usize) -> Vec<Account> {
        if self.evaluations > 0 {
            self.close(self.running, dim);
        }
        std::mem::take(&mut self.accounts)
    }

    /// Notes where these lanes stand.
    fn close(&mut self, lanes: [bool; LANES], dim: usize) {
        let norms = Arch::new().dispatch(SquaredNorms(&self.pack));
        for (lane, account) in self.accounts.iter_mut().enumerate().filter(|(lane, _)| lanes[*lane]) {
            let [prior, pull, product] = norms.map(|row| row[lane]);
            account.note(Norms { prior, pull, product }, self.factors[lane], self.sigma, dim);
            account.trace.evaluations = self.evaluations;
            let [peak, t] = self.peaks.map(|row| row[lane]);
            account.trace.peak = Peak { t, rms: (peak / dim as f64).sqrt() };
        }
    }

    /// The factors on σg from the norms, which no steady factor asks for.
    fn weigh(&mut self, plan: &Plan<'_>, [prior, pull, _]: &[Row; 3]) {
        for l in 0..LANES {
            self.factors[l] = plan.likelihood.factor(prior[l].sqrt(), pull[l].sqrt());
        }
    }

    /// x ← (μ′/μ) x + (σ′ − (μ′/μ)σ) ε_y. ‖x − μm‖² after it.
    #[inline(always)]
    pub(super) fn predict<S: Simd>(
        &mut self,
        v: Vectors<S>,
        space: &Coordinates,
        plan: &Plan<'_>,
        (gains, then): (&Gains, Level),
    ) -> Row {
        let keep = then.mu / gains.mu;
        let along = then.sigma - keep * gains.sigma;
        let (keep, along) = ([keep; LANES], [along; LANES]);
        (self.evaluations, self.sigma) = (self.evaluations + 1, gains.sigma);
        if let Some(factor) = plan.likelihood.steady_factor() {
            self.factors = [factor; LANES];
            return self.pack.follow(v, space, gains, &Moves { keep, along, factor: self.factors });
        }
        let norms = self.pack.weigh(v, space, gains);
        self.weigh(plan, &norms);
        self.pack.advance(v, &Moves { keep, along, factor: self.factors })
    }

    /// x ← x − σδ ε_y + σ√(2δ) z, δ = τD/‖ε_y‖². ‖x − μm‖² after it.
    #[inline(always)]
    pub(super) fn correct<S: Simd>(
        &mut self,
        v: Vectors<S>,
        space: &Coordinates,
        plan: &Plan<'_>,
        (gains, draw): (&Gains, u64),
    ) -> Row {
        (self.evaluations, self.sigma) = (self.evaluations + 1, gains.sigma);
        let norms = self.pack.weigh(v, space, gains);
        self.weigh(plan, &norms);
        let [prior, pull, product] = norms;
        let (mut along, mut kicks) = ([0.0; LANES], [0.0; LANES]);
        for l in 0..LANES {
            let norms = Norms { prior: prior[l], pull: pull[l], product: product[l] };
            let delta = plan.tau * space.dim as f64 / norms.guided(self.factors[l]);
            along[l] = -gains.sigma * delta;
            kicks[l] = gains.sigma * (2.0 * delta).sqrt();
        }
        let moves = Moves { keep: [1.0; LANES], along, factor: self.factors };
        self.pack.advance(v, &moves);
        self.pack.kick(v, space, &kicks, draw, &self.langevin)
    }

    /// Records the size of every member after a step to `t`, and takes out those beyond the range of the
    /// field.
    #[inline(always)]
    fn inspect(&mut self, t: f64, square: &Row, plan: &Plan<'_>, dim: usize) {
        let limit = (plan.largest * plan.largest * dim as f64).min(f64::MAX);
        let [peak, time] = &mut self.peaks;
        let mut within = true;
        for l in 0..LANES {
            let larger = square[l] > peak[l];
            peak[l] = if larger { square[l] } else { peak[l] };
            time[l] = if larger { t } else { time[l] };
            within &= square[l] <= limit;
        }
        if !within {
            self.take_out(t, square, limit, dim);
        }
    }

    #[cold]
    fn take_out(&mut self, t: f64, square: &Row, limit: f64, dim: usize) {
        let beyond = square.map(|square| square.is_nan() || square > limit);
        let lost: [bool; LANES] = std::array::from_fn(|lane| self.running[lane] && beyond[lane]);
        self.close(lost, dim);
        for lane in (0..LANES).filter(|&lane| beyond[lane]) {
            self.pack.clear(lane);
            if lost[lane] {
                self.running[lane] = false;
                self.accounts[lane].lost = Some((t, (square[lane] / dim as f64).sqrt()));
            }
        }
    }
}

/// A stream for every lane; those without a member repeat the first.
fn abreast<'a, R: Real>(members: &[Draws<'a, R>], stream: impl Fn(&Draws<'a, R>) -> Stream) -> Abreast {
    Abreast::new(std::array::from_fn(|lane| stream(members.get(lane).unwrap_or(&members[0]))))
}

/// White noise at the states; what the marginal turns it into.
struct White<'a> {
    pack: &'a mut Pack,
    space: &'a Coordinates,
    streams: &'a Abreast,
    marginal: Option<&'a Marginal>,
}

impl WithSimd for White<'_> {
    type Output = Vec<Row>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<Row> {
        let Self { pack, space, streams, marginal } = self;
        let v = Vectors(simd);
        pack.kick(v, space, &[1.0; LANES], 0, streams);
        marginal.map_or_else(Vec::new, |m| pack.spectral(v, space, &m.excess, m.floor))
    }
}

struct SquaredNorms<'a>(&'a Pack);

impl WithSimd for SquaredNorms<'_> {
    type Output = [Row; 3];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [Row; 3] {
        self.0.norms(Vectors(simd))
    }
}

struct Steps<'a> {
    crew: &'a mut Crew,
    space: &'a Coordinates,
    data: &'a [f64],
    plan: &'a Plan<'a>,
    first: usize,
    gains: &'a [Gains],
}

impl WithSimd for Steps<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { crew, space, data, plan, first, gains } = self;
        let dim = space.dim;
        for (index, gains) in (first..).zip(gains.windows(2)) {
            if !crew.running.contains(&true) {
                return;
            }
            let corrections = plan.corrections_after(index);
            apart(simd, Estimate { pack: &mut crew.pack, space, data, gains: &gains[0] });
            let then = plan.levels[index + 1];
            let mut square = apart(simd, Predict { crew, space, plan, gains: &gains[0], then });
            for j in 0..corrections {
                apart(simd, Estimate { pack: &mut crew.pack, space, data, gains: &gains[1] });
                let draw = (index * corrections + j) as u64;
                square = apart(simd, Correct { crew, space, plan, gains: &gains[1], draw });
            }
            crew.inspect(plan.times[index + 1], &square, plan, dim);
        }
    }
}
