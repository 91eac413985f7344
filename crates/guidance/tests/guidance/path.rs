//! The step in the prior's coefficients is the step from x̂ and g.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_covariance::{Covariance, fit_dense, fit_low_rank, fit_stationary};
use equipoise_field::{Shape, sum};
use equipoise_guidance::{Evidence, Exact, Excess, GaussianPath, Guidance, Scratch, Sda, Strength};
use equipoise_innovation::ObservedPrior;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{Coarsen, LinearOperator, Mask, Subsample};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

const SHAPE: Shape = Shape::new(2, 2, 6, 8);
const LEVELS: [Level; 3] =
    [Level { mu: 0.02, sigma: 1.0 }, Level { mu: 0.7, sigma: 0.7 }, Level { mu: 0.999, sigma: 0.05 }];

fn priors() -> Vec<Arc<dyn Covariance<f64>>> {
    let data: Vec<Vec<f64>> = (0..7).map(|s| Stream::new("data").number(s).normal(0, SHAPE.len())).collect();
    let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    vec![
        Arc::new(fit_low_rank(&views, 4, 0.1).unwrap().covariance),
        Arc::new(fit_dense(&views, 0.1).unwrap().1),
        Arc::new(fit_stationary(SHAPE, &views, 0.1).unwrap().1),
    ]
}

fn operators() -> Vec<Arc<dyn LinearOperator<f64>>> {
    let points = (0..SHAPE.len()).filter(|i| i % 5 == 1).collect();
    vec![
        Arc::new(Subsample::new(SHAPE, 2).unwrap()),
        Arc::new(Subsample::new(SHAPE, 4).unwrap()),
        Arc::new(Mask::new(SHAPE.len(), points).unwrap()),
        Arc::new(Coarsen::new(SHAPE, 2).unwrap()),
    ]
}

fn estimate(guidance: &dyn Guidance<f64>, x_t: &[f64], level: Level) -> (Vec<f64>, Evidence) {
    let mut eps = vec![f64::NAN; x_t.len()];
    let evidence = guidance.noise_estimate(x_t, level, &mut eps, &mut Scratch::new()).unwrap();
    (eps, evidence)
}

/// Both ways differ by a few hundred roundings of ε_y, amplified where S is ill-conditioned by
/// λ_max/s² < 1e4, and by the tolerance 1e-10 where S is solved by iteration.
#[test]
fn both_ways_agree_for_every_prior_operator_and_method() {
    let noise = NoiseVariance::Uniform(0.04);
    for prior in priors() {
        for operator in operators() {
            let wiener = Arc::new(
                Wiener::new(Stream::new("mean").normal(0, SHAPE.len()), Arc::clone(&prior)).unwrap(),
            );
            let observed =
                ObservedPrior::new(Arc::clone(&prior), Arc::clone(&operator), noise.clone()).unwrap();
            let y = Stream::new("y").normal(0, operator.len_out());
            let observation = Arc::new(Observed::shared(y, Arc::clone(&operator), noise.clone()).unwrap());
            let path = Arc::new(GaussianPath::new(Arc::clone(&wiener), observed.clone()).unwrap());
            let strength = |adaptive| Strength {
                variance: noise.clone(),
                excess: Excess::Gamma(0.01),
                factor: 0.5,
                adaptive,
            };
            let sda = |adaptive| Sda::new(wiener.clone(), observation.clone(), strength(adaptive));
            let table = Exact::innovations(&observed, &LEVELS).unwrap();
            let exact = || Exact::new(wiener.clone(), observation.clone(), table.clone());
            let pairs: Vec<[Box<dyn Guidance<f64>>; 2]> = vec![
                [Box::new(sda(None)), Box::new(sda(None).along(path.clone()))],
                [Box::new(sda(Some(1.0))), Box::new(sda(Some(1.0)).along(path.clone()))],
                [Box::new(exact()), Box::new(exact().along(path.clone()))],
            ];
            for level in LEVELS {
                let x_t: Vec<f64> = Stream::new("x").normal(0, SHAPE.len());
                for [plain, short] in &pairs {
                    let (a, of_a) = estimate(&**plain, &x_t, level);
                    let (b, of_b) = estimate(&**short, &x_t, level);
                    let error = sum::squared_distance(&a, &b).sqrt() / sum::norm(&a);
                    assert!(error < 1e-8, "ε_y differs by {error:e} at {level:?}");
                    let norms = (of_a.guidance_norm, of_b.guidance_norm);
                    assert!((norms.0 / norms.1 - 1.0).abs() < 1e-8, "‖g‖: {norms:?} at {level:?}");
                }
            }
        }
    }
}

/// What a level needs is made when it is met.
#[test]
fn a_level_that_was_not_prepared_has_the_bits_of_one_that_was() {
    let prior = priors().remove(0);
    let operator: Arc<dyn LinearOperator<f64>> = Arc::new(Subsample::new(SHAPE, 2).unwrap());
    let noise = NoiseVariance::Uniform(0.04);
    let observed = ObservedPrior::new(Arc::clone(&prior), Arc::clone(&operator), noise.clone()).unwrap();
    let y = Stream::new("y").normal(0, operator.len_out());
    let observation = Arc::new(Observed::shared(y, operator, noise).unwrap());
    let wiener = Arc::new(Wiener::new(vec![0.0; SHAPE.len()], prior).unwrap());
    let x_t: Vec<f64> = Stream::new("x").normal(0, SHAPE.len());
    let [late, early] = [&LEVELS[..1], &LEVELS].map(|levels| {
        let table = Exact::innovations(&observed, levels).unwrap();
        estimate(&Exact::new(wiener.clone(), observation.clone(), table), &x_t, LEVELS[1])
    });
    assert_eq!(late, early);
}
