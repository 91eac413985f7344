//! From a configuration and data to a network and what stands around it.

use crate::config::held;
use crate::context::{Channels, FORCING};
use crate::error::fault;
use crate::folder::{CONTEXT, GAUSSIAN, WEIGHTS};
use crate::own::Own;
use crate::windows::Parts;
use crate::{Config, Levels, Moves, NetworkPart, OptimiserPart, Result};
use equipoise_data::{Coordinates, Dataset, Field, NormalizerKind, Particulars as Told, Remark, Symmetry};
use equipoise_field::Boundary;
use equipoise_network::{
    Architecture, AzulaUNet, Context, Fresh, Gaussian, Keep, Manifest, Network, Norm, Padding,
    Preconditioning, Predicts, SdaUNet, TimeInput, TrainedOn,
};
use equipoise_prior::{Model, Prior, Resources, Settings};
use equipoise_schedule::Schedule;
use equipoise_stream::Stream;
use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

/// What a configuration makes of data.
#[derive(Debug)]
pub(crate) struct SetUp {
    pub(crate) parts: Parts,
    pub(crate) channels: Channels,
    pub(crate) moves: Moves,
    pub(crate) levels: Levels,
    pub(crate) settings: Settings,
    /// But for the units and the Gaussian, which the fit tells.
    pub(crate) manifest: Manifest,
    /// Of data beside a Gaussian of one's own, and of where the force is 0.
    pub(crate) remarks: Vec<Remark>,
}

/// A word of the configuration; of what is wrong with it only what was expected is said, the rest is said here.
fn word<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error: T::Err| {
        let said = error.to_string();
        let expected = said.rsplit_once("expected ").map_or(said.as_str(), |(_, expected)| expected);
        fault(field, format!("\"{text}\""), expected)
    })
}

impl SetUp {
    /// # Errors
    /// [`crate::TrainingError::Config`] with the entry that the data do not allow; [`crate::TrainingError::Network`].
    pub(crate) fn new(config: &Config, data: &Dataset, own: Option<&Own>) -> Result<Self> {
        let of = &config.network;
        let (mut data, mut remarks) = (Cow::Borrowed(data), Vec::new());
        if config.windows.stride > 1 {
            data = Cow::Owned(data.into_owned().thinned(config.windows.stride)?);
        }
        if let Some(own) = own {
            let (received, said) = own.receive(data.into_owned(), of.window)?;
            (data, remarks) = (Cow::Owned(received), said);
        }
        let data = &*data;
        let parts = Parts::of(data, &config.windows, of.window)?;
        let channels = Channels::of(&of.context, data)?;
        let asked = config.windows.augment.as_deref();
        let moves = channels.allow(Moves::of(data, asked)?, asked.is_some())?;
        if of.context.iter().any(|name| name == FORCING) || moves.symmetries().contains(&Symmetry::Rotate) {
            remarks.extend(Coordinates::from_forcing(data)?.1);
        }
        let architecture = architecture(of, data)?;
        architecture.check()?;
        let mut manifest = Manifest::of(WEIGHTS, architecture, [of.window, data.channels()]);
        around(of, &mut manifest)?;
        let noise = limited(config, manifest.schedule)?;
        manifest.ratios = Some([noise.low, noise.high]);
        let levels = Levels::new(&noise, manifest.schedule)?;
        flow(&mut manifest, data)?;
        if !of.context.is_empty() {
            manifest.context = Context::File { name: CONTEXT.to_owned() };
        }
        manifest.preconditioner()?;
        let settings = match own {
            Some(own) => own.prior.settings(),
            None => settings(config, data)?,
        };
        let is_around = manifest.preconditioning == Preconditioning::Wiener;
        if settings.normalizer == NormalizerKind::Profile && !is_around {
            let expected = "channel, published or identity: a profile goes with the preconditioning wiener";
            let field = if own.is_some() { "gaussian.file" } else { "gaussian.normalizer" };
            return Err(fault(field, "profile", expected));
        }
        if let Some(own) = own {
            remarks.extend(own.known(&parts.held)?);
        }
        precision(config)?;
        Ok(Self { parts, channels, moves, levels, settings, manifest, remarks })
    }

    /// The network before any step; around the Wiener filter its last layer is 0, so that it begins as the filter.
    ///
    /// # Errors
    /// [`crate::TrainingError::Network`], also for a grid that it does not run on; [`crate::TrainingError::Config`] for a batch beyond
    /// the memory that is free.
    pub(crate) fn network(&self, of: &OptimiserPart) -> Result<Network<f32>> {
        let shape = self.parts.train.shape(1);
        let (grid, stream) =
            ([shape.height, shape.width], Stream::new("training").text("network").number(of.seed));
        let mut network = Network::fresh(&self.manifest.architecture, Fresh { stream, grid, forcing: &[] })?;
        if self.manifest.preconditioning == Preconditioning::Wiener {
            network.silence();
        }
        // Of a window: what the gradient keeps; x, ε, what goes in and what comes out in f32, x̂ − x in f64.
        let kept = network.kept(grid, Keep::Gradients)?.saturating_mul(size_of::<f32>());
        let each = kept.saturating_add(self.settings.window * shape.len() * (4 * 4 + 8));
        // θ, its average, its gradient, two moments, and the network's own.
        let fixed = 6 * size_of::<f32>() * network.parameter_count();
        if let Some(free) = Resources::free() {
            held(of.batch, each, fixed, free)?;
        }
        Ok(network)
    }

    /// The manifest with the units of the Gaussian, and the Gaussian itself where the network stands around it.
    pub(crate) fn settled(&self, prior: &Prior, sha256: &str) -> Manifest {
        let mut manifest = self.manifest.clone();
        let [mean, std] = prior.units();
        (manifest.mean, manifest.std) = (mean, std);
        if manifest.preconditioning == Preconditioning::Wiener {
            manifest.gaussian = Some(Gaussian { file: GAUSSIAN.to_owned(), sha256: sha256.to_owned() });
        }
        manifest
    }
}

/// `output.precision`.
///
/// # Errors
/// [`crate::TrainingError::Config`] for another word.
pub(crate) fn precision(config: &Config) -> Result<equipoise_weights::Precision> {
    match config.output.precision.as_str() {
        "f32" => Ok(equipoise_weights::Precision::AsHeld),
        "f16" => Ok(equipoise_weights::Precision::Half),
        other => Err(fault("output.precision", other, "f32 or f16")),
    }
}

fn architecture(of: &NetworkPart, data: &Dataset) -> Result<Architecture> {
    let blocks = if of.blocks.is_empty() { vec![3; of.widths.len()] } else { of.blocks.clone() };
    let (kernel_size, stride, padding) = ([of.kernel; 2], [of.stride; 2], padding(of, data)?);
    let (channels, context) = (of.window * data.channels(), of.context.len());
    match of.family.as_str() {
        "sda" => Ok(Architecture::Sda(SdaUNet {
            window: of.window,
            features: data.channels(),
            context,
            forcing: 0,
            embedding: of.embedding,
            hidden_channels: of.widths.clone(),
            hidden_blocks: blocks,
            kernel_size,
            stride,
            activation: word("network.activation", &of.activation)?,
            padding,
        })),
        "azula" => Ok(Architecture::Azula(AzulaUNet {
            in_channels: channels,
            out_channels: channels,
            cond_channels: context,
            mod_features: of.mod_features,
            hid_channels: of.widths.clone(),
            hid_blocks: blocks,
            kernel_size,
            stride,
            padding,
            norm: word::<Norm>("network.norm", &of.norm)?,
            ffn_factor: of.ffn_factor,
        })),
        other => Err(fault("network.family", other, "sda or azula")),
    }
}

fn padding(of: &NetworkPart, data: &Dataset) -> Result<[Padding; 2]> {
    let words: Vec<Padding> =
        of.padding.iter().map(|text| word("network.padding", text)).collect::<Result<_, _>>()?;
    match words[..] {
        [] if data.grid().boundary == Boundary::Periodic => Ok([Padding::Circular; 2]),
        [] => Ok([Padding::Zeros; 2]),
        [both] => Ok([both; 2]),
        [high, wide] => Ok([high, wide]),
        _ => Err(fault(
            "network.padding",
            format!("{} words", words.len()),
            "one word, or one along H and one along W",
        )),
    }
}

/// What stands around the network.
fn around(of: &NetworkPart, manifest: &mut Manifest) -> Result<()> {
    manifest.preconditioning = match of.preconditioning.as_str() {
        "wiener" => Preconditioning::Wiener,
        other => other.parse().map_err(|_| {
            fault("network.preconditioning", other, "wiener, none, simple, karras, edm[:S], appa or flow")
        })?,
    };
    manifest.prediction = word::<Predicts>("network.prediction", &of.prediction)?;
    manifest.schedule = match of.schedule.as_str() {
        "" => None,
        text => Some(word::<TrainedOn>("network.schedule", text)?),
    };
    let usual = manifest.preconditioning.usual_time();
    manifest.time = match of.time.as_str() {
        "" => usual.unwrap_or(TimeInput::Schedule { factor: 1.0 }),
        text => word("network.time", text)?,
    };
    Ok(())
}

/// The levels within those of the schedule, where there is one.
fn limited(config: &Config, schedule: Option<TrainedOn>) -> Result<crate::NoisePart> {
    let mut noise = config.noise.clone();
    if let Some(it) = schedule {
        let built = it.schedule.build(it.eta);
        let built = built.map_err(|error| fault("network.schedule", error, "one that can be built"))?;
        let [low, high] = [0.0, 1.0].map(|t| built.level(t).ratio());
        if !(noise.low < high && noise.high > low) {
            let found = format!("{} to {}", noise.low, noise.high);
            let expected = format!("levels within {low} to {high}, those of network.schedule");
            return Err(fault("noise.low, noise.high", found, expected));
        }
        (noise.low, noise.high) = (noise.low.max(low), noise.high.min(high));
    }
    let out = config.validation.ratios.iter().find(|ratio| !(noise.low..=noise.high).contains(*ratio));
    match out {
        Some(ratio) => {
            let expected =
                format!("{} to {}, what network.schedule leaves of the levels", noise.low, noise.high);
            Err(fault("validation.ratios", ratio, expected))
        }
        None => Ok(noise),
    }
}

/// What the manifest says of the flow.
fn flow(manifest: &mut Manifest, data: &Dataset) -> Result<()> {
    let (grid, shape) = (data.grid(), data.shape(1));
    manifest.kind = data.kind().to_string().parse()?;
    (manifest.x_axis, manifest.boundary) = (grid.x_axis, grid.boundary);
    manifest.grid = Some([shape.height, shape.width]);
    let told = Told::of(data)?;
    let (coordinates, _) = Coordinates::of(data)?;
    let stated = |field, value| told.stated.contains(&field).then_some(value);
    manifest.data = equipoise_network::Particulars {
        dx: stated(Field::Dx, grid.dx),
        dy: stated(Field::Dy, grid.dy),
        x_first: stated(Field::XFirst, coordinates.x_first),
        y_first: stated(Field::YFirst, coordinates.y_first),
        stride: told.stride,
        dt: stated(Field::TimeStep, coordinates.time_step),
        units: told.units.velocity.clone(),
        length_units: told.units.length.clone(),
        time_units: told.units.time.clone(),
    };
    Ok(())
}

/// How the Gaussian is fitted.
fn settings(config: &Config, data: &Dataset) -> Result<Settings> {
    let of = &config.gaussian;
    let mut settings = Settings { window: config.network.window, ..Settings::of(data.kind(), data.grid()) };
    settings.normalizer = match (of.normalizer.as_str(), config.network.preconditioning.as_str()) {
        ("", "wiener") => settings.normalizer,
        ("", _) => NormalizerKind::Channel,
        (text, _) => word("gaussian.normalizer", text)?,
    };
    let rank = (of.rank > 0).then_some(of.rank);
    settings.model = match of.model.as_str() {
        "" => match settings.model {
            Model::LowRank { .. } => Model::LowRank { rank },
            other => other,
        },
        "dense" => Model::Dense,
        "low_rank" => Model::LowRank { rank },
        "stationary" => Model::Stationary,
        other => return Err(fault("gaussian.model", other, "dense, low_rank or stationary")),
    };
    if rank.is_some() && !matches!(settings.model, Model::LowRank { .. }) {
        let expected = format!("0, for none: the model is {}", settings.model.name());
        return Err(fault("gaussian.rank", of.rank, expected));
    }
    settings.ridge = of.ridge.unwrap_or_else(|| settings.model.default_ridge());
    Ok(settings)
}
