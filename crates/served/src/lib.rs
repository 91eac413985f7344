//! A denoiser that another process answers for, over pipes.
//!
//! A network that only its own code can run stays where it is: a process holds it, and answers requests for
//! x̂ and Jᵀv on its standard output. The protocol is one page, `docs/serve.md`; helpers for PyTorch and JAX
//! stand in `examples/`.
//!
//! ```no_run
//! use equipoise_denoiser::Denoiser;
//! use equipoise_schedule::Level;
//! use equipoise_served::Served;
//!
//! let served = Served::start("python3 examples/serve_torch.py")?;
//! let x_t = vec![0.0; served.dim()];
//! let mut x_hat = vec![0.0; served.dim()];
//! served.denoise(&x_t, Level { mu: 0.8, sigma: 0.6 }, &mut x_hat)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codec;
mod denoiser;
mod ending;
mod error;
mod exchange;
mod hello;
mod process;
mod promise;
mod said;
mod settings;
mod streams;

pub use denoiser::Served;
pub use ending::Ending;
pub use error::{Fault, Result, ServedError};
pub use hello::{Dtype, Hello, PROTOCOL, VERSION};
pub use settings::{HELLO_VARIABLE, REQUEST_VARIABLE, Settings};
