//! The scale of a flow's pictures, and what they show of its windows.

use crate::{Flow, Result};
use equipoise_experiment::{Labelled, View, planes};
use equipoise_field::{Shape, each};

/// On the scale of the held-out windows.
pub(crate) fn view(flow: &Flow) -> Result<View<'_>> {
    let held_out = flow.held_out().iter().map(|held_out| shown(flow, "", &held_out.x, 1.0));
    let shown = held_out.collect::<Result<Vec<_>>>()?.concat();
    Ok(View::of(flow.prior(), flow.solid(), &shown))
}

/// The first frame of x/μ under a label, one plane or one a component.
pub(crate) fn shown(flow: &Flow, label: &str, x: &[f32], mu: f64) -> Result<Vec<Labelled>> {
    let mut frame = x[..Shape { frames: 1, ..flow.shape() }.len()].to_vec();
    each::update(&mut frame, |x| x / mu as f32);
    Ok(planes(flow.prior(), label, &frame)?)
}
