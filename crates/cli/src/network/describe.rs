//! `equipoise network describe`: the manifest of a network.

use crate::existing::Force;
use crate::output;
use anyhow::{Context, bail};
use equipoise_field::{Axis, Boundary};
use equipoise_network::{
    Activation, Answers, ChannelOrder, Described, FlowKind, MANIFEST, Manifest, Norm, Padding, Particulars,
    Picked, Preconditioning, Predicts, Preset, TimeInput, TrainedOn, describe,
};
use equipoise_report::{Cell, Table};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Say once what a trained network is: write network.json beside its weights.
///
/// That makes them a prior. WEIGHTS is a file that torch.save or safetensors wrote, or a folder with one. A
/// `config.json` beside it (SDA's own, or azula's constructor arguments) is read; SDA's settles everything. What is
/// not settled is asked for, all at once, each question with the flag that answers it; nothing is guessed. Flags go
/// before what was found. The weights are held to the network that comes out, every tensor of theirs.
///
/// What is described already, as the folder of `train` is, is told as its network.json says, and nothing is written;
/// flags describe it anew, with --force, but for a network around a Gaussian.
///
/// Units and space: `--mean` and `--std` in the units of the training data; dx, dy and first points in its unit of
/// length, dt in its unit of time; sigma/mu is a pure number.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The weights, or a folder that holds them
    weights: PathBuf,

    /// Which weights are meant where the file holds raw and averaged ones
    #[arg(long, value_name = "raw|ema")]
    pick: Option<Picked>,

    /// SDA's config.json, or azula's constructor arguments as JSON
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The published code that trained it, where no config.json says so
    ///
    /// sda or sda_kolmogorov.
    #[arg(long, value_name = "NAME")]
    preset: Option<Preset>,

    /// What convolutions see beyond the edges
    ///
    /// circular or zeros, for both axes or along H and along W.
    #[arg(long, value_name = "H[,W]", value_parser = both::<Padding>)]
    padding: Option<[Padding; 2]>,

    /// Stride of the convolutions between depths
    ///
    /// For both axes, or along H and along W.
    #[arg(long, value_name = "H[,W]", value_parser = both::<usize>)]
    stride: Option<[usize; 2]>,

    /// The normalisation of azula's blocks
    #[arg(long, value_name = "layer|rms|group:G")]
    norm: Option<Norm>,

    /// The activation of SDA's blocks
    ///
    /// SiLU, ReLU, ELU, GELU or SELU.
    #[arg(long, value_name = "NAME")]
    activation: Option<Activation>,

    /// Frames of a window
    #[arg(long, value_parser = crate::number::count)]
    window: Option<usize>,

    /// Which come first among the channels: frames or components
    ///
    /// frames: all components of a frame together; components: all frames of a component.
    #[arg(long, value_name = "ORDER")]
    channel_order: Option<ChannelOrder>,

    /// What the network was trained to give
    ///
    /// epsilon, x, v or score.
    #[arg(long, value_name = "NAME")]
    prediction: Option<Predicts>,

    /// What scales its input and output
    ///
    /// none, simple, karras, edm[:SIGMA_DATA], appa or flow.
    #[arg(long, value_name = "NAME")]
    preconditioning: Option<Preconditioning>,

    /// What it is told of the time
    ///
    /// ln(sigma/mu), ln(sigma)/4, 10 ln(sigma), sigma/(mu + sigma), or FACTOR times t: log-ratio,
    /// quarter-log-sigma, ten-log-sigma, fraction or t[:FACTOR].
    #[arg(long, value_name = "NAME")]
    time: Option<TimeInput>,

    /// The schedule that it was trained on, and its smallest scale
    #[arg(long, value_name = "NAME[:ETA]")]
    schedule: Option<TrainedOn>,

    /// The least and the largest sigma/mu that it was trained for
    ///
    /// Where no schedule says it.
    #[arg(long, value_name = "LOW,HIGH", value_parser = two::<f64>)]
    ratios: Option<[f64; 2]>,

    /// What was subtracted from the data, one number or one a component
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    mean: Option<Vec<f64>>,

    /// What they were then divided by
    #[arg(long, value_delimiter = ',')]
    std: Option<Vec<f64>>,

    /// The flow that it was trained on
    ///
    /// ibpm, kolmogorov or generic.
    #[arg(long, value_name = "KIND")]
    kind: Option<FlowKind>,

    /// The array axis along which x increases
    #[arg(long, value_name = "H|W", value_parser = axis)]
    x_axis: Option<Axis>,

    /// The borders of the flow
    #[arg(long, value_name = "periodic|open", value_parser = boundary)]
    boundary: Option<Boundary>,

    /// A file beside the weights with one tensor (Cc, H, W)
    ///
    /// The network is handed it beside its state.
    #[arg(long, value_name = "FILE")]
    context: Option<String>,

    /// H and W, where the network was trained on one grid
    #[arg(long, value_name = "H,W", value_parser = two::<usize>)]
    grid: Option<[usize; 2]>,

    #[command(flatten)]
    data: Data,

    #[command(flatten)]
    force: Force,
}

/// What is known of the training data.
#[derive(clap::Args)]
struct Data {
    /// Distance of neighbouring points along x
    #[arg(long)]
    dx: Option<f64>,

    /// Distance of neighbouring points along y
    #[arg(long)]
    dy: Option<f64>,

    /// x of the first point
    #[arg(long, allow_hyphen_values = true)]
    x_first: Option<f64>,

    /// y of the first point
    #[arg(long, allow_hyphen_values = true)]
    y_first: Option<f64>,

    /// Time from one frame to the next
    #[arg(long)]
    dt: Option<f64>,

    /// The unit of velocity
    #[arg(long, value_name = "UNIT")]
    units: Option<String>,

    /// The unit of length
    #[arg(long, value_name = "UNIT")]
    length_units: Option<String>,

    /// The unit of time
    #[arg(long, value_name = "UNIT")]
    time_units: Option<String>,
}

/// Prints what the network is: as it is described already, or else writes the manifest and reads it back.
///
/// # Errors
/// All questions at once; weights that are not the network's; a manifest that is there, without `--force`.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let answers = answers(arguments);
    if answers == Answers::default()
        && !arguments.force.given()
        && let Some(described) = Described::written(&arguments.weights).context("network describe")?
    {
        return output::print(|to| write_text(to, &described, "read"));
    }
    let described = describe(&arguments.weights, &answers).context("network describe")?;
    let path = beside(&described.weights);
    if path.exists() && !arguments.force.given() {
        bail!("{}: found a manifest, expected none; --force replaces it", path.display());
    }
    described.manifest.write(&path, arguments.force.given()).context("network describe")?;
    let read = Manifest::read(&path).context("network describe")?;
    if read != described.manifest {
        bail!("{}: found other entries than were written, expected the same", path.display());
    }
    output::print(|to| write_text(to, &described, "wrote"))
}

/// Where the manifest of a file of weights stands.
fn beside(weights: &Path) -> PathBuf {
    weights.with_file_name(MANIFEST)
}

fn write_text(to: &mut Vec<u8>, described: &Described, did: &str) -> anyhow::Result<()> {
    let rows = described.facts().into_iter().map(|(name, value)| vec![Cell::from(name), value.into()]);
    Table::new(["of the network", ""], rows.collect()).write_text(to, "  ")?;
    for note in &described.notes {
        writeln!(to, "note: {note}")?;
    }
    writeln!(to, "{did} {}", beside(&described.weights).display())?;
    Ok(())
}

fn answers(arguments: &Arguments) -> Answers {
    let data = &arguments.data;
    Answers {
        pick: arguments.pick,
        config: arguments.config.clone(),
        preset: arguments.preset,
        padding: arguments.padding,
        stride: arguments.stride,
        norm: arguments.norm,
        activation: arguments.activation,
        window: arguments.window,
        channel_order: arguments.channel_order,
        prediction: arguments.prediction,
        preconditioning: arguments.preconditioning,
        time: arguments.time,
        schedule: arguments.schedule,
        ratios: arguments.ratios,
        mean: arguments.mean.clone(),
        std: arguments.std.clone(),
        kind: arguments.kind,
        x_axis: arguments.x_axis,
        boundary: arguments.boundary,
        context: arguments.context.clone(),
        grid: arguments.grid,
        data: Particulars {
            dx: data.dx,
            dy: data.dy,
            x_first: data.x_first,
            y_first: data.y_first,
            stride: None,
            dt: data.dt,
            units: data.units.clone(),
            length_units: data.length_units.clone(),
            time_units: data.time_units.clone(),
        },
    }
}

/// One value for both axes, or one along H and one along W.
fn both<T: FromStr<Err: std::fmt::Display> + Copy>(text: &str) -> Result<[T; 2], String> {
    let value = |text: &str| text.trim().parse().map_err(|error: T::Err| error.to_string());
    let (along_h, along_w) = text.split_once(',').unwrap_or((text, text));
    Ok([value(along_h)?, value(along_w)?])
}

/// Two values.
fn two<T: FromStr<Err: std::fmt::Display> + Copy>(text: &str) -> Result<[T; 2], String> {
    if !text.contains(',') {
        return Err("expected two values, with a comma between them".to_owned());
    }
    both(text)
}

fn axis(text: &str) -> Result<Axis, String> {
    match text {
        "H" => Ok(Axis::H),
        "W" => Ok(Axis::W),
        _ => Err("expected H or W".to_owned()),
    }
}

fn boundary(text: &str) -> Result<Boundary, String> {
    match text {
        "periodic" => Ok(Boundary::Periodic),
        "open" => Ok(Boundary::Open),
        _ => Err("expected periodic or open".to_owned()),
    }
}
