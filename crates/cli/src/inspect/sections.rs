//! A report as titled tables.

use super::report::{Cylinder, Divergence, Flow, Report};
use equipoise_data::Audit;
use equipoise_field::{Axis, Boundary, Grid};
use equipoise_report::{Cell, Table};

/// The sections of a report in reading order.
pub(super) fn of(report: &Report<'_>) -> Vec<(&'static str, Table)> {
    let audit = report.audit;
    let mut sections = vec![
        ("file", file(report)),
        ("axis order", order(audit, report.why)),
        ("leading axes as time", candidates(audit)),
        ("channels", channels(audit)),
    ];
    if let Some(flow) = &report.flow {
        sections.extend(of_flow(flow));
    }
    sections
}

fn file(report: &Report<'_>) -> Table {
    let audit = report.audit;
    Table::facts([
        ("path", audit.path.display().to_string().into()),
        ("dataset", audit.variable.as_str().into()),
        ("element", audit.element.as_str().into()),
        ("shape", audit.shape.map(|length| length.to_string()).join(" × ").into()),
        ("kind", audit.kind.map(|kind| kind.to_string()).into()),
        ("values not finite", audit.non_finite.into()),
        ("space", report.space.into()),
    ])
}

fn order(audit: &Audit, why: &str) -> Table {
    Table::facts([
        ("declared", audit.declared.map(|order| order.to_string()).into()),
        ("declared by", audit.declared_by.as_deref().into()),
        ("inferred", audit.inferred.to_string().into()),
        ("confidence", audit.confidence.into()),
        ("used", audit.used.map(|order| order.to_string()).into()),
        ("why", why.into()),
    ])
}

fn candidates(audit: &Audit) -> Table {
    let columns = ["axis", "order", "length", "pairs", "mean squared difference", "correlation"];
    let rows = audit.candidates.iter().enumerate().map(|(axis, candidate)| {
        vec![
            axis.into(),
            candidate.order.to_string().into(),
            candidate.length.into(),
            candidate.pairs.into(),
            candidate.difference.into(),
            candidate.correlation.into(),
        ]
    });
    Table::new(columns, rows.collect())
}

fn channels(audit: &Audit) -> Table {
    let rows = audit.channels.iter().enumerate().map(|(channel, found)| {
        vec![channel.into(), found.mean.into(), found.std.into(), found.min.into(), found.max.into()]
    });
    Table::new(["channel", "mean", "std", "min", "max"], rows.collect())
}

fn of_flow(flow: &Flow<'_>) -> Vec<(&'static str, Table)> {
    let series = Table::facts([
        ("trajectories", flow.trajectories.into()),
        ("frames", flow.series.frames.into()),
        ("channels", flow.series.channels.into()),
        ("height", flow.series.height.into()),
        ("width", flow.series.width.into()),
    ]);
    let mut sections = vec![("series", series), ("grid", grid(&flow.grid))];
    sections.extend(flow.cylinder.map(|found| ("cylinder", cylinder(found))));
    sections.push(("divergence", divergence(&flow.divergence)));
    for (title, single, all) in [("notes", "note", flow.notes), ("warnings", "warning", &flow.warnings)] {
        if !all.is_empty() {
            let rows = all.iter().enumerate().map(|(i, text)| vec![(i + 1).into(), text.as_str().into()]);
            let columns = [single, "text"];
            sections.push((title, Table::new(columns, rows.collect())));
        }
    }
    sections
}

fn grid(grid: &Grid) -> Table {
    let axis = |axis: Axis| Cell::from(if axis == Axis::H { "H" } else { "W" });
    let borders = match grid.boundary {
        Boundary::Periodic => "periodic",
        Boundary::Open => "open",
    };
    Table::facts([
        ("x along", axis(grid.x_axis)),
        ("y along", axis(grid.y_axis())),
        ("dx", grid.dx.into()),
        ("dy", grid.dy.into()),
        ("borders", borders.into()),
    ])
}

fn cylinder(Cylinder { geometry, solid_points }: Cylinder) -> Table {
    Table::facts([
        ("centre row", geometry.center_row.into()),
        ("centre column", geometry.center_column.into()),
        ("radius", geometry.radius.into()),
        ("spacing", geometry.spacing.into()),
        ("inflow", geometry.inflow.into()),
        ("solid points", solid_points.into()),
    ])
}

fn divergence(found: &Divergence) -> Table {
    let residual = found.undefined.as_deref().map_or(found.residual.into(), Cell::from);
    Table::facts([("rms(∇·u)/rms(∇u)", residual), ("points", found.points.into())])
}
