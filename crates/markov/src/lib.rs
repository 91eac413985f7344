//! Gauss–Markov priors of long trajectories, and their exact posterior.

use equipoise_blas as _;
