//! Networks trained as denoisers of a flow.
//!
//! A [`Config`] is read from TOML, [`Training`] begins in a folder or goes on there, [`Training::run`] takes steps and
//! tells of each; what it writes is at once the prior `network:FOLDER`. The parts stand by themselves: [`Stepper`] is
//! loss and gradient of a batch, in f32 and f64, [`AdamW`] and [`Average`] take them to the next parameters.
//!
//! Everything that is drawn is keyed by seed, step and member, sums have one order: bits depend on no number of
//! threads, and a training that was stopped goes on as if it had not been.

mod adamw;
mod checkpoint;
mod config;
mod context;
mod draws;
mod error;
mod folder;
mod levels;
mod loss;
mod movement;
mod own;
mod rate;
mod set_up;
mod stepper;
mod trainer;
mod validation;
mod windows;

pub use adamw::{AdamW, Average, clip};
pub use config::{
    Config, Errors, GaussianPart, Laws, LossPart, NetworkPart, NoisePart, OptimiserPart, OutputPart, Rates,
    ValidationPart, Weightings, WindowsPart,
};
pub use error::{Result, TrainingError};
pub use folder::{CHECKPOINT, CURVE, Files, GAUSSIAN, RECORD, VALIDATION, WEIGHTS};
pub use levels::Levels;
pub use loss::Loss;
pub use movement::{Move, Moves};
pub use rate::rate;
pub use stepper::{Batch, Stepper};
pub use trainer::{Ended, Step, Training};
pub use validation::{Row, Validation};
