//! Posterior samplers: from an observation to samples of x | y and the evidence of how they came
//! about. [`Guided`] pairs a guidance with a sampler; methods that own their loop implement
//! [`PosteriorSampler`] themselves. [`Inference`] binds any [`Method`] by name to one problem.

mod draw;
mod ensemble;
mod entries;
mod error;
#[cfg(feature = "gaussian")]
mod gaussian;
mod guidances;
mod guided;
mod inference;
mod loops;
mod method;
mod parameter;
mod probed;
mod problem;
mod recipe;
mod start;

pub use draw::{Independent, Member, PosteriorSampler, Watch};
pub use ensemble::Ensemble;
pub use error::SolverError;
#[cfg(feature = "gaussian")]
pub use gaussian::ObservedGaussian;
pub use guided::Guided;
pub use inference::Inference;
pub use loops::{Annealing, Daps, Ddnm, Ddrm, Dps, Dsg, Inner, Mcg, Pigdm, PnpAdmm, RedDiff, SdaDps};
pub use method::{Method, Needs, Spec};
pub use parameter::{Parameter, Range, Value};
pub use probed::ProbedRatios;
pub use problem::Problem;
pub use recipe::Recipe;
pub use start::Start;
