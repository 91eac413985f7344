//! Traces of what a prior looks like through an operator.

use crate::ObservedPrior;
use crate::observed::Shared;
use equipoise_field::{Real, sum};
use equipoise_scaling::TraceRatio;
use equipoise_stream::Stream;

impl<R: Real> ObservedPrior<R> {
    /// tr(B·A g(Σ) Aᵀ)/tr B with B = A b(Σ) Aᵀ.
    ///
    /// Closed form for explicit modes with A Aᵀ = c·I and for stationary priors on dividing
    /// lattices. Otherwise Hutchinson's estimator (1990) with `probes` standard normal probes from
    /// `stream`, two products with A·Aᵀ each, and the standard error of a ratio of means.
    ///
    /// # Panics
    /// For fewer than two probes where they are needed: they have no spread.
    pub fn trace_ratio(
        &self,
        b: &dyn Fn(f64) -> f64,
        g: &dyn Fn(f64) -> f64,
        probes: usize,
        stream: Stream,
    ) -> TraceRatio {
        let closed = |product: f64, trace: f64| TraceRatio { value: product / trace, standard_error: None };
        match &self.shared {
            Shared::Modes(modes) => closed(modes.trace_product(b, g), modes.trace(b)),
            Shared::Lattice(lattice) => closed(lattice.trace_product(b, g), lattice.trace(b)),
            Shared::Dense(_) | Shared::Iterative(_) => self.probe_ratio(b, g, probes, stream),
        }
    }

    /// tr(A g(Σ) Aᵀ) where it is closed form.
    pub fn trace(&self, g: &dyn Fn(f64) -> f64) -> Option<f64> {
        match &self.shared {
            Shared::Modes(modes) => Some(modes.trace(g)),
            Shared::Lattice(lattice) => Some(lattice.trace(g)),
            Shared::Dense(_) | Shared::Iterative(_) => None,
        }
    }

    /// Hutchinson's estimator of the ratio: E[zᵀBGz]/E[zᵀBz].
    pub(crate) fn probe_ratio(
        &self,
        b: &dyn Fn(f64) -> f64,
        g: &dyn Fn(f64) -> f64,
        probes: usize,
        stream: Stream,
    ) -> TraceRatio {
        assert!(probes >= 2, "trace ratio: {probes} probes, expected at least two");
        let (b, g) = (self.covariance.weights(b), self.covariance.weights(g));
        let count = self.count();
        let (mut bz, mut gz) = (vec![R::zero(); count], vec![R::zero(); count]);
        let pairs: Vec<(f64, f64)> = (0..probes)
            .map(|probe| {
                let z: Vec<R> = stream.normal(probe as u64, count);
                self.sandwich(&b, &z, &mut bz);
                self.sandwich(&g, &z, &mut gz);
                (sum::dot(&bz, &gz), sum::dot(&z, &bz))
            })
            .collect();
        TraceRatio::estimated(&pairs)
    }
}
