//! Whose windows are composed: AR(1) sequences, or the Gauss–Markov prior of a flow.

use crate::number::count;
use anyhow::Context;
use equipoise_windows::{Series, Subject};
use std::path::Path;

/// Frames of a trajectory of AR(1), and of a flow.
const FRAMES: [usize; 2] = [40, 32];

/// The prior.
#[derive(clap::Args)]
#[command(next_help_heading = "Prior")]
pub(super) struct Source {
    /// Correlations of neighbouring frames of the scalar AR(1) sequence, −1 to 1; −1/ln ρ is its correlation time
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true, default_value = "0.9,0.99", value_parser = correlation)]
    rho: Vec<f64>,

    /// L, frames of a trajectory [default: 40; of a flow 32]
    #[arg(long, value_name = "L", value_parser = count, allow_negative_numbers = true)]
    frames: Option<usize>,
}

fn correlation(text: &str) -> Result<f64, String> {
    let found: Option<f64> = text.parse().ok();
    found.filter(|rho| rho.abs() < 1.0).ok_or_else(|| "expected a number between −1 and 1".into())
}

impl Source {
    /// The files that were named.
    pub(super) fn named(&self) -> Vec<&Path> {
        Vec::new()
    }

    /// L.
    pub(super) fn frames(&self) -> usize {
        self.frames.unwrap_or(FRAMES[0])
    }

    /// k where none is asked for.
    pub(super) fn orders(&self) -> Vec<usize> {
        vec![1, 2, 4, 8]
    }

    /// The priors, and what they rest on by name.
    pub(super) fn open(&self) -> anyhow::Result<(Vec<Subject>, Vec<(String, String)>)> {
        let scalar = |rho: &f64| {
            let series = vec![Series::scalar(*rho, self.frames())?];
            Ok(Subject { name: format!("AR(1) ρ = {rho}"), in_runs: series.clone(), series })
        };
        let subjects = self.rho.iter().map(scalar).collect::<anyhow::Result<_>>().context("--rho")?;
        Ok((subjects, vec![("prior".into(), "scalar AR(1) sequences of variance 1".into())]))
    }
}
