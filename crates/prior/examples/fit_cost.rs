//! What a fit of a file costs: seconds and peak memory, on generated data of any size.
//!
//! ```text
//! fit_cost generate FILE n H W     n independent fields of H × W, the s-th stretched by 10/(s + 1)
//! fit_cost fit FILE METHOD MiB     rank 20 by gram or randomised within that memory
//! fit_cost memory FILE             rank 20 by Prior::fit, which loads the file
//! ```

use equipoise_data::{AxisOrder, Kind, LoadOptions, NormalizerKind, Recording, load};
use equipoise_prior::{Model, Prior, Resources, Settings};
use equipoise_stream::Stream;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

const RANK: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["generate", file, n, h, w] => generate(Path::new(file), [n.parse()?, 1, 1, h.parse()?, w.parse()?]),
        ["fit", file, method, mib] => {
            let resources = Resources { memory: mib.parse::<usize>()? << 20, method: method.parse()? };
            fit(Path::new(file), Some(&resources))
        }
        ["memory", file] => fit(Path::new(file), None),
        _ => Err("expected generate FILE n H W, fit FILE METHOD MiB or memory FILE".into()),
    }
}

fn generate(path: &Path, shape: [usize; 5]) -> Result<(), Box<dyn Error>> {
    let file = hdf5::File::create(path)?;
    let dataset = file.new_dataset::<f32>().shape(shape).create("x")?;
    let mut field = vec![0.0f32; shape[3] * shape[4]];
    for n in 0..shape[0] {
        Stream::new("snapshots").fill_normal(n as u64, &mut field);
        field.iter_mut().for_each(|v| *v *= 10.0 / (n + 1) as f32);
        let view = ndarray::ArrayView5::from_shape((1, 1, 1, shape[3], shape[4]), &field)?;
        dataset.write_slice(view, (n..n + 1, .., .., .., ..))?;
    }
    Ok(())
}

fn fit(path: &Path, resources: Option<&Resources>) -> Result<(), Box<dyn Error>> {
    let options = LoadOptions { axes: Some(AxisOrder::NTCHW), kind: Some(Kind::GENERIC) };
    let train = Recording::open(path, &options)?;
    let settings = Settings {
        window: 1,
        normalizer: NormalizerKind::Identity,
        model: Model::LowRank { rank: Some(RANK) },
        ridge: 1e-6,
    };
    let start = Instant::now();
    let prior = match resources {
        Some(resources) => Prior::fit_recording(&train, &settings, resources, &|_| true)?,
        None => Prior::fit(&load(path, &options)?, &settings)?,
    };
    let seconds = start.elapsed().as_secs_f64();
    let (values, _) = prior.spectrum();
    let bound = prior.provenance().sampled.map(|s| s.bound.variance);
    let modes = 4.0 * (RANK * prior.shape().len()) as f64 / f64::from(1 << 20);
    println!(
        "{seconds:.2} s · peak {:.0} MiB · U {modes:.0} MiB · λ_1 {:.8e} λ_20 {:.8e} · bound {bound:?}",
        peak()?,
        values[0],
        values[RANK - 1]
    );
    Ok(())
}

/// VmHWM, in MiB.
fn peak() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1024.0)
}
