//! The system's BLAS and LAPACK: the one crate that links OpenBLAS, and the rule for its threads.
//!
//! OpenBLAS splits its products and factors by its number of threads, and with them the order of its sums:
//! the last digits of a Cholesky factor differ between one thread and two from N = 64 on. Under rayon its
//! threads compete with those that do the parallel work, and a factorisation that it splits may overflow the
//! 2 MiB of stack of a thread of rayon, which ends the process (seen with 0.3.21). Results of this workspace are
//! the same bits on any number of threads, and for that BLAS has one.
//!
//! # The rule
//! A program calls [`single_thread`] first in `main`, before anything runs that may call BLAS:
//!
//! ```
//! equipoise_blas::single_thread()?;
//! assert_eq!(equipoise_blas::threads(), 1);
//! # Ok::<(), equipoise_blas::BlasError>(())
//! ```
//!
//! What it sets holds for the whole process, and so for whatever else in it calls the same OpenBLAS. No
//! library of this workspace sets it unasked. What factors refuses to work where it was not set
//! ([`require_single_thread`]): fits of covariances, innovation covariances, the singular directions of an operator.
//!
//! `OPENBLAS_NUM_THREADS=1` in the environment that a process starts with does the same, unless OpenBLAS was
//! built on OpenMP: then `OMP_NUM_THREADS=1` does, and nothing that is called later.

#[cfg(feature = "openblas-src")]
use openblas_src as _;
use std::ffi::{CStr, c_char, c_int};

/// `openblas_get_parallel` of a library that was built on OpenMP (`OPENBLAS_OPENMP` of its `cblas.h`).
const OPENMP: c_int = 2;

/// What OpenMP reads while it is brought in.
pub const OPENMP_VARIABLE: &str = "OMP_NUM_THREADS";

// SAFETY: the signatures are those of OpenBLAS's `cblas.h`; all but the last have neither pointers nor
// preconditions. Their effect on a call of BLAS that runs at the same time is for `single_thread` to say.
unsafe extern "C" {
    safe fn openblas_set_num_threads(count: c_int);
    safe fn openblas_get_num_threads() -> c_int;
    safe fn openblas_get_parallel() -> c_int;
    safe fn openblas_get_corename() -> *const c_char;
}

/// BLAS has not one thread.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlasError {
    /// BLAS splits its sums among threads.
    #[error(
        "BLAS: found {found} threads, on whose number every digit's end would depend; call \
         equipoise_blas::single_thread() first in `main`, or start the program with OPENBLAS_NUM_THREADS=1"
    )]
    Threads {
        /// How many it has.
        found: usize,
    },
    /// An OpenBLAS on OpenMP, whose threads a call binds for the calling thread alone.
    #[error(
        "BLAS: this OpenBLAS was built on OpenMP, whose {found} threads no call binds for other threads; start the \
         program with {OPENMP_VARIABLE}=1"
    )]
    OpenMp {
        /// How many it has.
        found: usize,
    },
}

/// Gives BLAS one thread, in the whole process and until it is set otherwise. Every call of BLAS and LAPACK
/// from then on, by whatever thread, has the bits of a process that started with `OPENBLAS_NUM_THREADS=1`.
///
/// To be called before other threads call BLAS: a call that is under way may end on either number.
/// The threads that OpenBLAS started while it was brought in stay, and sleep. Costs one store.
///
/// # Errors
/// [`BlasError::OpenMp`] for an OpenBLAS that was built on OpenMP and did not find `OMP_NUM_THREADS=1` when the
/// process started. Nothing is set then.
pub fn single_thread() -> Result<(), BlasError> {
    if openblas_get_parallel() == OPENMP {
        return require_single_thread();
    }
    openblas_set_num_threads(1);
    require_single_thread()
}

/// How many threads BLAS splits its work among.
pub fn threads() -> usize {
    usize::try_from(openblas_get_num_threads()).unwrap_or(1).max(1)
}

/// Whether BLAS has one thread: for constructors whose results are the same bits on any number of threads.
///
/// # Errors
/// [`BlasError::Threads`] or, where [`single_thread`] would not help, [`BlasError::OpenMp`].
pub fn require_single_thread() -> Result<(), BlasError> {
    match (threads(), openblas_get_parallel() == OPENMP) {
        (1, _) => Ok(()),
        (found, true) => Err(BlasError::OpenMp { found }),
        (found, false) => Err(BlasError::Threads { found }),
    }
}

/// The processor whose kernels OpenBLAS chose, in its own words: other kernels give other last digits.
pub fn core() -> String {
    let name = openblas_get_corename();
    if name.is_null() {
        return "unknown".to_owned();
    }
    // SAFETY: OpenBLAS returns a C string of static lifetime, which it never writes to after it was brought in.
    unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
}
