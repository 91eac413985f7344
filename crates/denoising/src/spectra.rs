//! Energy spectra of samples beside those of held-out and training windows.

use crate::{Flow, Result, Samples};
use equipoise_field::Boundary;
use equipoise_metrics::energy_spectrum;

/// The mean spectrum of some windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// Whose.
    pub name: String,
    /// How many windows.
    pub windows: usize,
    /// (wavenumber, E(k)) of shells 0, 1, …, wavenumbers by the grid's unit of length, energy in squares
    /// of normalised units.
    pub energy: Vec<(f64, f64)>,
}

/// The spectra of the samples of every denoiser, of the held-out windows and of the training windows;
/// none on a grid that does not wrap.
///
/// # Errors
/// [`DenoisingError::Metrics`](crate::DenoisingError::Metrics).
pub fn spectra(flow: &Flow, all: &[Samples]) -> Result<Vec<Spectrum>> {
    if flow.prior().grid().boundary != Boundary::Periodic {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let mut held_out = Mean::default();
    flow.held_out().iter().try_for_each(|window| held_out.add(flow, &window.x))?;
    found.push(held_out.named("held out"));
    let (mut training, mut outcome) = (Mean::default(), Ok(()));
    flow.each_training_window(&mut |x| {
        if outcome.is_ok() {
            outcome = training.add(flow, x);
        }
    })?;
    outcome?;
    found.push(training.named("training"));
    for samples in all.iter().filter(|samples| !samples.members.is_empty()) {
        let mut mean = Mean::default();
        samples.members.iter().try_for_each(|member| mean.add(flow, &member.x))?;
        found.push(mean.named(&samples.denoiser.to_string()));
    }
    Ok(found)
}

#[derive(Default)]
struct Mean {
    windows: usize,
    unit: f64,
    sums: Vec<f64>,
}

impl Mean {
    fn add(&mut self, flow: &Flow, x: &[f32]) -> Result<()> {
        let found = energy_spectrum(x, flow.shape(), &flow.prior().grid())?;
        self.sums.resize(found.energy.len(), 0.0);
        self.sums.iter_mut().zip(&found.energy).for_each(|(sum, e)| *sum += e);
        (self.windows, self.unit) = (self.windows + 1, found.unit);
        Ok(())
    }

    fn named(self, name: &str) -> Spectrum {
        let shell = |(k, sum): (usize, f64)| (k as f64 * self.unit, sum / self.windows as f64);
        let energy = self.sums.into_iter().enumerate().map(shell).collect();
        Spectrum { name: name.to_owned(), windows: self.windows, energy }
    }
}
