//! The exact posterior of a series given its readings.

use crate::dense;
use crate::error::{Result, WindowsError};
use crate::series::Series;
use ndarray::{Array1, Array2};
use ndarray_linalg::Inverse;

/// Mean K y and covariance C of x given y.
pub(crate) struct Exact {
    /// Σ.
    pub(crate) prior: Array2<f64>,
    /// S = AΣAᵀ + s²I.
    pub(crate) innovation: Array2<f64>,
    /// K = ΣAᵀS⁻¹.
    pub(crate) gain: Array2<f64>,
    /// C = Σ − KAΣ.
    pub(crate) covariance: Array2<f64>,
    /// Eigenvalues of C.
    pub(crate) values: Array1<f64>,
    /// Its eigenvectors.
    pub(crate) vectors: Array2<f64>,
}

impl Exact {
    pub(crate) fn new(series: &Series, a: &Array2<f64>, std: f64) -> Result<Self> {
        let prior = series.covariance(series.frames());
        let seen = a.dot(&prior);
        let mut innovation = seen.dot(&a.t());
        innovation.diag_mut().mapv_inplace(|x| x + std * std);
        let dim = innovation.nrows();
        let inverse = innovation.inv().map_err(|source| WindowsError::Linalg {
            what: "inverse of AΣAᵀ + s²I",
            dim,
            source,
        })?;
        let gain = seen.t().dot(&inverse);
        let covariance = dense::symmetric_part(&(&prior - &gain.dot(&seen)));
        let (values, vectors) = dense::eigen("eigenvalues of the posterior", &covariance)?;
        Ok(Self { prior, innovation, gain, covariance, values, vectors })
    }
}
