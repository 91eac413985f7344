//! One flow under one of its priors: a truth to test on, and another one to tune on.

use crate::plan::label;
use crate::{Error, Result};
use equipoise_experiment::{Flow, Segment};
use equipoise_field::sum;
use equipoise_prior::DenoiserName;
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// A flow under one of its priors, with two truths that share no frame.
#[derive(Debug)]
pub struct Scene {
    /// What jobs call it.
    pub(crate) label: String,
    pub(crate) prior: DenoiserName,
    /// About the truth to test on, and about the one to tune on.
    pub(crate) flows: Arc<[Flow; 2]>,
    /// The denoiser of the Gaussian.
    pub(crate) wiener: Arc<Wiener<f32>>,
}

impl Scene {
    /// The scenes of two windows of one flow, the first to test on, one for each of its priors.
    ///
    /// # Errors
    /// [`Error::OfDataset`] when the windows share a frame or hold the same numbers; [`Error::Flow`] when the prior's
    /// mean and covariance do not fit.
    pub fn of(flows: &[Flow; 2]) -> Result<Vec<Self>> {
        let [test, validation] = flows;
        let not_apart = |found: String| {
            let (dataset, expected) = (test.name().to_owned(), "one apart from the test truth".to_owned());
            Error::OfDataset { dataset, field: "validation truth", found, expected }
        };
        let (frames, Segment { trajectory, start }) = (test.shape().frames, validation.segment());
        if test.segment().overlaps(validation.segment(), frames) {
            return Err(not_apart(format!(
                "frames {start} to {} of trajectory {trajectory}",
                start + frames - 1
            )));
        }
        if test.truth() == validation.truth() {
            return Err(not_apart("the same numbers".into()));
        }
        let wiener = test.prior().denoiser().map_err(Error::flow(test.name()))?;
        let (wiener, flows) = (Arc::new(wiener), Arc::new(flows.clone()));
        let under = |prior: DenoiserName| Self {
            label: label(test.name(), &prior),
            prior,
            flows: Arc::clone(&flows),
            wiener: Arc::clone(&wiener),
        };
        Ok(test.priors().into_iter().map(under).collect())
    }

    /// The flow about the truth to test on.
    pub(crate) fn test(&self) -> &Flow {
        &self.flows[0]
    }

    /// Whether fields are so long that elementwise passes share them among threads, or a denoiser its
    /// windows, so that members go one by one.
    pub(crate) fn parallel_inside(&self) -> bool {
        !self.prior.is_gaussian() || self.test().shape().len() >= sum::PARALLEL_FROM
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
}
