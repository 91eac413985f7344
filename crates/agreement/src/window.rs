//! What a network gives on one window, as a denoiser: its plain output, or x̂ behind a preconditioning.

use crate::quantity::Wrapper;
use crate::subject::Subject;
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, Linearised, Tape};
use equipoise_field::{Real, each};
use equipoise_network::{
    Coefficients, Input, Keep, NetworkError, Preconditioner, Preconditioning, Predicts, Room, Run, TimeInput,
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

#[derive(Default)]
struct Kept<R> {
    scaled: Vec<R>,
    room: Room<R>,
}

fn model(error: NetworkError) -> DenoiserError {
    DenoiserError::Model(Box::new(error))
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
    pub(crate) fn wrapper(wrapper: Wrapper) -> Result<Self, NetworkError> {
        let preconditioning = match wrapper {
            Wrapper::Karras => Preconditioning::Karras,
            Wrapper::Simple => Preconditioning::Simple,
        };
        let around = Preconditioner::new(preconditioning, Predicts::X, TimeInput::LogRatio, None, None)?;
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
        let c = self.around.at(level).map_err(model)?;
        let Kept { scaled, room } = tape.room::<Kept<R>>();
        let scale = R::narrow(c.scale);
        scaled.clear();
        scaled.extend(x_t.iter().map(|x| scale * *x));
        let input = Input { grid: self.grid, x: scaled, c_time: &[c.time], context: &self.context };
        let run = self.subject.network().run(input, Keep::Products, x_hat, room).map_err(model)?;
        let (skip, out) = (R::narrow(c.skip), R::narrow(c.out));
        each::update1(x_hat, x_t, |f, x| skip * x + out * f);
        Ok(Box::new(Local { run, skip, inner: R::narrow(c.out * c.scale) }))
    }
}

/// J = skip + out·scale·J_F.
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
