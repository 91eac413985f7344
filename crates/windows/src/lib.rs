//! What composing short windows costs, in closed form.

use equipoise_blas as _;
