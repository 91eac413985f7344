//! What a network gives on one window, as a denoiser: its plain output, or x̂ behind a preconditioning.

use crate::Result;
use crate::quantity::Product;
use crate::subject::Subject;
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, Linearised, Tape};
use equipoise_field::{Real, Shape};
use equipoise_network::{
    Coefficients, Keep, Linear, NetworkError, OnGrid, Preconditioner, Preconditioning, Predicts, TimeInput,
    TrainedOn,
};
use equipoise_schedule::{Level, ScheduleName};
use std::sync::Arc;

/// How coefficients follow from a level.
pub(crate) enum Around {
    /// The plain output at a fixed time, whatever the level.
    Nothing { time: f64 },
    /// x̂, as the network's own code puts it together.
    Preconditioner(Preconditioner),
}

/// A network on a grid, with the context of every member.
pub(crate) struct Window<R: Real> {
    pub(crate) subject: Arc<Subject<R>>,
    pub(crate) grid: [usize; 2],
    pub(crate) context: Vec<R>,
    pub(crate) around: Around,
}

impl Around {
    /// Around SDA's noise estimate, told the t of `schedule` with `eta`.
    pub(crate) fn noise(schedule: ScheduleName, eta: f64) -> Result<Self, NetworkError> {
        let (time, trained_on) = (TimeInput::Schedule { factor: 1.0 }, TrainedOn { schedule, eta });
        let around =
            Preconditioner::new(Preconditioning::None, Predicts::Epsilon, time, Some(trained_on), None)?;
        Ok(Self::Preconditioner(around))
    }

    /// One of azula's wrappers, told ln σ/μ.
    pub(crate) fn wrapper(wrapper: Preconditioning) -> Result<Self, NetworkError> {
        let around = Preconditioner::new(wrapper, Predicts::X, TimeInput::LogRatio, None, None)?;
        Ok(Self::Preconditioner(around))
    }

    fn at(&self, level: Level) -> Result<Coefficients, NetworkError> {
        match self {
            Self::Nothing { time } => Ok(Coefficients { scale: 1.0, time: *time, skip: 0.0, out: 1.0 }),
            Self::Preconditioner(around) => around.at(level),
        }
    }
}

impl<R: Real> Denoiser<R> for Window<R> {
    fn dim(&self) -> usize {
        self.subject.outputs() * self.grid[0] * self.grid[1]
    }

    fn jacobian(&self) -> Jacobian {
        Jacobian::General
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        self.estimates(x_t, level, x_hat, &mut Tape::new())
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
        Ok(Box::new(self.run(x_t, level, x_hat, Keep::Products, tape)?))
    }

    fn estimates(
        &self,
        x_t: &[R],
        level: Level,
        x_hat: &mut [R],
        tape: &mut Tape,
    ) -> Result<(), DenoiserError> {
        self.run(x_t, level, x_hat, Keep::Output, tape).map(drop)
    }
}

impl<R: Real> Window<R> {
    fn run<'a>(
        &'a self,
        x_t: &[R],
        level: Level,
        x_hat: &mut [R],
        keep: Keep,
        tape: &'a mut Tape,
    ) -> Result<Linear<'a, R>, DenoiserError> {
        let at = self.around.at(level).map_err(|error| DenoiserError::Model(Box::new(error)))?;
        let [height, width] = self.grid;
        let shape = Shape::new(1, self.subject.outputs(), height, width);
        let on = OnGrid { network: self.subject.network(), shape, planes: &[], context: &self.context };
        on.linearise(x_t, at, x_hat, keep, tape.room())
    }
}

/// What a denoiser gives at one level: its output, for which nothing is kept, or a product of its Jacobian with v.
pub(crate) fn product<R: Real>(
    denoiser: &dyn Denoiser<R>,
    (x_t, level): (&[R], Level),
    product: Product,
    v: &[R],
) -> Result<Vec<R>> {
    let (mut out, mut of_v, mut tape) = (vec![R::zero(); x_t.len()], vec![R::zero(); v.len()], Tape::new());
    if product == Product::Output {
        denoiser.estimates(x_t, level, &mut out, &mut tape)?;
        return Ok(out);
    }
    let mut local = denoiser.linearise(x_t, level, &mut out, &mut tape)?;
    match product {
        Product::Jvp => local.jvp(v, &mut of_v)?,
        Product::Vjp | Product::Output => local.vjp(v, &mut of_v)?,
    }
    Ok(of_v)
}
