//! Draws Taylor–Green vortices in both array orders, with a body, gaps and an explosion, and a
//! page of a full sweep's size: `cargo run -p equipoise-report --example gallery FOLDER`.

use equipoise_field::{Axis, Boundary, Grid};
use equipoise_report::{
    Block, Caption, Cell, Chart, Frame, Gallery, HeatCell, HeatMap, Page, Panel, Picture, Quantity,
    ReportError, Scale, Scene, Section, Series, Shown, Table, Tone, Verdict, Viewer, page, robust_limit,
    write_atomically,
};
use std::path::Path;

const LAWS: [&str; 10] = [
    "sum",
    "mean",
    "likelihood_weighting",
    "dual",
    "linear",
    "clamped_linear",
    "adaptive",
    "matched",
    "active",
    "exact",
];
const SUBS: [usize; 4] = [2, 4, 8, 16];
const TIMES: [f64; 4] = [0.0, 0.4, 0.8, 1.2];

/// A flow that stands in for a dataset.
struct Flow {
    name: &'static str,
    height: usize,
    width: usize,
    grid: Grid,
    solid: Option<Vec<bool>>,
    limit: f64,
}

impl Flow {
    fn new(name: &'static str, height: usize, width: usize, grid: Grid, body: bool) -> Self {
        let mut flow = Self { name, height, width, grid, solid: None, limit: 1.0 };
        if body {
            let inside = |i: usize| {
                let (x, y) = flow.position(i);
                (x - 1.0).powi(2) + (y - 2.0).powi(2) < 0.25
            };
            flow.solid = Some((0..height * width).map(inside).collect());
        }
        let truth: Vec<Vec<f32>> = TIMES.iter().map(|&t| flow.vorticity(t, 0.0)).collect();
        let planes: Vec<&[f32]> = truth.iter().map(Vec::as_slice).collect();
        flow.limit = robust_limit(&planes, flow.solid.as_deref(), 0.995);
        flow
    }

    fn position(&self, index: usize) -> (f64, f64) {
        let (h, w) = ((index / self.width) as f64, (index % self.width) as f64);
        let (x, y) = if self.grid.x_axis == Axis::H { (h, w) } else { (w, h) };
        (x * self.grid.dx, y * self.grid.dy)
    }

    /// Taylor–Green vortices carried along x at unit speed and growing with y, plus `noise`.
    fn vorticity(&self, time: f64, noise: f64) -> Vec<f32> {
        let value = |i: usize| {
            let (x, y) = self.position(i);
            let hash = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ time.to_bits()) >> 40;
            let deviate = hash as f64 / f64::from(1u32 << 24) - 0.5;
            ((2.0 + y) * (2.0 * (x - time)).sin() * (2.0 * y).sin() + 3.5 * noise * deviate) as f32
        };
        (0..self.height * self.width).map(value).collect()
    }

    fn panel<'a>(&'a self, title: &str, frames: &'a [Vec<f32>], observed: &'a [usize]) -> Panel<'a> {
        let frame = |(k, vorticity): (usize, &'a Vec<f32>)| Frame {
            label: format!("t = {:.1}", TIMES[k]),
            vorticity,
            observed: if k == 0 { observed } else { &[] },
        };
        Panel {
            title: title.into(),
            frames: frames.iter().enumerate().map(frame).collect(),
            height: self.height,
            width: self.width,
            grid: self.grid,
            limit: self.limit,
            unit: "U/D".into(),
            solid: self.solid.as_deref(),
        }
    }

    fn lattice(&self, stride: usize) -> Vec<usize> {
        let rows = (0..self.height).step_by(stride);
        rows.flat_map(|h| (0..self.width).step_by(stride).map(move |w| h * self.width + w)).collect()
    }
}

fn noise_of(law: usize, sub: usize) -> f64 {
    if law == 0 && sub == 0 { 1e12 } else { 0.05 * (1 + sub) as f64 * (1 + law) as f64 / 4.0 }
}

fn verdict(law: usize, sub: usize) -> Verdict {
    let (label, tone) = match (law, sub) {
        (0, 0) => ("exploded", Tone::Broken),
        (4, 3) => ("nan", Tone::Broken),
        (0 | 3, _) => ("likelihood_dominated", Tone::Strong),
        (1 | 5, _) => ("prior_dominated", Tone::Weak),
        (6, _) => ("inaccurate", Tone::Poor),
        _ => ("balanced", Tone::Good),
    };
    Verdict { label: label.into(), tone }
}

fn gallery(flow: &Flow) -> Result<Gallery, ReportError> {
    let truth: Vec<Vec<f32>> = TIMES.iter().map(|&t| flow.vorticity(t, 0.0)).collect();
    let points = flow.lattice(8);
    let title = format!("{}: ground truth with the observed points of sub 8", flow.name);
    let reference = Picture {
        image: flow.panel(&title, &truth, &points).picture(Quantity::VORTICITY)?,
        alt: format!("Vorticity of the true {} trajectory at four times", flow.name),
        caption: String::new(),
        verdict: None,
    };
    let picture = |law: usize, sub: usize| -> Result<Option<Picture>, ReportError> {
        let frames: Vec<Vec<f32>> = [0, 3].map(|k| flow.vorticity(TIMES[k], noise_of(law, sub))).to_vec();
        let panel = flow.panel("", &frames, &[]);
        let image = panel.cells()?;
        let alt = format!("{} reconstructed under {} at sub {}", flow.name, LAWS[law], SUBS[sub]);
        Ok(Some(Picture {
            image,
            alt,
            caption: panel.summary(Quantity::VORTICITY),
            verdict: Some(verdict(law, sub)),
        }))
    };
    let row = |law: usize| -> Result<(String, Vec<Option<Picture>>), ReportError> {
        Ok((LAWS[law].into(), (0..4).map(|sub| picture(law, sub)).collect::<Result<_, _>>()?))
    };
    Ok(Gallery {
        caption: "First and last frame of the first member.".into(),
        limit: flow.limit,
        unit: "U/D".into(),
        quantity: Quantity::VORTICITY,
        references: vec![reference],
        row_name: "law".into(),
        columns: SUBS.map(|sub| format!("sub {sub}")).to_vec(),
        rows: (0..LAWS.len()).map(row).collect::<Result<_, _>>()?,
    })
}

fn caption(text: &str) -> Caption {
    Caption {
        text: text.into(),
        space: "normalised units".into(),
        n_convention: "true N of the operator".into(),
    }
}

fn heat_map() -> HeatMap {
    let cell = |law: usize, sub: usize| {
        let detail = "χ = 1.02".to_owned();
        Some(HeatCell { verdict: verdict(law, sub), number: 1.0 + noise_of(law, sub), detail })
    };
    HeatMap {
        caption: caption("State of every trial."),
        row_name: "law".into(),
        column_name: "sub".into(),
        number_name: "RMSE / floor".into(),
        columns: SUBS.map(|sub| sub.to_string()).to_vec(),
        rows: (0..LAWS.len()).map(|law| (LAWS[law].into(), (0..4).map(|s| cell(law, s)).collect())).collect(),
    }
}

fn chart() -> Chart {
    let series = |(k, law): (usize, &&str)| Series {
        name: (*law).into(),
        points: (0..=32)
            .map(|i| (f64::from(i) / 32.0, 10f64.powf((k as f64 - 4.0) * 0.5 * (f64::from(i) / 9.0).cos())))
            .collect(),
    };
    Chart {
        caption: caption("Guidance excess ‖g_law‖/‖g_exact‖ at sub 4."),
        x_name: "diffusion time t (0 clean, 1 noise)".into(),
        y_name: "guidance excess".into(),
        y_scale: Scale::Log,
        y_bounds: (1e-3, 1e6),
        reference: Some((1.0, "exact = 1".into())),
        series: LAWS.iter().enumerate().map(series).collect(),
    }
}

fn table() -> Table {
    let columns = ["law", "sub", "n_obs", "rmse", "energy_ratio", "misfit", "diverged_at", "state"];
    let row = |law: usize, sub: usize| {
        vec![
            Cell::Text(LAWS[law].into()),
            Cell::Count(SUBS[sub] as u64),
            Cell::Count(640_000 >> (2 * sub)),
            Cell::Number(noise_of(law, sub)),
            Cell::Number(if law == 4 && sub == 3 { f64::NAN } else { 1.0 - 0.01 * sub as f64 }),
            Cell::Number(1.02),
            Cell::Absent,
            Cell::State(verdict(law, sub)),
        ]
    };
    let rows = (0..LAWS.len()).flat_map(|law| (0..4).map(move |sub| row(law, sub))).collect();
    let columns = columns.map(|name| (name, format!("meaning of {name}")));
    Table::new(columns, rows).captioned(caption("One row a trial."))
}

/// Three members about the truth.
fn viewer(flow: &Flow) -> Result<Viewer, ReportError> {
    let truth: Vec<Vec<f32>> = TIMES.iter().map(|&t| flow.vorticity(t, 0.0)).collect();
    let of = |m: usize| TIMES.iter().map(|&t| flow.vorticity(t, 0.1 * (1 + m) as f64)).collect::<Vec<_>>();
    let members: Vec<Vec<Vec<f32>>> = (0..3).map(of).collect();
    let less = |member: &Vec<Vec<f32>>| {
        let planes = member.iter().zip(&truth);
        planes.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a - b).collect()).collect::<Vec<Vec<f32>>>()
    };
    let errors = members.iter().map(less).collect();
    let spread = truth.iter().map(|plane| vec![0.3; plane.len()]).collect();
    let scene = Scene {
        caption: "One case: sub 8 under matched.".into(),
        sides: [flow.height, flow.width],
        grid: flow.grid,
        limit: flow.limit,
        unit: "U/D".into(),
        quantity: Quantity::VORTICITY,
        frames: TIMES.iter().map(|t| format!("t = {t}")).collect(),
        members: (0..3).map(|m| format!("member {m}")).collect(),
        solid: flow.solid.as_deref(),
    };
    let points = TIMES.iter().map(|_| flow.lattice(8)).collect();
    Viewer::draw(
        scene,
        vec![
            ("truth", Shown::Frames(truth.clone())),
            ("observed points", Shown::Points(points)),
            ("member", Shown::Members(members)),
            ("member less truth", Shown::Members(errors)),
            ("standard deviation of the members", Shown::Frames(spread)),
        ],
    )
}

fn section(flow: &Flow, protocol: &str) -> Result<Section, ReportError> {
    let blocks = vec![
        Block::Text(format!("Protocol {protocol}: 32 predictor steps, no correction.")),
        Block::Viewer(viewer(flow)?),
        Block::Gallery(gallery(flow)?),
        Block::HeatMap(heat_map()),
        Block::Chart(chart()),
        Block::Table(table()),
    ];
    Ok(Section { title: format!("{}, protocol {protocol}", flow.name), blocks })
}

fn main() -> Result<(), ReportError> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let folder = Path::new(&folder);
    let spacing = std::f64::consts::TAU / 64.0;
    let square = Grid { x_axis: Axis::H, dx: spacing, dy: spacing, boundary: Boundary::Periodic };
    let long = Grid { x_axis: Axis::W, dx: 0.02, dy: 0.02, boundary: Boundary::Open };
    let flows = [Flow::new("kolmogorov", 64, 64, square, false), Flow::new("ibpm", 199, 399, long, true)];
    for flow in &flows {
        let mut frames: Vec<Vec<f32>> = TIMES.iter().map(|&t| flow.vorticity(t, 0.2)).collect();
        for h in 10..30 {
            frames[3][h * flow.width + 20..h * flow.width + 40].fill(f32::NAN);
        }
        frames[2].iter_mut().skip(3).step_by(5).for_each(|value| *value *= 1e9);
        let broken = flow.panel("sum, sub 2, <32 steps>: one frame exploded, one partly lost", &frames, &[]);
        write_atomically(
            &folder.join(format!("{}_broken.png", flow.name)),
            &broken.picture(Quantity::VORTICITY)?.png,
        )?;
        let truth: Vec<Vec<f32>> = TIMES.iter().map(|&t| flow.vorticity(t, 0.0)).collect();
        let points = flow.lattice(4);
        let truth = flow
            .panel("sparse ground truth, observed points of sub 4", &truth, &points)
            .picture(Quantity::VORTICITY)?;
        println!("{}: {} x {} pixels, {} bytes", flow.name, truth.width, truth.height, truth.png.len());
        write_atomically(&folder.join(format!("{}_truth.png", flow.name)), &truth.png)?;
    }
    let mut sections = vec![];
    for (flow, protocol) in flows.iter().flat_map(|flow| [(flow, "fast"), (flow, "study")]) {
        sections.push(section(flow, protocol)?);
    }
    let html = page(&Page {
        title: "Reconstructions from sparse noisy velocities".into(),
        lead: vec!["A synthetic page: Taylor–Green vortices stand in for every trial.".into()],
        facts: vec![("version".into(), "0.1.0".into()), ("arguments".into(), "sweep --sub 2,4,8,16".into())],
        sections,
        notes: vec![("balanced".into(), "RMSE ≤ 1.25 × floor and χ in [0.8, 1.25].".into())],
    });
    println!("page: {} bytes", html.len());
    write_atomically(&folder.join("page.html"), html.as_bytes())
}
