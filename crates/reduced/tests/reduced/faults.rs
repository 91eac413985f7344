//! What does not fit is named.

use crate::setting::{Setting, mean, modes, sampler, stationary};
use equipoise_field::Shape;
use equipoise_guidance::Strength;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{Mask, Saturation, Subsample};
use equipoise_reduced::{Draws, Likelihood, Reduced, Start};
use equipoise_scaling::Law;
use equipoise_stream::Stream;
use std::sync::Arc;

const SHAPE: Shape = Shape::new(1, 2, 6, 8);

fn low_rank(
    operator: Arc<dyn equipoise_operator::LinearOperator<f64>>,
    noise: NoiseVariance,
) -> Setting<f64> {
    Setting::new(mean(SHAPE.len()), Arc::new(modes(SHAPE.len(), 3, Some(0.1))), operator, noise)
}

fn fault(setting: &Setting<f64>) -> String {
    setting.space().map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_space_that_does_not_split() {
    let uniform = NoiseVariance::Uniform(0.04);
    let general = equipoise_operator::Dense::new(1, SHAPE.len(), vec![1.0; SHAPE.len()]).unwrap();
    let found = fault(&low_rank(Arc::new(general), uniform.clone()));
    assert!(
        found.starts_with("reduced space: found systems that are") && found.contains("A Aᵀ = c·I"),
        "{found}"
    );
    let covariance = Arc::new(stationary(SHAPE));
    let lattice = Arc::new(Subsample::new(SHAPE, 4).unwrap());
    let found = fault(&Setting::new(mean(SHAPE.len()), covariance, lattice, uniform));
    assert!(found.contains("a lattice whose stride divides the grid"), "{found}");
    let each = NoiseVariance::PerObservation(vec![0.04, 0.05]);
    let found = fault(&low_rank(Arc::new(Mask::new(SHAPE.len(), vec![0, 5]).unwrap()), each));
    assert!(found.starts_with("variances: found one an observation"), "{found}");
}

#[test]
fn observations_laws_and_fields_of_another_kind() {
    let operator = Arc::new(Subsample::new(SHAPE, 2).unwrap());
    let setting = low_rank(operator.clone(), NoiseVariance::Uniform(0.04));
    let sampler = sampler(4, 0);
    let bind = |observation: &Observed<f64>, strength: Strength| {
        let (space, schedule) = (setting.space().unwrap(), setting.schedule.clone());
        Reduced::bind(space, observation, Likelihood::Law(strength), schedule, sampler.clone())
    };
    let strength = setting.strength(Law::Dual, &sampler);
    let other =
        Observed::shared(vec![0.0], Arc::new(Mask::new(96, vec![3]).unwrap()), NoiseVariance::Uniform(1.0));
    let found = bind(&other.unwrap(), strength.clone()).err().unwrap().to_string();
    assert_eq!(found, "y: found length 1, expected 24");

    let bent = Arc::new(Saturation(operator.clone() as Arc<dyn equipoise_operator::LinearOperator<f64>>));
    let bent = Observed::nonlinear(vec![0.0; 24], bent, NoiseVariance::Uniform(0.04)).unwrap();
    let found = bind(&bent, strength.clone()).err().unwrap().to_string();
    assert!(found.starts_with("a reduced run: found a nonlinear observation operator"), "{found}");

    let varied =
        Strength { variance: NoiseVariance::PerObservation((1..25).map(f64::from).collect()), ..strength };
    let reduced = bind(&setting.observation, varied).unwrap();
    let draws = Draws { start: Start::Normal(Stream::new("start")), langevin: Stream::new("z") };
    let found = reduced.run(&draws).unwrap_err().to_string();
    assert!(found.starts_with("variances: found one an observation"), "{found}");

    let reduced = setting.reduced(Some(Law::Dual), &sampler);
    let short = Draws { start: Start::Field(&[0.0]), ..draws };
    assert_eq!(reduced.run(&short).unwrap_err().to_string(), "start: found length 1, expected 96");
    let outcome = reduced.run(&draws).unwrap();
    let end = outcome.end().unwrap();
    assert!(reduced.expand(draws.start, end, &mut [0.0]).is_err());
    let periodic =
        Setting::new(mean(SHAPE.len()), Arc::new(stationary(SHAPE)), operator, NoiseVariance::Uniform(0.04));
    let found = periodic.reduced(None, &sampler).expand(draws.start, end, &mut vec![0.0; 96]);
    assert_eq!(found.unwrap_err().to_string(), "coefficients: found those of another kind of space");
}
