//! Steps against PyTorch's: tests/golden/make.py, PyTorch 2.15 and azula 0.11.1, all in float64.

use crate::{
    AdamW, Average, Batch, Errors, Loss, LossPart, OptimiserPart, Rates, Stepper, Weightings, clip, rate,
};
use equipoise_field::Shape;
use equipoise_network::{
    Architecture, Around, Network, Padding, Preconditioner, Preconditioning, Predicts, SdaUNet, TimeInput,
    TrainedOn,
};
use equipoise_schedule::Level;
use equipoise_weights::{State, Tensor, read_all};
use std::collections::HashMap;
use std::path::Path;

const STEPS: u64 = 5;
const NEAR: f64 = 1e-9;

/// A file of golden values: the parameters ahead of the first step, and what went in and came out.
struct Case {
    state: State,
    values: HashMap<String, Tensor>,
}

impl Case {
    fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        let (golden, state): (Vec<_>, Vec<_>) =
            read_all(&path).unwrap().into_iter().partition(|(key, _)| key.starts_with("golden."));
        let values = golden.into_iter().map(|(key, tensor)| (key["golden.".len()..].to_owned(), tensor));
        Self { state: State::new(name, state), values: values.collect() }
    }

    fn get(&self, name: &str) -> Vec<f64> {
        self.values[name].to()
    }

    /// The tensors of this kind, in the order of the network's parameters.
    fn by_parameter(&self, kind: &str, network: &Network<f64>) -> Vec<f64> {
        network.parameters().flat_map(|p| self.get(&format!("{kind}.{}", p.name))).collect()
    }
}

/// The largest difference over the largest value.
fn near(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0f64, |a, b| a.max(b.abs()));
    let apart = found.iter().zip(expected).fold(0.0f64, |a, (b, c)| a.max((b - c).abs()));
    assert!(apart <= NEAR * largest, "{what}: {apart:e} of {largest:e}");
}

/// All steps of a case.
fn steps(case: &Case, mut stepper: Stepper<f64>) {
    let of = OptimiserPart {
        steps: STEPS,
        rate: 3e-3,
        floor: 0.1,
        schedule: Rates::Cosine,
        warm_up: 0,
        ..OptimiserPart::default()
    };
    let method = AdamW { beta1: 0.8, beta2: 0.99, epsilon: 1e-7, decay: 0.02 };
    let mut theta = stepper.network().values();
    let (mut mean, mut square, mut average) = (vec![0.0; theta.len()], vec![0.0; theta.len()], theta.clone());
    let mut gradient = vec![f64::NAN; theta.len()];
    let [losses, norms, rates] = ["losses", "norms", "rates"].map(|name| case.get(name));
    for step in 1..=STEPS {
        let get = |name: &str| case.get(&format!("{step}.{name}"));
        let (x, noise) = (get("x"), get("noise"));
        let levels: Vec<Level> =
            get("mu").into_iter().zip(get("sigma")).map(|(mu, sigma)| Level { mu, sigma }).collect();
        let loss = stepper.gradient(Batch { x: &x, noise: &noise, levels: &levels }, &mut gradient).unwrap();
        let k = step as usize - 1;
        near(&format!("loss {step}"), &[loss], &losses[k..=k]);
        if step == 1 {
            near("gradient", &gradient, &case.by_parameter("gradient", stepper.network()));
        }
        let norm = clip(&mut gradient, Some(0.3));
        near(&format!("norm {step}"), &[norm], &norms[k..=k]);
        near(&format!("rate {step}"), &[rate(&of, step)], &rates[k..=k]);
        method.step(step, rates[k], &gradient, [&mut theta, &mut mean, &mut square]).unwrap();
        Average { decay: 0.9, warm_up: false }.step(step, &theta, &mut average).unwrap();
        stepper.network_mut().set_values(&theta).unwrap();
        if step == 1 || step == STEPS {
            let kind = format!("theta{step}");
            near(&kind, &theta, &case.by_parameter(&kind, stepper.network()));
        }
    }
    near("average", &average, &case.by_parameter("average", stepper.network()));
}

#[test]
fn five_steps_of_sda_are_pytorchs() {
    let case = Case::read("sda.safetensors");
    let architecture = Architecture::Sda(SdaUNet {
        window: 2,
        features: 1,
        padding: [Padding::Circular; 2],
        ..SdaUNet::from_state(&case.state).unwrap()
    });
    let trained: TrainedOn = "cos:0.001".parse().unwrap();
    let (kind, time) = (Preconditioning::None, TimeInput::Schedule { factor: 1.0 });
    let around = Preconditioner::new(kind, Predicts::Epsilon, time, Some(trained), None).unwrap();
    let part = LossPart { error: Errors::Epsilon, weighting: Weightings::Uniform, ..LossPart::default() };
    let network = Network::new(&architecture, case.state.clone()).unwrap();
    let wrapper = Around { factors: around, filter: None };
    let shape = Shape::new(2, 1, 4, 8);
    steps(&case, Stepper::new(network, wrapper, Loss::new(&part), shape, Vec::new()).unwrap());
}

#[test]
fn five_steps_of_azula_are_pytorchs() {
    let case = Case::read("azula.safetensors");
    let arguments = serde_json::json!({"unet": {"in_channels": 2, "out_channels": 2, "cond_channels": 1,
        "hid_channels": [4, 6], "hid_blocks": [1, 1], "norm": "rms"}, "mod": 4});
    let architecture = Architecture::from_config(&arguments, &case.state).unwrap();
    let (kind, time) = (Preconditioning::Karras, TimeInput::LogRatio);
    let around = Preconditioner::new(kind, Predicts::X, time, None, None).unwrap();
    let part = LossPart { weighting: Weightings::MinSnr, gamma: 2.0, ..LossPart::default() };
    let network = Network::new(&architecture, case.state.clone()).unwrap();
    let (wrapper, context) = (Around { factors: around, filter: None }, case.get("context"));
    let shape = Shape::new(2, 1, 5, 6);
    steps(&case, Stepper::new(network, wrapper, Loss::new(&part), shape, context).unwrap());
}
