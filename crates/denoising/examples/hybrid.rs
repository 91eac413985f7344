//! Whether a mixture of the Wiener filter and a nonlinear denoiser beats both.
//!
//! At every level x̂ = c·wiener + (1 − c)·other, c fitted on the last training trajectories with denoisers
//! made from the others; then the error on held-out frames, with denoisers made from all. Normalised units.
//!
//! `cargo run --release -p equipoise-denoising --example hybrid [ibpm|kolmogorov]`

use equipoise_data::samples::Sample;
use equipoise_data::{Dataset, LoadOptions, load};
use equipoise_denoising::{Flow, Named, at_ratio};
use equipoise_field::sum;
use equipoise_prior::{DenoiserName, Settings};
use std::error::Error;

type Outcome<T> = Result<T, Box<dyn Error>>;

const RATIOS: [f64; 7] = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
const OTHERS: [&str; 3] = ["optimal", "local", "locality"];

fn main() -> Outcome<()> {
    let wake = std::env::args().nth(1).is_some_and(|name| name == "ibpm");
    let (train, test, kept) = if wake {
        (Sample::IbpmTrain, Sample::IbpmTest, 1)
    } else {
        // Windows 2k and 2k + 1 belong to one trajectory.
        (Sample::KolmogorovTrain, Sample::KolmogorovTest, 36)
    };
    let read = |sample: Sample| load(&sample.path()?, &LoadOptions::default());
    let (train, test) = (read(train)?, read(test)?);
    let settings = Settings { window: 1, ..Settings::of(train.kind(), train.grid()) };
    let fitted = Flow::new(
        "fitted",
        [part(&train, 0, kept)?, part(&train, kept, usize::MAX)?],
        (&settings, None),
        24,
    )?;
    let judged = Flow::new("judged", [train, test], (&settings, None), 16)?;
    println!("c fitted on {}; judged on {}", fitted.counts(), judged.counts());
    println!(
        "{:10} {:>6} {:>6} {:>10} {:>10} {:>10} {:>8}",
        "other", "σ/μ", "c", "wiener", "other", "mixture", "/best"
    );
    for other in OTHERS {
        let names: [DenoiserName; 2] = [DenoiserName::wiener(), other.parse()?];
        let (before, after) = (fitted.denoisers(&names)?, judged.denoisers(&names)?);
        for ratio in RATIOS {
            let [ww, wo, oo] = moments(&fitted, &before, ratio)?;
            let c = ((oo - wo) / (ww + oo - 2.0 * wo)).clamp(0.0, 1.0);
            let [ww, wo, oo] = moments(&judged, &after, ratio)?;
            let mixture = c * c * ww + 2.0 * c * (1.0 - c) * wo + (1.0 - c) * (1.0 - c) * oo;
            println!(
                "{other:10} {ratio:6} {c:6.3} {ww:10.3e} {oo:10.3e} {mixture:10.3e} {:8.3}",
                mixture / ww.min(oo)
            );
        }
    }
    Ok(())
}

/// Trajectories `from..to`.
fn part(data: &Dataset, from: usize, to: usize) -> Outcome<Dataset> {
    let series = data.shape(data.frames());
    let end = to.min(data.trajectories()) * series.len();
    let values = data.values()[from * series.len()..end].to_vec();
    Ok(Dataset::in_memory(data.kind(), data.grid(), series, values)?)
}

/// E‖e_w‖², E⟨e_w, e_o⟩ and E‖e_o‖², by D, of the errors of two denoisers.
fn moments(flow: &Flow, denoisers: &[Named], ratio: f64) -> Outcome<[f64; 3]> {
    let (level, mut found) = (at_ratio(ratio), [0.0; 3]);
    for held_out in flow.held_out() {
        let x_t = flow.noised(held_out, level, 0);
        let mut errors = Vec::new();
        for named in denoisers {
            let mut x_hat = vec![0.0; x_t.len()];
            named.known.denoiser().denoise(&x_t, level, &mut x_hat)?;
            x_hat.iter_mut().zip(&held_out.x).for_each(|(e, x)| *e -= x);
            errors.push(x_hat);
        }
        let pairs = [[0, 0], [0, 1], [1, 1]].map(|[a, b]| sum::dot(&errors[a], &errors[b]));
        let count = (flow.held_out().len() * x_t.len()) as f64;
        found.iter_mut().zip(pairs).for_each(|(sum, pair)| *sum += pair / count);
    }
    Ok(found)
}
