//! What a network gives on one window, as a denoiser: its plain output, or x̂ behind a preconditioning.

use crate::layout::Wrapper;
use crate::subject::Subject;
use equipoise_denoiser::{Denoiser, DenoiserError, Linearised, Tape};
use equipoise_field::{Real, each};
use equipoise_network::{Input, Keep, NetworkError, Room, Run};
use equipoise_schedule::{Level, Schedule, times_of_ratios};
use std::sync::Arc;

/// x̂ = c_skip·x_t + c_out·F(c_in·x_t, c_time).
#[derive(Clone, Copy, Debug, PartialEq)]
struct Coefficients {
    c_in: f64,
    time: f64,
    skip: f64,
    out: f64,
}

/// How the coefficients follow from a level.
pub(crate) enum Preconditioning {
    /// F itself at a fixed time, whatever the level.
    Bare { time: f64 },
    /// F is the noise, told the time at which its own schedule has the ratio of the level.
    Noise(Box<dyn Schedule>),
    /// azula's, told ln σ/μ.
    Azula(Wrapper),
}

/// A network on a grid, with the context of every member.
pub(crate) struct Window<R: Real> {
    pub(crate) subject: Arc<Subject<R>>,
    pub(crate) grid: [usize; 2],
    pub(crate) context: Vec<R>,
    pub(crate) preconditioning: Preconditioning,
}

#[derive(Default)]
struct Kept<R> {
    scaled: Vec<R>,
    room: Room<R>,
}

fn model(error: NetworkError) -> DenoiserError {
    DenoiserError::Model(Box::new(error))
}

impl Preconditioning {
    fn at(&self, level: Level) -> Result<Coefficients, DenoiserError> {
        let Level { mu, sigma } = level;
        let total = mu * mu + sigma * sigma;
        Ok(match self {
            Self::Bare { time } => Coefficients { c_in: 1.0, time: *time, skip: 0.0, out: 1.0 },
            Self::Noise(schedule) => {
                let time = times_of_ratios(&**schedule, &[level.ratio()]);
                let time = time.map_err(|e| DenoiserError::Model(Box::new(e)))?[0];
                Coefficients { c_in: 1.0, time, skip: 1.0 / mu, out: -sigma / mu }
            }
            Self::Azula(wrapper) => {
                let (c_in, time) = (1.0 / total.sqrt(), level.ratio().ln());
                match wrapper {
                    Wrapper::Simple => Coefficients { c_in, time, skip: 0.0, out: 1.0 },
                    Wrapper::Karras => {
                        Coefficients { c_in, time, skip: mu / total, out: sigma / total.sqrt() }
                    }
                }
            }
        })
    }
}

impl<R: Real> Denoiser<R> for Window<R> {
    fn dim(&self) -> usize {
        self.subject.outputs() * self.grid[0] * self.grid[1]
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        self.linearise(x_t, level, x_hat, &mut Tape::new()).map(|_| ())
    }

    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        let (mut x_hat, mut tape) = (vec![R::zero(); x_t.len()], Tape::new());
        self.linearise(x_t, level, &mut x_hat, &mut tape)?.vjp(v, out)
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>, DenoiserError> {
        let c = self.preconditioning.at(level)?;
        let Kept { scaled, room } = tape.room::<Kept<R>>();
        let c_in = R::narrow(c.c_in);
        scaled.clear();
        scaled.extend(x_t.iter().map(|x| c_in * *x));
        let input = Input { grid: self.grid, x: scaled, c_time: &[c.time], context: &self.context };
        let run = self.subject.network().run(input, Keep::Products, x_hat, room).map_err(model)?;
        let (skip, out) = (R::narrow(c.skip), R::narrow(c.out));
        each::update1(x_hat, x_t, |f, x| skip * x + out * f);
        Ok(Box::new(Local { run, skip, inner: R::narrow(c.out * c.c_in) }))
    }
}

/// J = c_skip + c_out c_in J_F.
struct Local<'a, R> {
    run: Run<'a, R>,
    skip: R,
    inner: R,
}

impl<R: Real> Linearised<R> for Local<'_, R> {
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.run.vjp(v, out).map_err(model)?;
        let (skip, inner) = (self.skip, self.inner);
        each::update1(out, v, |f, v| skip * v + inner * f);
        Ok(())
    }

    fn jvp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.run.jvp(v, out).map_err(model)?;
        let (skip, inner) = (self.skip, self.inner);
        each::update1(out, v, |f, v| skip * v + inner * f);
        Ok(())
    }
}
