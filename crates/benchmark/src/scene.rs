//! One flow with its prior: a truth to test on, and another one to tune on.

use crate::plan::label;
use crate::{Error, Result};
use equipoise_experiment::{Flow, Segment};
use equipoise_field::{Shape, sum};
use equipoise_prior::{DenoiserName, PriorDenoiser};
use equipoise_wiener::Wiener;
use std::fmt;
use std::sync::Arc;

/// A field that is observed, and where in its file it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Its window.
    pub segment: Segment,
    /// Normalised, (T, C, H, W).
    pub values: Vec<f32>,
}

/// A prior with two truths that share no frame.
pub struct Scene {
    pub(crate) name: String,
    /// What jobs call it.
    pub(crate) label: String,
    /// The prior where it is not the Gaussian, and normalised training windows at which it is probed.
    pub(crate) other: Option<(PriorDenoiser, Arc<[Vec<f32>]>)>,
    pub(crate) shape: Shape,
    pub(crate) wiener: Arc<Wiener<f32>>,
    pub(crate) included: Vec<bool>,
    /// The cells that a mask hides, which are not observed.
    pub(crate) hidden: Option<Vec<bool>>,
    pub(crate) test: Truth,
    pub(crate) validation: Truth,
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scene")
            .field("label", &self.label)
            .field("shape", &self.shape)
            .field("segments", &self.segments())
            .finish_non_exhaustive()
    }
}

impl Scene {
    /// A scene from its parts; `included` tells for each point of the plane whether it takes part in
    /// error measures.
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::NotApart`] when the windows share a frame or hold the same numbers.
    pub fn new(
        name: &str,
        shape: Shape,
        wiener: Arc<Wiener<f32>>,
        included: Vec<bool>,
        [test, validation]: [Truth; 2],
    ) -> Result<Self> {
        let lengths = [
            ("prior mean", wiener.mean().len(), shape.len()),
            ("test truth", test.values.len(), shape.len()),
            ("validation truth", validation.values.len(), shape.len()),
            ("included points", included.len(), shape.plane()),
        ];
        let dataset = name.to_owned();
        if let Some((field, found, expected)) = lengths.into_iter().find(|l| l.1 != l.2) {
            return Err(Error::Length { dataset, field, found, expected });
        }
        if test.segment.overlaps(validation.segment, shape.frames) {
            let Segment { trajectory, start } = validation.segment;
            let found = format!("frames {start} to {} of trajectory {trajectory}", start + shape.frames - 1);
            return Err(Error::NotApart { dataset, found });
        }
        if test.values == validation.values {
            return Err(Error::NotApart { dataset, found: "the same numbers".into() });
        }
        let label = dataset.clone();
        let (other, hidden) = (None, None);
        Ok(Self { name: dataset, label, other, shape, wiener, included, hidden, test, validation })
    }

    /// The scenes of two windows of one flow, the first to test on, one for each of its priors.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Error::Experiment`] when the prior's mean and covariance do not fit.
    pub fn of(flows: &[Flow; 2]) -> Result<Vec<Self>> {
        let [test, _] = flows;
        let under = |prior: &DenoiserName| {
            let mut scene = Self::gaussian(flows)?;
            scene.label = label(test.name(), prior);
            let other = test.denoiser_of(prior)?;
            scene.other = other.map(|other| (other.clone(), test.windows()));
            Ok(scene)
        };
        test.priors().iter().map(under).collect()
    }

    fn gaussian([test, validation]: &[Flow; 2]) -> Result<Self> {
        let wiener = test.prior().denoiser().map_err(equipoise_experiment::Error::flow(test.name()))?;
        let wiener = Arc::new(wiener);
        let truth = |flow: &Flow| Truth { segment: flow.segment(), values: flow.truth().to_vec() };
        let truths = [truth(test), truth(validation)];
        let (shape, included) = (test.prior().shape(), test.included().to_vec());
        let hidden = test.hidden().map(<[bool]>::to_vec);
        Ok(Self { hidden, ..Self::new(test.name(), shape, wiener, included, truths)? })
    }

    /// Its name, with the prior where that is not the Gaussian.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// (T, C, H, W).
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The windows to test and to tune on.
    pub fn segments(&self) -> [Segment; 2] {
        [self.test.segment, self.validation.segment]
    }

    /// Whether fields are so long that elementwise passes share them among threads, or a denoiser its
    /// windows, so that members go one by one.
    pub(crate) fn parallel_inside(&self) -> bool {
        self.other.is_some() || self.shape.len() >= sum::PARALLEL_FROM
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::{scene_of, truth};

    #[test]
    fn a_validation_truth_that_is_not_apart_is_refused() {
        let refused = |validation| scene_of([truth("test", 0), validation]).err().unwrap().to_string();
        insta::assert_snapshot!([refused(truth("other", 0)), refused(truth("test", 1))].join("\n"), @r"
        dataset `small`, validation truth: found frames 0 to 0 of trajectory 0, expected one apart from the test truth
        dataset `small`, validation truth: found the same numbers, expected one apart from the test truth
        ");
        assert!(scene_of([truth("test", 0), truth("other", 1)]).is_ok());
    }

    #[test]
    fn fields_of_another_length_are_named() {
        let mut short = truth("validation", 1);
        short.values.pop();
        let message = scene_of([truth("test", 0), short]).err().unwrap().to_string();
        assert_eq!(message, "dataset `small`, validation truth: found length 63, expected 64");
    }
}
