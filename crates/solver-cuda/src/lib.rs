//! Guided predictor steps under a low-rank Gaussian prior, all on one device.
//!
//! With x ~ N(m, UΛUᵀ + λ_⊥(I − UUᵀ)), the method `sda` under a law whose v(t) does not depend on the
//! state, and an A that selects numbers of the field, ε_y needs two products with U, two with A U, one
//! pass over the observations and one over the field. With j_k the gain of mode k, j_⊥ that of the
//! rest, w = j − j_⊥ and f the law's factor on the gradient:
//!
//! > d = w ∘ (Uᵀx − μUᵀm)
//! > A x̂ = A m + j_⊥(A x − μA m) + (A U) d
//! > p = (y − A x̂)/v(t)
//! > e = −(μ/σ) d − σf w ∘ (A U)ᵀp
//! > ε_y = (1 − μj_⊥)/σ (x − μm) − σf j_⊥ Aᵀp + U e
//! > x′ = (μ′/μ) x + (σ′ − (μ′/μ)σ) ε_y
//!
//! These are the formulas of [`equipoise_guidance::GaussianPath`] with J u written out. What depends on
//! the level only is made on the CPU before the run. A run copies x_1 to the device, and back from it x,
//! the size of the state after every step, and what ‖g‖ of the last step needs; a step copies nothing.
//!
//! Bytes that a step moves, R to a number, r modes, D numbers of the field and N observations (of one
//! variance), besides a few times r:
//!
//! | part | read | written |
//! |---|---|---|
//! | Uᵀx | (r + 1) D R | |
//! | `observe` | (2 R + 4) N | N R |
//! | A m + … + (A U) d | (r + 1) N R | N R |
//! | r, r/v | 2 N R | 2 N R |
//! | (A U)ᵀp | (r + 1) N R | |
//! | U e | r D R | D R |
//! | `advance` | (3 R + ¼) D + N R | D R |
//!
//! In all ((2r + 6) R + ¼) D + ((2r + 11) R + 4) N. At r = 20, D = 2.5e6 and `f32` that is 461 MB
//! without observations, of which 400 MB are the modes.
//!
//! The products are cuBLAS's; the kernel of the reduction is `likelihood-cuda`'s; the other kernels are
//! [`STEP`]. Tests put the host in the place of the device: the same kernels, compiled as C++, and
//! loops for cuBLAS, under the layers that ship, against the CPU's own path.

mod arguments;
mod arrays;
mod cuda;
mod error;
mod levels;
mod problem;
mod resident;
mod source;

pub use arguments::{Arguments, Coefficients, Extent};
pub use cuda::{Cuda, Number};
pub use error::StepError;
pub use problem::Problem;
pub use resident::Resident;
pub use source::{Kernel, STEP};
