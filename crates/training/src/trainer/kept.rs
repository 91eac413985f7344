//! What a training leaves in its folder: its state, the prior, curves.

use super::Training;
use crate::folder::{CHECKPOINT, CURVE, VALIDATION, WEIGHTS, real};
use crate::{Result, Row};
use equipoise_network::{Context, MANIFEST, Shares};
use equipoise_weights::sha256;

/// σ/μ at which shares are fitted.
const SHARED: [f64; 16] =
    [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0];

impl Training {
    /// Writes checkpoint, curves, weights and manifest, each whole or not at all.
    pub(super) fn keep(&mut self) -> Result<()> {
        let _within = tracing::info_span!("checkpoint", step = self.state.step).entered();
        self.share()?;
        self.state.keep(&self.files.path(CHECKPOINT))?;
        let network = self.stepper.network();
        let weights = self.files.path(WEIGHTS);
        network.write(&weights, &self.state.average, self.precision)?;
        let mut manifest = self.manifest.clone();
        manifest.weights_sha256 = Some(sha256(&weights)?);
        manifest.context_sha256 = match &manifest.context {
            Context::File { name } => Some(sha256(&self.files.path(name))?),
            _ => None,
        };
        manifest.write(&self.files.path(MANIFEST), true)?;
        let curve = self.state.curve.iter().enumerate();
        let lines = curve.map(|(k, [loss, rate, norm])| {
            format!("{},{},{},{}\n", k + 1, real(*loss), real(*rate), real(*norm))
        });
        self.files.put(CURVE, &format!("step,loss,rate,norm\n{}", lines.collect::<String>()))?;
        let rows = self.state.rows.iter().map(|row| {
            let Row { step, ratio, network, wiener } = row;
            let over = network / wiener;
            format!("{step},{},{},{},{}\n", real(*ratio), real(*network), real(*wiener), real(over))
        });
        let head = "step,sigma_over_mu,network,wiener,network_over_wiener\n";
        self.files.put(VALIDATION, &format!("{head}{}", rows.collect::<String>()))
    }

    /// How much of the running average's correction of the filter stands at each level that the network is for.
    fn share(&mut self) -> Result<()> {
        if self.manifest.gaussian.is_none() {
            return Ok(());
        }
        let [low, high] = self.manifest.ratios.unwrap_or([0.0, f64::INFINITY]);
        let ratios: Vec<f64> = SHARED.into_iter().filter(|ratio| (low..=high).contains(ratio)).collect();
        self.stepper.network_mut().set_values(&self.state.average)?;
        let pairs = self.validation.shares(&ratios, &mut self.stepper);
        self.stepper.network_mut().set_values(&self.state.theta)?;
        self.manifest.shares = Shares::new(pairs?)?;
        Ok(())
    }
}
