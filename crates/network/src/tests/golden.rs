//! Networks against the numbers of their own codes: SDA c10dacb and azula 0.11.1, on PyTorch 2.15.

use crate::{Architecture, Input, Keep, Network, Room};
use equipoise_field::Real;
use equipoise_weights::{Pick, State};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The golden networks; those of another folder of the same layout where `GOLDEN` names one.
fn folder() -> PathBuf {
    match std::env::var("GOLDEN") {
        Ok(path) => PathBuf::from(path),
        Err(_) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/networks"),
    }
}

fn read(path: &Path) -> State {
    State::read(path, Pick::Only).unwrap()
}

/// One case: its network in both precisions, and its values.
struct Case {
    name: String,
    values: hdf5::File,
    grid: [usize; 2],
    wide: Network<f64>,
    narrow: Network<f32>,
}

impl Case {
    fn open(path: &Path) -> Self {
        let config = fs::read_to_string(path.join("config.json")).unwrap();
        let config: Value = serde_json::from_str(&config).unwrap();
        let files = ["state.safetensors", "state.pth"].map(|name| path.join(name));
        let state = read(files.iter().find(|file| file.exists()).unwrap());
        let architecture = Architecture::from_config(&config, &state).unwrap();
        let values = hdf5::File::open(path.join("values.h5")).unwrap();
        let grid = ["H", "W"]
            .map(|name| values.attr(name).and_then(|a| a.read_scalar::<i64>()).unwrap_or(0) as usize);
        Self {
            name: path.strip_prefix(folder()).unwrap().display().to_string(),
            values,
            grid,
            wide: Network::new(&architecture, state.clone()).unwrap(),
            narrow: Network::new(&architecture, state).unwrap(),
        }
    }

    fn all(family: &str) -> Vec<Self> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder().join(family)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.is_dir());
        paths.sort();
        paths.iter().map(|path| Self::open(path)).collect()
    }

    fn get(&self, name: &str) -> Option<Vec<f64>> {
        self.values.dataset(name).ok().map(|dataset| dataset.read_raw::<f64>().unwrap())
    }

    fn agree(&self, name: &str, found: &[f64], tolerance: f64) {
        let Some(expected) = self.get(name) else { return };
        near(&format!("{} {name}", self.name), found, &expected, tolerance);
    }
}

/// That max |found − expected| over max |expected| stays below `tolerance`.
fn near(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    assert!(found.iter().all(|value| value.is_finite()), "{what}");
    let scale = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let error = found.iter().zip(expected).fold(0.0f64, |m, (a, b)| m.max((a - b).abs())) / scale;
    println!("{what:70} {error:.1e}");
    assert!(error <= tolerance, "{what}: {error:e}");
}

fn narrow<R: Real>(values: &[f64]) -> Vec<R> {
    values.iter().map(|v| R::narrow(*v)).collect()
}

fn wide<R: Real>(values: &[R]) -> Vec<f64> {
    values.iter().map(|v| v.wide()).collect()
}

/// Output, Jᵀv and J v at each of the times, one after the other.
fn products<R: Real>(
    network: &Network<R>,
    grid: [usize; 2],
    [x, v, context]: [&[f64]; 3],
    times: &[f64],
) -> [Vec<f64>; 3] {
    let (mut outs, mut vjps, mut jvps) = (Vec::new(), Vec::new(), Vec::new());
    let (x, v, context) = (narrow::<R>(x), narrow::<R>(v), narrow::<R>(context));
    let mut room = Room::default();
    for time in times {
        let input = Input { grid, x: &x, c_time: &[*time], context: &context };
        let count = x.len() / (network.channels() * grid[0] * grid[1]);
        let mut out = vec![R::nan(); count * network.outputs() * grid[0] * grid[1]];
        let mut run = network.run(input, Keep::Products, &mut out, &mut room).unwrap();
        outs.extend(wide(&out));
        if v.is_empty() {
            continue;
        }
        let mut vjp = vec![R::nan(); x.len()];
        run.vjp(&v, &mut vjp).unwrap();
        vjps.extend(wide(&vjp));
        run.jvp(&v, &mut out).unwrap();
        jvps.extend(wide(&out));
    }
    [outs, vjps, jvps]
}

/// Largest errors over largest values. Seen: 3e-15 and 7e-7; the codes' own f32 and f64 lie 2e-7 to 1.5e-6 apart.
const F64: f64 = 1e-12;
const F32: f64 = 5e-6;

#[test]
fn windows_of_sda() {
    for case in Case::all("sda_small") {
        let (t, x) = (case.get("t").unwrap(), case.get("kernel/x").unwrap());
        let v = case.get("kernel/v").unwrap_or_default();
        let embed = |time: &f64| case.wide.embedding(*time).unwrap();
        case.agree("kernel/embedding_f64", &t.iter().flat_map(embed).collect::<Vec<_>>(), F64);
        let embed = |time: &f64| wide(&case.narrow.embedding(*time).unwrap());
        case.agree("kernel/embedding_f32", &t.iter().flat_map(embed).collect::<Vec<_>>(), F32);
        let [eps, vjp, jvp] = products(&case.wide, case.grid, [&x, &v, &[]], &t);
        case.agree("kernel/eps_f64", &eps, F64);
        if !v.is_empty() {
            case.agree("kernel/vjp_f64", &vjp, F64);
            case.agree("kernel/jvp_f64", &jvp[..jvp.len().min(2 * x.len())], F64);
        }
        let [eps, vjp, _] = products(&case.narrow, case.grid, [&x, &v, &[]], &t);
        case.agree("kernel/eps_f32", &eps, F32);
        case.agree("kernel/vjp_f32", &vjp, F32);
        if let Ok(dataset) = case.values.dataset("kernel/eps_batched_t_f64") {
            let times = dataset.attr("t").unwrap().read_raw::<f64>().unwrap();
            let input = Input { grid: case.grid, x: &x, c_time: &times, context: &[] };
            let mut out = vec![0.0; x.len()];
            case.wide.run(input, Keep::Output, &mut out, &mut Room::default()).unwrap();
            case.agree("kernel/eps_batched_t_f64", &out, F64);
        }
    }
}

#[test]
fn networks_of_azula() {
    for case in Case::all("azula_small") {
        let x = case.get("net/x").unwrap();
        let context = case.get("cond").unwrap_or_default();
        let times = [-1.0, 1.0];
        let embed = |time: &f64| case.wide.embedding(*time).unwrap();
        case.agree("net/time_encoding_f64", &times.iter().flat_map(embed).collect::<Vec<_>>(), F64);
        let [out, ..] = products(&case.wide, case.grid, [&x, &[], &context], &times);
        case.agree("net/out_f64", &out, F64);
        let [out, ..] = products(&case.narrow, case.grid, [&x, &[], &context], &times);
        case.agree("net/out_f32", &out, F32);
        let square = case.wide.channels() == case.wide.outputs();
        for wrapper in ["karras", "simple"].into_iter().filter(|_| square) {
            wrapped(&case, wrapper, &context);
        }
    }
}

/// x̂ and Jᵀv through a wrapper's preconditioning.
fn wrapped(case: &Case, wrapper: &str, context: &[f64]) {
    let [alpha, sigma, x, v] = ["alpha", "sigma", "x", "v"].map(|name| case.get(name).unwrap());
    let dim = x.len() / alpha.len();
    let both = |narrowly: bool| {
        let (mut means, mut vjps) = (Vec::new(), Vec::new());
        for ((x, &alpha), &sigma) in x.chunks_exact(dim).zip(&alpha).zip(&sigma) {
            let square = alpha * alpha + sigma * sigma;
            let c_in = square.sqrt().recip();
            let (skip, out) = if wrapper == "karras" { (alpha / square, sigma * c_in) } else { (0.0, 1.0) };
            let scaled: Vec<f64> = x.iter().map(|x| c_in * x).collect();
            let pulled: Vec<f64> = v.iter().map(|v| out * v).collect();
            let time = [(sigma / alpha).ln()];
            let inputs = [&scaled[..], &pulled, context];
            let [output, vjp, _] = if narrowly {
                products(&case.narrow, case.grid, inputs, &time)
            } else {
                products(&case.wide, case.grid, inputs, &time)
            };
            means.extend(x.iter().zip(&output).map(|(x, f)| skip * x + out * f));
            vjps.extend(v.iter().zip(&vjp).map(|(v, g)| skip * v + c_in * g));
        }
        [means, vjps]
    };
    let [means, vjps] = both(false);
    case.agree(&format!("{wrapper}/mean_f64"), &means, F64);
    case.agree(&format!("{wrapper}/vjp_f64"), &vjps, F64);
    let [means, vjps] = both(true);
    case.agree(&format!("{wrapper}/mean_f32"), &means, F32);
    case.agree(&format!("{wrapper}/vjp_f32"), &vjps, F32);
}

/// Every named tensor of a file of gradients, in the order of the network's parameters.
fn gradients<R: Real>(path: &Path, network: &Network<R>) -> Vec<f64> {
    let mut state = read(path);
    let parameters = network.parameters();
    let all = parameters.flat_map(|of| state.take(of.name, of.shape).unwrap().to::<f64>()).collect();
    state.finish().unwrap();
    all
}

/// SDA's loss mean (ε̂ − ε)² and its gradient, each member at a time of its own.
fn loss<R: Real>(case: &Case, network: &Network<R>) -> (f64, Vec<f64>) {
    let [x, eps, times] = ["x_t_f64", "eps", "t"].map(|name| case.get(name).unwrap());
    let (x, mut out, mut room) = (narrow::<R>(&x), vec![R::nan(); eps.len()], Room::default());
    let input = Input { grid: case.grid, x: &x, c_time: &times, context: &[] };
    let mut run = network.run(input, Keep::Gradients, &mut out, &mut room).unwrap();
    let errors: Vec<f64> = out.iter().zip(&eps).map(|(out, eps)| out.wide() - eps).collect();
    let slope: Vec<f64> = errors.iter().map(|error| 2.0 * error / errors.len() as f64).collect();
    let mut gradient = vec![R::nan(); network.parameter_count()];
    run.gradients(&narrow(&slope), &mut gradient).unwrap();
    (errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64, wide(&gradient))
}

#[test]
fn gradients_of_sda() {
    let path = folder().join("dsm_training/small");
    let case = Case::open(&path);
    let (value, found) = loss(&case, &case.wide);
    assert!((value / case.get("losses_f64").unwrap()[0] - 1.0).abs() < F64, "{value}");
    near("gradient f64", &found, &gradients(&path.join("grad_f64.safetensors"), &case.wide), F64);
    let (_, found) = loss(&case, &case.narrow);
    near("gradient f32", &found, &gradients(&path.join("grad_f32.safetensors"), &case.narrow), F32);
}
