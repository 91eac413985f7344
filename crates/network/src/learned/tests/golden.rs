//! Values of SDA's and azula's own codes, through what stands around their networks.

use super::{Folder, azula, case};
use crate::{Learned, Preconditioning};
use equipoise_denoiser::{Denoiser, Tape};
use equipoise_field::Real;
use equipoise_schedule::{Level, Schedule, ScheduleName, Ve};
use std::path::Path;

fn values(file: &hdf5::File, name: &str) -> Option<Vec<f64>> {
    file.dataset(name).ok().map(|dataset| dataset.read_raw::<f64>().unwrap())
}

/// The largest error over the largest value.
fn error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0f64, |m, v| m.max(v.abs()));
    largest(&mut found.iter().zip(expected).map(|(a, b)| a - b)) / largest(&mut expected.iter().copied())
}

/// x̂ and Jᵀv of all states together, linearised once.
fn products<R: Real>(learned: &Learned<R>, x: &[f64], v: &[f64], level: Level) -> [Vec<f64>; 2] {
    let narrow = |values: &[f64]| values.iter().map(|v| R::narrow(*v)).collect::<Vec<R>>();
    let (x, v) = (narrow(x), narrow(v));
    let (mut x_hat, mut out) = (vec![R::nan(); x.len()], vec![R::nan(); x.len()]);
    let mut tape = Tape::new();
    let mut linear = learned.linearise(&x, level, &mut x_hat, &mut tape).unwrap();
    linear.vjp(&v, &mut out).unwrap();
    [x_hat, out].map(|values| values.iter().map(|value| value.wide()).collect())
}

/// SDA's ε̂ through x̂ = (x_t − σε̂)/μ, at the levels of its own schedule and at those of another with their σ/μ.
fn sda<R: Real>(name: &str, suffix: &str, tolerance: f64) {
    let path = case(name);
    let file = hdf5::File::open(path.join("values.h5")).unwrap();
    let learned = Learned::<R>::open(&path, None).unwrap();
    let schedule = "cos".parse::<ScheduleName>().unwrap().build(1e-3).unwrap();
    let [t, x, v] = ["t", "kernel/x", "kernel/v"].map(|name| values(&file, name).unwrap());
    let [eps, vjp] = ["eps", "vjp"].map(|name| values(&file, &format!("kernel/{name}_{suffix}")).unwrap());
    for (i, &t) in t.iter().enumerate() {
        let level = schedule.level(t);
        let (eps, vjp) = (&eps[i * x.len()..][..x.len()], &vjp[i * x.len()..][..x.len()]);
        let x_hat: Vec<f64> = x.iter().zip(eps).map(|(x, e)| (x - level.sigma * e) / level.mu).collect();
        let pulled: Vec<f64> = v.iter().zip(vjp).map(|(v, g)| (v - level.sigma * g) / level.mu).collect();
        let [found, product] = products(&learned, &x, &v, level);
        assert!(error(&found, &x_hat) <= tolerance, "{name}, t = {t}: {:e}", error(&found, &x_hat));
        assert!(error(&product, &pulled) <= tolerance, "{name}, t = {t}: {:e}", error(&product, &pulled));
        // The same ratio at μ = 1.
        let other = Ve::new(1e-3, 1e3).unwrap();
        let time = equipoise_schedule::times_of_ratios(&other, &[level.ratio()]).unwrap()[0];
        let scaled: Vec<f64> = x.iter().map(|x| x / level.mu).collect();
        let [found, product] = products(&learned, &scaled, &v, other.level(time));
        let pulled: Vec<f64> = pulled.iter().map(|g| g * level.mu).collect();
        assert!(error(&found, &x_hat) <= tolerance, "{name}, t = {t}, driven by another schedule");
        assert!(error(&product, &pulled) <= tolerance, "{name}, t = {t}, driven by another schedule");
    }
}

#[test]
fn windows_of_sda_are_denoised() {
    for name in ["sda_small/w3", "sda_small/a16"] {
        sda::<f64>(name, "f64", 1e-11);
        sda::<f32>(name, "f32", 5e-6);
    }
}

/// x̂ and Jᵀv at every level of the file, which are counted.
fn wrapped<R: Real>(folder: &Path, file: &hdf5::File, wrapper: &str, suffix: &str, tolerance: f64) -> usize {
    let attribute = |name| file.attr(name).and_then(|a| a.read_scalar::<i64>()).unwrap() as usize;
    let learned = Learned::<R>::open(folder, Some([attribute("H"), attribute("W")])).unwrap();
    let [alpha, sigma, x, v] = ["alpha", "sigma", "x", "v"].map(|name| values(file, name).unwrap());
    let read = |name| values(file, &format!("{wrapper}/{name}_{suffix}"));
    let Some((mean, vjp)) = read("mean").zip(read("vjp")) else { return 0 };
    let len = x.len() / alpha.len();
    for (i, (&mu, &sigma)) in alpha.iter().zip(&sigma).enumerate() {
        let part = |values: &[f64]| values[i * len..][..len].to_vec();
        let v = if v.len() == x.len() { part(&v) } else { v.clone() };
        let [found, product] = products(&learned, &part(&x), &v, Level { mu, sigma });
        let errors = [error(&found, &part(&mean)), error(&product, &part(&vjp))];
        assert!(errors.iter().all(|error| *error <= tolerance), "{wrapper}, level {i}: {errors:?}");
    }
    alpha.len()
}

#[test]
fn denoisers_of_azula_are_met() {
    let mut seen = 0;
    for name in ["nomod_periodic", "group_zeros_odd", "rms_periodic_cond", "layer_periodic"] {
        let name = format!("azula_small/{name}");
        let file = hdf5::File::open(case(&name).join("values.h5")).unwrap();
        for (wrapper, kind) in [("karras", Preconditioning::Karras), ("simple", Preconditioning::Simple)] {
            let mut answers = azula(kind);
            answers.context = values(&file, "cond").map(|_| "context.safetensors".to_owned());
            let folder = Folder::of(&name, &answers);
            if let Ok(cond) = file.dataset("cond") {
                let numbers: Vec<u8> =
                    cond.read_raw::<f64>().unwrap().iter().flat_map(|value| value.to_le_bytes()).collect();
                let shape: Vec<usize> = cond.shape().iter().rev().take(3).rev().copied().collect();
                let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F64, shape, &numbers);
                let bytes = safetensors::serialize([("context", view.unwrap())], None).unwrap();
                std::fs::write(folder.path().join("context.safetensors"), bytes).unwrap();
            }
            seen += wrapped::<f64>(folder.path(), &file, wrapper, "f64", 1e-11);
            seen += wrapped::<f32>(folder.path(), &file, wrapper, "f32", 5e-6);
        }
    }
    assert!(seen >= 4 * 2 * 4, "{seen} levels were compared");
}
