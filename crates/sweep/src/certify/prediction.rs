//! What is said of one trial.

use equipoise_stability::{Certificate, Crossing, Direction, Growth, MeanField, Scope, Verdict};

/// σ_W with what it cost.
#[derive(Clone, Debug)]
pub struct Certified {
    /// σ_W, its peak, direction and verdict.
    pub certificate: Certificate,
    /// Seconds, given the law's strength.
    pub seconds: f64,
}

/// G with what it cost.
#[derive(Clone, Debug)]
pub struct CheapPrediction {
    /// G, its block and verdict.
    pub growth: Growth,
    /// Seconds, given the law's strength and the table.
    pub seconds: f64,
    /// Seconds of the law's strength: near nothing where its traces were known already.
    pub law_seconds: f64,
    /// Seconds that the table of the prior and operator took once, whatever law, schedule and steps.
    pub table_seconds: f64,
}

/// The corrector's mean field with what it cost.
#[derive(Clone, Debug)]
pub struct MeanFieldPrediction {
    /// Amplitudes, δ and verdict.
    pub run: MeanField,
    /// Seconds, given the law's strength and the table.
    pub seconds: f64,
}

/// Everything that is said of one trial.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// The predictor's amplification.
    pub certified: Certified,
    /// The cheap form.
    pub cheap: CheapPrediction,
    /// The corrector's mean field; `None` without corrections.
    pub mean_field: Option<MeanFieldPrediction>,
    /// How far the prediction reaches: `Local` for `adaptive`.
    pub scope: Scope,
}

impl Prediction {
    /// The verdict on the run: σ_W's, or the mean field's where a corrector takes part and makes it
    /// worse. A corrector mends no divergence: that starts in the predictor, and δ then collapses.
    pub fn verdict(&self) -> Verdict {
        let certificate = self.certified.certificate.verdict;
        self.mean_field.as_ref().map_or(certificate, |field| certificate.max(field.run.verdict))
    }

    /// The first time above the limit of that verdict.
    pub fn crossing(&self) -> Option<Crossing> {
        let certificate = &self.certified.certificate;
        match &self.mean_field {
            Some(field) if field.run.verdict > certificate.verdict => field.run.crossing,
            _ => certificate.crossing,
        }
    }

    /// What is amplified most.
    pub fn direction(&self) -> &Direction {
        &self.certified.certificate.direction
    }
}
