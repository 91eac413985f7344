//! What `inspect` has to say about one file, as one value.

use equipoise_data::{Audit, CylinderGeometry, Dataset, Inferred, Particulars};
use equipoise_field::{Boundary, Grid, Shape};
use equipoise_metrics::{Inclusion, divergence_residual};
use serde::Serialize;
use std::borrow::Cow;

/// The audit of a file and, unless loading refuses it, the flow in it.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    /// Units and space of the statistics.
    pub(super) space: &'static str,
    #[serde(flatten)]
    pub(super) audit: &'a Audit,
    /// How the axis order came to be used, or that none is.
    pub(super) why: &'static str,
    /// The loaded flow; `None` when loading refuses the file.
    pub(super) flow: Option<Flow<'a>>,
}

impl<'a> Report<'a> {
    pub(super) fn new(audit: &'a Audit, flow: Option<Flow<'a>>) -> Self {
        Self {
            space: "physical units, those of the file; solid cells included",
            audit,
            why: why(audit),
            flow,
        }
    }
}

fn why(audit: &Audit) -> &'static str {
    match (audit.used, audit.inferred) {
        (None, _) => "no order is used: loading stops",
        (Some(_), _) if audit.overridden => "given with --axes",
        (Some(_), Inferred::Order(_)) => "declared, and the data agree",
        (Some(_), Inferred::NoSeries | Inferred::Undecidable) => "declared; the data do not decide",
    }
}

/// What loading makes of the file.
#[derive(Serialize)]
pub(super) struct Flow<'a> {
    /// N.
    pub(super) trajectories: usize,
    /// (T, C, H, W) of one trajectory.
    pub(super) series: Shape,
    pub(super) grid: Grid,
    pub(super) cylinder: Option<Cylinder>,
    pub(super) divergence: Divergence,
    /// Every default and override that went into reading the file.
    pub(super) notes: &'a [String],
    /// What is odd about the numbers.
    pub(super) warnings: Vec<String>,
}

/// The cylinder of a wake.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Cylinder {
    #[serde(flatten)]
    pub(super) geometry: CylinderGeometry,
    /// Solid points of one plane.
    pub(super) solid_points: usize,
}

/// How far the velocity is from free of divergence.
#[derive(Serialize)]
pub(super) struct Divergence {
    /// rms(∇·u)/rms(∇u) over all trajectories and frames.
    pub(super) residual: Option<f64>,
    /// Over which points.
    pub(super) points: &'static str,
    /// Why there is no residual.
    pub(super) undefined: Option<String>,
}

impl<'a> Flow<'a> {
    pub(super) fn of(dataset: &'a Dataset) -> Self {
        let series = dataset.shape(dataset.frames());
        let solid = dataset.solid();
        let cylinder = dataset.geometry().map(|geometry| Cylinder {
            geometry: *geometry,
            solid_points: geometry.mask(series.height, series.width).iter().filter(|solid| **solid).count(),
        });
        Self {
            trajectories: dataset.trajectories(),
            series,
            grid: dataset.grid(),
            cylinder,
            divergence: Divergence::of(dataset, solid.as_deref()),
            notes: dataset.notes(),
            warnings: dataset.warnings().iter().map(ToString::to_string).collect(),
        }
    }
}

impl Divergence {
    fn of(dataset: &Dataset, solid: Option<&[bool]>) -> Self {
        let shape = dataset.shape(dataset.trajectories() * dataset.frames());
        let fluid: Option<Vec<bool>> = solid.map(|solid| solid.iter().map(|solid| !solid).collect());
        let grid = dataset.grid();
        let inclusion = fluid.as_deref().map_or(Inclusion::All, Inclusion::Plane);
        let points = match (grid.boundary, &fluid, dataset.mask()) {
            (Boundary::Periodic, None, _) => "all",
            (Boundary::Periodic, Some(_), None) => "all but those inside the cylinder",
            (Boundary::Periodic, Some(_), Some(_)) => "all but those that are solid or masked",
            (Boundary::Open, None, _) => "all but the outermost",
            (Boundary::Open, Some(_), None) => "all but the outermost and those inside the cylinder",
            (Boundary::Open, Some(_), Some(_)) => "all but the outermost and those that are solid or masked",
        };
        let (values, shape) = velocities(dataset, shape);
        match divergence_residual(&values, shape, &grid, inclusion) {
            Ok(residual) => Self { residual: Some(residual), points, undefined: None },
            Err(reason) => Self { residual: None, points, undefined: Some(reason.to_string()) },
        }
    }
}

/// The two velocities among more components, or all that there is.
fn velocities(dataset: &Dataset, shape: Shape) -> (Cow<'_, [f32]>, Shape) {
    let told = Particulars::stated(dataset.path(), dataset.attributes(), dataset.kind());
    let found = told.ok().and_then(|told| told.velocities(shape.channels)).filter(|_| shape.channels > 2);
    let Some([u, v]) = found else { return (dataset.values().into(), shape) };
    let frames = dataset.values().chunks_exact(shape.frame());
    let mut both = Vec::with_capacity(2 * shape.frames * shape.plane());
    frames.for_each(|frame| {
        for c in [u, v] {
            both.extend_from_slice(&frame[c * shape.plane()..(c + 1) * shape.plane()]);
        }
    });
    (Cow::Owned(both), Shape { channels: 2, ..shape })
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_data::Kind;
    use equipoise_field::Axis;

    /// u = 1 on one line across x, 0 elsewhere, v = 0: ∇·u and |∇u| are ½ beside the line and 0 far
    /// from it.
    #[test]
    fn a_line_source_has_residual_one_or_none_where_it_is_solid_and_a_scalar_has_no_divergence() {
        let grid = Grid { x_axis: Axis::W, dx: 1.0, dy: 1.0, boundary: Boundary::Open };
        let flow = |channels: usize| {
            let series = Shape::new(2, channels, 4, 9);
            let value = |i| if i % 9 == 4 && series.position(i).1 == 0 { 1.0 } else { 0.0 };
            let values = (0..3 * series.len()).map(|i| value(i % series.len())).collect();
            Dataset::in_memory(Kind::GENERIC, grid, series, values).unwrap()
        };
        let around: Vec<bool> = (0..36).map(|i| (3..=5).contains(&(i % 9))).collect();
        let all = Divergence::of(&flow(2), None);
        assert_eq!((all.residual, all.points), (Some(1.0), "all but the outermost"));
        assert_eq!(Divergence::of(&flow(2), Some(&around)).residual, Some(0.0));
        let scalar = Divergence::of(&flow(1), None);
        assert!(scalar.residual.is_none() && scalar.undefined.unwrap().contains("channels"));
    }
}
