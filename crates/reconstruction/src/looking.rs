//! Frames and members of a reconstruction to look through, for its page.

use crate::observed::observed;
use crate::{Ensemble, Problem, Result};
use equipoise_experiment::{LIMIT_QUANTILE, Planes, UNIT, spread as spread_of};
use equipoise_field::Shape;
use equipoise_report::{Quantity, Scene, Shown, Viewer, robust_limit, significant};

/// Frames that a page shows.
const FRAMES: usize = 16;

/// Members that it shows.
const MEMBERS: usize = 8;

/// Truth, observed points, members, how far they are from the truth, mean and spread, all as vorticity where there are two
/// velocities and else as the first component, on one symmetric scale. Of long trajectories and large ensembles some
/// frames and members, which the caption says.
pub(crate) fn viewer(problem: &Problem, ensemble: &Ensemble, truth: Option<&[f32]>) -> Result<Viewer> {
    let Shape { frames, height, width, .. } = problem.shape;
    let prior = &problem.prior;
    let every = frames.div_ceil(FRAMES);
    let at: Vec<usize> = (0..frames).step_by(every.max(1)).collect();
    let shown = ensemble.members.len().min(MEMBERS).min(Viewer::room([height, width], at.len()));
    let all = ensemble.members.iter().map(|member| planes(problem, member, &at));
    let all = all.collect::<Result<Vec<Planes>>>()?;
    let mean = planes(problem, ensemble.mean(), &at)?;
    let truth = truth.map(|truth| planes(problem, truth, &at)).transpose()?;
    let (centre, against) = match &truth {
        Some(truth) => (truth, "member less truth"),
        None => (&mean, "member less mean"),
    };
    let members: Vec<Planes> = all[..shown].to_vec();
    let errors = members.iter().map(|member| less(member, centre)).collect();
    let spread = spread(&all, ensemble.weights.as_deref());
    let solid = prior.solid();
    let views: Vec<&[f32]> = centre.iter().map(Vec::as_slice).collect();
    let vorticity = prior.shows_vorticity();
    let name = prior.components().into_iter().next().unwrap_or_default();
    let what = if vorticity { "Vorticity".to_owned() } else { format!("Component {name}, normalised") };
    let scene = Scene {
        caption: format!(
            "{what}: {} of {frames} frames and {shown} of {} members. Sliders move by the arrow keys too.",
            at.len(),
            ensemble.members.len()
        ),
        sides: [height, width],
        grid: prior.grid(),
        limit: robust_limit(&views, solid.as_deref(), LIMIT_QUANTILE),
        unit: if vorticity { UNIT.to_owned() } else { String::new() },
        quantity: if vorticity { Quantity::VORTICITY } else { Quantity::COMPONENTS },
        frames: at.iter().map(|t| told(problem, *t)).collect(),
        members: ensemble.indices[..shown].iter().map(|index| format!("member {index}")).collect(),
        solid: solid.as_deref(),
    };
    let mut layers = Vec::new();
    layers.extend(truth.clone().map(|truth| ("truth", Shown::Frames(truth))));
    layers.push(("observed points", Shown::Points(at.iter().map(|t| observed(problem, Some(*t))).collect())));
    layers.push(("member", Shown::Members(members)));
    layers.push((against, Shown::Members(errors)));
    layers.push(("mean", Shown::Frames(mean)));
    layers.extend(spread.map(|spread| ("standard deviation of the members", Shown::Frames(spread))));
    Ok(Viewer::draw(scene, layers)?)
}

/// What is shown of these frames.
fn planes(problem: &Problem, field: &[f32], at: &[usize]) -> Result<Planes> {
    let frame = problem.shape.frame();
    let first = |t: &usize| {
        let shown = problem.prior.shown(&field[t * frame..(t + 1) * frame])?;
        Ok(shown.into_iter().next().map_or_else(Vec::new, |shown| shown.plane))
    };
    at.iter().map(first).collect()
}

fn less(member: &Planes, centre: &Planes) -> Planes {
    let of = |(a, b): (&Vec<f32>, &Vec<f32>)| a.iter().zip(b).map(|(a, b)| a - b).collect();
    member.iter().zip(centre).map(of).collect()
}

/// The standard deviation of the members at every point about their own mean, unbiased in its square; `None` for one.
fn spread(members: &[Planes], weights: Option<&[f64]>) -> Option<Planes> {
    let count = members.len();
    let even = vec![1.0 / count as f64; count];
    let weights = weights.unwrap_or(&even);
    let rest = 1.0 - weights.iter().map(|w| w * w).sum::<f64>();
    if count < 2 || rest <= 0.0 {
        return None;
    }
    Some(spread_of(members, weights))
}

/// What a frame is called: its number, and its time after the first.
fn told(problem: &Problem, t: usize) -> String {
    let after = t as f64 * problem.prior.coordinates().time_step;
    format!("frame {} of {}, {} after the first", t + 1, problem.shape.frames, significant(after, 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two members: half their squared distance, whatever the weights; one has none.
    #[test]
    fn spread_is_unbiased_with_and_without_weights() {
        let members = [vec![vec![1.0f32, 0.0]], vec![vec![3.0, 0.0]]];
        for weights in [None, Some(&[0.25, 0.75][..])] {
            let found = spread(&members, weights).unwrap();
            assert!((found[0][0] - 2f32.sqrt()).abs() < 1e-6 && found[0][1].abs() < 1e-6, "{found:?}");
        }
        assert_eq!(spread(&members[..1], None), None);
        assert_eq!(spread(&members, Some(&[1.0, 0.0])), None);
    }
}
