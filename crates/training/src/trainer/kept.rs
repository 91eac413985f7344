//! What a training leaves in its folder: its state, the prior, curves.

use super::Training;
use crate::folder::{CHECKPOINT, CURVE, VALIDATION, WEIGHTS};
use crate::{Row, TrainingError};
use equipoise_network::MANIFEST;
use equipoise_weights::sha256;

impl Training {
    /// Writes checkpoint, curves, weights and manifest, each whole or not at all.
    pub(super) fn keep(&self) -> Result<(), TrainingError> {
        self.state.keep(&self.files.path(CHECKPOINT))?;
        let network = self.stepper.network();
        let weights = self.files.path(WEIGHTS);
        network.write(&weights, &self.state.average, self.precision)?;
        let mut manifest = self.manifest.clone();
        manifest.weights_sha256 = Some(sha256(&weights)?);
        manifest.write(&self.files.path(MANIFEST), true)?;
        let curve = self.state.curve.iter().enumerate();
        let lines = curve.map(|(k, [loss, rate, norm])| format!("{},{loss},{rate},{norm}\n", k + 1));
        self.files.put(CURVE, &format!("step,loss,rate,norm\n{}", lines.collect::<String>()))?;
        let rows = self.state.rows.iter().map(|row| {
            let Row { step, ratio, network, wiener } = row;
            format!("{step},{ratio},{network},{wiener},{}\n", network / wiener)
        });
        let head = "step,sigma_over_mu,network,wiener,network_over_wiener\n";
        self.files.put(VALIDATION, &format!("{head}{}", rows.collect::<String>()))
    }
}
