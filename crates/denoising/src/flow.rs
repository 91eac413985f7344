//! One flow: the prior fitted to its training windows, and windows that were held out.

use crate::{Result, at_ratio};
use equipoise_data::sensors::MOST_COMPONENTS;
use equipoise_data::{Dataset, Described, Location, Normalizer, Remark, checksum};
use equipoise_experiment::Error;
use equipoise_field::{Real, Shape, sketched};
use equipoise_locality::Samples;
use equipoise_prior::{DenoiserName, Prior, PriorDenoiser, Settings};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::time::Duration;

/// A window that no denoiser was made from, normalised.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldOut {
    /// Its place among all windows of the file, which names its noise.
    pub window: usize,
    /// (T, C, H, W).
    pub x: Vec<f32>,
}

/// A flow under a prior. All fields are in the prior's normalised units.
pub struct Flow {
    name: String,
    prior: Prior,
    train: Dataset,
    held_out: Vec<HeldOut>,
    windows: usize,
    included: Vec<bool>,
    solid: Option<Vec<bool>>,
    facts: Vec<(String, String)>,
    remarks: Vec<Remark>,
}

/// A denoiser with its name.
#[derive(Clone, Debug)]
pub struct Named {
    /// The name.
    pub name: DenoiserName,
    /// The denoiser with what it knows.
    pub known: PriorDenoiser,
}

sketched!([] Flow, "Flow", |own| name = own.name, prior = own.prior, held_out = own.held_out.len());

impl Flow {
    /// Fits the prior to `train`, in the units of a normalizer where one is known already, as those of a learned prior
    /// are, and takes `count` windows of `data`, evenly spaced over all of them, or all where there are fewer.
    ///
    /// # Errors
    /// [`DenoisingError::Prior`](crate::DenoisingError::Prior), [`DenoisingError::Experiment`](crate::DenoisingError::Experiment) for more components than there are columns for, and [`DenoisingError::Data`](crate::DenoisingError::Data) for files that
    /// do not belong together or one that cannot be read again.
    pub fn new(
        name: &str,
        [train, data]: [Dataset; 2],
        (settings, units): (&Settings, Option<&Normalizer>),
        count: usize,
    ) -> Result<Self> {
        let (data, remarks) = Described::of(&train)?.receive(data, settings.window)?;
        let prior = Prior::fit_in(&train, settings, units)?;
        let shape = prior.shape();
        if !(1..=MOST_COMPONENTS).contains(&shape.channels) {
            let (found, expected) =
                (format!("{} channels", shape.channels), format!("1 to {MOST_COMPONENTS}"));
            return Err(Error::found(train.path(), found, expected).into());
        }
        let all = prior.windows(&data)?;
        let windows = all.count();
        let count = count.min(windows);
        let mut held_out = Vec::with_capacity(count);
        for k in 0..count {
            let window = k * windows / count;
            all.visit(window..window + 1, &mut |_, x| held_out.push(HeldOut { window, x: x.to_vec() }))?;
        }
        let solid = data.solid();
        let included = match &solid {
            Some(solid) => solid.iter().map(|inside| !inside).collect(),
            None => vec![true; shape.plane()],
        };
        let facts = facts(name, &prior, &data)?;
        Ok(Self { name: name.to_owned(), prior, train, held_out, windows, included, solid, facts, remarks })
    }

    /// Its name in results and in streams.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The prior.
    pub fn prior(&self) -> &Prior {
        &self.prior
    }

    /// The training file.
    pub fn train(&self) -> &Dataset {
        &self.train
    }

    /// (T, C, H, W) of a window.
    pub fn shape(&self) -> Shape {
        self.prior.shape()
    }

    /// The windows held out.
    pub fn held_out(&self) -> &[HeldOut] {
        &self.held_out
    }

    /// Whether each point of the plane takes part in errors: the fluid.
    pub fn included(&self) -> &[bool] {
        &self.included
    }

    /// Whether each point of the plane lies inside a body.
    pub fn solid(&self) -> Option<&[bool]> {
        self.solid.as_deref()
    }

    /// What its numbers rest on: files with checksums, prior.
    pub fn facts(&self) -> &[(String, String)] {
        &self.facts
    }

    /// What is to be said of training and held-out data beside each other.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// How many windows numbers are made from, in words.
    pub fn counts(&self) -> String {
        let frame = if self.shape().frames == 1 { "frames" } else { "windows" };
        format!(
            "{} of {} held-out {frame}, {} training {frame}",
            self.held_out.len(),
            self.windows,
            self.prior.provenance().windows
        )
    }

    /// Hands every training window to `each`, normalised, in order.
    ///
    /// # Errors
    /// [`DenoisingError::Prior`](crate::DenoisingError::Prior).
    pub fn each_training_window(&self, each: &mut dyn FnMut(&[f32])) -> Result<()> {
        let all = self.prior.windows(&self.train)?;
        Ok(all.visit(0..all.count(), &mut |_, x| each(x))?)
    }

    /// The denoisers of these names.
    ///
    /// # Errors
    /// [`DenoisingError::Prior`](crate::DenoisingError::Prior).
    pub fn denoisers(&self, names: &[DenoiserName]) -> Result<Vec<Named>> {
        let of = |name: &DenoiserName| {
            let known = self.prior.denoiser_of(name, &self.train)?;
            Ok(Named { name: name.clone().pinned()?, known })
        };
        names.iter().map(of).collect()
    }

    /// About how long one denoising takes on all threads, at ρ = ½; zero without held-out windows.
    ///
    /// # Errors
    /// [`DenoisingError::Prior`](crate::DenoisingError::Prior).
    pub fn probe(&self, named: &Named) -> Result<Duration> {
        let Some(held_out) = self.held_out.first() else { return Ok(Duration::ZERO) };
        let level = at_ratio(0.5);
        Ok(named.known.probe(&self.noised(held_out, level, 0), level)?)
    }

    /// x_t = μx + σε of a held-out window; ε is the same at every level and for every denoiser.
    pub fn noised(&self, held_out: &HeldOut, level: Level, seed: u64) -> Vec<f32> {
        let stream = Stream::new("denoising").text(&self.name).number(seed);
        let mut x_t: Vec<f32> = stream.normal(held_out.window as u64, held_out.x.len());
        let (mu, sigma) = (f32::narrow(level.mu), f32::narrow(level.sigma));
        x_t.iter_mut().zip(&held_out.x).for_each(|(e, x)| *e = mu * x + sigma * *e);
        x_t
    }
}

fn facts(name: &str, prior: &Prior, data: &Dataset) -> Result<Vec<(String, String)>> {
    let (made, settings) = (prior.provenance(), prior.settings());
    let at = Location::of(data.path());
    let digest = if at.exists() { checksum(data.path())? } else { String::new() };
    let model = format!(
        "{}, T = {}, normalizer {}, ridge {:e}, fitted to {} windows",
        settings.model.name(),
        settings.window,
        settings.normalizer,
        settings.ridge,
        made.windows
    );
    let mut facts = vec![
        (format!("{name}: training"), format!("{}, sha256 {}", made.file, made.sha256)),
        (format!("{name}: held out"), format!("{}, sha256 {digest}", at.name())),
        (format!("{name}: prior"), model),
    ];
    facts.extend(made.warnings.iter().map(|odd| (format!("{name}: warning, training"), odd.clone())));
    facts.extend(data.warnings().iter().map(|odd| (format!("{name}: warning, held out"), odd.to_string())));
    Ok(facts)
}
