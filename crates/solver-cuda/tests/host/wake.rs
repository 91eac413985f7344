//! The embedded wake at a window of one frame.

use crate::kernel::have_compiler;
use crate::problems::{Prior, apart, on_cpu, on_host, strength};
use equipoise_covariance::{Covariance, Structure};
use equipoise_data::samples::Sample;
use equipoise_data::{LoadOptions, load};
use equipoise_field::{Real, Shape};
use equipoise_observation::NoiseVariance;
use equipoise_operator::{LinearOperator, Mask, Subsample};
use equipoise_prior::{Model, Prior as Fitted, Settings};
use equipoise_scaling::Law;
use equipoise_solver_cuda::Number;
use std::sync::{Arc, LazyLock};

const RANK: usize = 4;

static WAKE: LazyLock<(Shape, Prior)> = LazyLock::new(|| {
    let train = load(&Sample::IbpmTrain.path().unwrap(), &LoadOptions::default()).unwrap();
    let defaults = Settings::of(train.kind(), train.grid());
    let model = Model::LowRank { rank: Some(RANK) };
    let fitted = Fitted::fit(&train, &Settings { window: 1, model, ..defaults }).unwrap();
    let covariance = fitted.covariance();
    let Structure::Modes(modes) = covariance.structure() else { panic!("a low-rank prior has modes") };
    let wide = |values: &[f32]| values.iter().map(|v| v.wide()).collect();
    let (mean, basis) = (wide(fitted.mean()), wide(modes.basis()));
    let (eigenvalues, complement) = (modes.eigenvalues().to_vec(), modes.complement());
    (fitted.shape(), Prior { mean, basis, eigenvalues, complement })
});

fn check<R: Number>(name: &str, operator: Arc<dyn LinearOperator<R>>) {
    let inference = WAKE.1.inference(operator, &NoiseVariance::Uniform(0.01));
    let strength = strength(Law::Matched, &inference);
    let (cpu, host) = (on_cpu(&inference, &strength), on_host(&inference, &strength));
    apart(&inference, &strength, &cpu, &host).check(name);
}

#[test]
fn the_wake_ends_where_the_cpus_does() {
    if !have_compiler() {
        return;
    }
    let shape = WAKE.0;
    for stride in [2, 4, 7] {
        check::<f32>(&format!("f32, sub {stride}"), Arc::new(Subsample::new(shape, stride).unwrap()));
    }
    check::<f64>("f64, sub 4", Arc::new(Subsample::new(shape, 4).unwrap()));
    let points = (0..shape.len()).filter(|i| i % 97 == 5 || i / 1000 == 31).collect();
    check::<f32>("f32, a mask", Arc::new(Mask::new(shape.len(), points).unwrap()));
}
