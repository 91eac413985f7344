//! The denoiser whose numbers a child gives.

use crate::codec::{Ask, decode};
use crate::exchange::{Conversation, Question};
use crate::{Fault, Hello, Result, ServedError, Settings, promise};
use equipoise_denoiser::{Denoiser, DenoiserError, Jacobian, Linearised, Tape};
use equipoise_field::{Length, Shape};
use equipoise_schedule::Level;

/// Entries beyond so many times μ + σ are those of a run that has exploded: what a model answers there is no
/// fault of the model.
const EXPLODED: f64 = 1e6;
/// Entries of v from which on products may leave `f32`.
const HUGE: f64 = 1e30;

/// x̂ and Jᵀv from another process, over one window.
///
/// Calls from several threads wait for each other: the child answers one request at a time. A linearisation
/// runs the model forward once, in the child, which keeps it for the products until the linearisation is
/// dropped. The child is stopped and reaped when this is dropped.
#[derive(Debug)]
pub struct Served(Conversation);

impl Served {
    /// Starts `sh -c command` and reads its hello, with the patience that the environment asks for. Then x̂ of a
    /// batch is asked for in every form: the bits must be the same with and without J, and, as Jᵀv's, those
    /// of a member alone.
    ///
    /// # Errors
    /// [`ServedError`] when no process starts, it does not say a hello of this protocol in time, or the bits
    /// are not the same ([`Fault::Bits`]).
    pub fn start(command: &str) -> Result<Self> {
        Self::start_with(command, &Settings::from_environment(command)?)
    }

    /// The same with a patience of one's own.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(command: &str, settings: &Settings) -> Result<Self> {
        let served = Conversation::start(command, settings).map(Self)?;
        promise::hold(&served)?;
        Ok(served)
    }

    /// What the child says of itself.
    pub fn hello(&self) -> &Hello {
        &self.0.hello
    }

    /// The shape of a window.
    pub fn window(&self) -> Shape {
        self.0.hello.window
    }

    /// The command as it was given.
    pub fn command(&self) -> &str {
        &self.0.command
    }

    fn whole(&self, x_t: usize, x_hat: usize) -> Result<(), DenoiserError> {
        Length::members("x_t", x_t, self.dim())?;
        Ok(Length::check("x_hat", x_hat, x_t)?)
    }

    fn one(&self, buffers: &[(&'static str, usize)]) -> Result<(), DenoiserError> {
        Ok(buffers.iter().try_for_each(|(what, found)| Length::check(what, *found, self.dim()))?)
    }

    /// Overwrites `out` with the answer. An entry that is not finite is a fault in members that are `sound`;
    /// the first is the caller's member `first`.
    fn ask(&self, question: &Question<'_>, first: usize, sound: &[bool], out: &mut [f32]) -> Result<()> {
        let Hello { dtype, window, .. } = self.0.hello;
        self.0.hello.knows(question.level).map_err(|fault| self.fault(fault))?;
        let bytes = self.0.ask(question)?;
        decode(&bytes, dtype, out);
        let members = out.chunks_exact(self.dim()).zip(sound).enumerate();
        for (member, (out, _)) in members.filter(|(_, (_, sound))| **sound) {
            if let Some(index) = out.iter().position(|value| !value.is_finite()) {
                let (frame, component, row, column) = window.position(index);
                let (what, member, found) = (question.ask.product(), first + member, f64::from(out[index]));
                let fault = Fault::NotFinite { what, member, frame, component, row, column, found };
                return Err(self.fault(fault));
            }
        }
        Ok(())
    }

    /// A fault of one request that the child knows nothing of.
    pub(crate) fn fault(&self, fault: Fault) -> ServedError {
        self.0.fault(fault)
    }

    /// Which members' numbers are all within `bound`.
    fn within(&self, values: &[f32], bound: f64) -> Vec<bool> {
        let sound = |values: &[f32]| values.iter().all(|value| f64::from(value.abs()) <= bound);
        values.chunks_exact(self.dim()).map(sound).collect()
    }

    /// x̂ of every member; the lengths were checked.
    pub(crate) fn estimate(&self, x_t: &[f32], level: Level, x_hat: &mut [f32]) -> Result<()> {
        let portion = self.0.hello.batch * self.dim();
        for (k, (x_t, x_hat)) in x_t.chunks(portion).zip(x_hat.chunks_mut(portion)).enumerate() {
            let sound = self.within(x_t, EXPLODED * (level.mu + level.sigma));
            let question = Question { ask: Ask::Denoise, state: 0, level, values: x_t };
            self.ask(&question, k * self.batch(), &sound, x_hat)?;
        }
        Ok(())
    }

    /// J at every member; the lengths were checked.
    pub(crate) fn states(&self, x_t: &[f32], level: Level, x_hat: &mut [f32]) -> Result<States<'_>> {
        let portion = self.0.hello.batch * self.dim();
        let mut states = States { served: self, level, members: x_t.len() / self.dim(), held: Vec::new() };
        for (k, (x_t, x_hat)) in x_t.chunks(portion).zip(x_hat.chunks_mut(portion)).enumerate() {
            let state = self.0.new_state();
            let sound = self.within(x_t, EXPLODED * (level.mu + level.sigma));
            let question = Question { ask: Ask::Linearise, state, level, values: x_t };
            let asked = self.ask(&question, k * self.batch(), &sound, x_hat);
            states.held.push(Held { state, sound });
            asked?;
        }
        Ok(states)
    }
}

fn model(fault: ServedError) -> DenoiserError {
    DenoiserError::Model(Box::new(fault))
}

impl Denoiser<f32> for Served {
    /// T·C·H·W of the window.
    fn dim(&self) -> usize {
        self.0.hello.dim()
    }

    fn denoise(&self, x_t: &[f32], level: Level, x_hat: &mut [f32]) -> Result<(), DenoiserError> {
        self.one(&[("x_t", x_t.len()), ("x_hat", x_hat.len())])?;
        self.estimate(x_t, level, x_hat).map_err(model)
    }

    fn vjp(&self, x_t: &[f32], level: Level, v: &[f32], out: &mut [f32]) -> Result<(), DenoiserError> {
        self.one(&[("x_t", x_t.len()), ("v", v.len()), ("out", out.len())])?;
        let mut x_hat = vec![0.0; x_t.len()];
        self.states(x_t, level, &mut x_hat).map_err(model)?.vjp(v, out)
    }

    fn jvp(&self, x_t: &[f32], level: Level, v: &[f32], out: &mut [f32]) -> Result<(), DenoiserError> {
        self.one(&[("x_t", x_t.len()), ("v", v.len()), ("out", out.len())])?;
        let mut x_hat = vec![0.0; x_t.len()];
        self.states(x_t, level, &mut x_hat).map_err(model)?.jvp(v, out)
    }

    /// What the hello says; a trained network's is [`Jacobian::General`].
    fn jacobian(&self) -> Jacobian {
        self.0.hello.jacobian
    }

    /// What the hello says.
    fn batch(&self) -> usize {
        self.0.hello.batch
    }

    /// One request for as many members as the child takes at once. `tape` stays empty: the child keeps what
    /// the products need.
    fn linearise<'a>(
        &'a self,
        x_t: &'a [f32],
        level: Level,
        x_hat: &mut [f32],
        _tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<f32> + 'a>, DenoiserError> {
        self.whole(x_t.len(), x_hat.len())?;
        Ok(Box::new(self.states(x_t, level, x_hat).map_err(model)?))
    }

    /// The child keeps nothing.
    fn estimates(
        &self,
        x_t: &[f32],
        level: Level,
        x_hat: &mut [f32],
        _tape: &mut Tape,
    ) -> Result<(), DenoiserError> {
        self.whole(x_t.len(), x_hat.len())?;
        self.estimate(x_t, level, x_hat).map_err(model)
    }
}

/// What a child keeps of one request.
struct Held {
    state: u64,
    /// The members whose states have not exploded.
    sound: Vec<bool>,
}

/// J at the states of a batch, held by the child.
pub(crate) struct States<'a> {
    served: &'a Served,
    level: Level,
    members: usize,
    held: Vec<Held>,
}

impl States<'_> {
    fn check(&self, v: usize, out: usize) -> Result<(), DenoiserError> {
        let expected = self.members * self.served.dim();
        Length::check("v", v, expected)?;
        Ok(Length::check("out", out, expected)?)
    }

    /// The lengths were checked.
    pub(crate) fn product(&self, ask: Ask, v: &[f32], out: &mut [f32]) -> Result<()> {
        let served = self.served;
        let portion = served.0.hello.batch * served.dim();
        let vectors = v.chunks(portion).zip(out.chunks_mut(portion));
        for (k, (Held { state, sound }, (v, out))) in self.held.iter().zip(vectors).enumerate() {
            let small = served.within(v, HUGE);
            let sound: Vec<bool> = sound.iter().zip(small).map(|(sound, small)| *sound && small).collect();
            let question = Question { ask, state: *state, level: self.level, values: v };
            served.ask(&question, k * served.batch(), &sound, out)?;
        }
        Ok(())
    }
}

impl Linearised<f32> for States<'_> {
    fn vjp(&mut self, v: &[f32], out: &mut [f32]) -> Result<(), DenoiserError> {
        self.check(v.len(), out.len())?;
        self.product(Ask::Vjp, v, out).map_err(model)
    }

    /// By the child, or as Jᵀv where it says that J is symmetric.
    fn jvp(&mut self, v: &[f32], out: &mut [f32]) -> Result<(), DenoiserError> {
        self.check(v.len(), out.len())?;
        let ask = match &self.served.0.hello {
            Hello { jvp: true, .. } => Ask::Jvp,
            Hello { jacobian: Jacobian::Symmetric, .. } => Ask::Vjp,
            _ => return Err(DenoiserError::Unknown { what: "J v" }),
        };
        self.product(ask, v, out).map_err(model)
    }
}

impl Drop for States<'_> {
    fn drop(&mut self) {
        self.held.iter().for_each(|held| self.served.0.release(held.state));
    }
}
