//! A ratio of two traces, known or estimated.

/// tr(B M)/tr B for two observed spectral functions, exact or estimated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceRatio {
    /// The ratio.
    pub value: f64,
    /// Its standard error when it comes from random probes; `None` when it is closed form.
    pub standard_error: Option<f64>,
}

impl TraceRatio {
    /// The ratio of the means of pairs (zᵀBMz, zᵀBz), one pair a probe, with its standard error.
    pub fn estimated(pairs: &[(f64, f64)]) -> Self {
        let n = pairs.len() as f64;
        let (top, bottom) = pairs.iter().fold((0.0, 0.0), |(t, b), p| (t + p.0 / n, b + p.1 / n));
        let value = top / bottom;
        let spread: f64 = pairs.iter().map(|(t, b)| (t - value * b).powi(2)).sum::<f64>() / (n * (n - 1.0));
        Self { value, standard_error: Some(spread.sqrt() / bottom.abs()) }
    }
}
