//! From weights, what stands beside them, and answers, to a manifest; or to what is not settled.

use super::found::Found;
use super::{Answers, ChannelOrder, Context, FlowKind, Manifest, NetworkError, Preset, Questions};
use crate::entries::fault;
use crate::{Architecture, Network, Preconditioning, Predicts, Result, TimeInput, TrainedOn};
use equipoise_field::{Axis, Boundary};
use equipoise_schedule::{Alpha, ScheduleName, Variance};
use std::path::{Path, PathBuf};

/// A network that is settled.
#[derive(Clone, Debug)]
pub struct Described {
    /// Its manifest.
    pub manifest: Manifest,
    /// The file of weights.
    pub weights: PathBuf,
    /// Numbers of its parameters together.
    pub parameters: usize,
    /// What was decided on the way.
    pub notes: Vec<String>,
}

impl Described {
    /// The network at `path` as the manifest there says, which `network describe` or a training wrote, its files held to
    /// it; none where there is none.
    ///
    /// # Errors
    /// What is wrong with its files.
    pub fn written(path: &Path) -> Result<Option<Self>> {
        let Some((manifest, folder)) = Manifest::written(path)? else { return Ok(None) };
        let state = manifest.state(&folder, manifest.pick.into())?;
        let (weights, notes) = (state.path().to_owned(), state.notes().to_vec());
        let network = Network::<f32>::new(&manifest.architecture, state)?;
        manifest.context.read(&folder, network.context())?;
        if let Some(grid) = manifest.grid {
            network.check_grid(grid)?;
        }
        Ok(Some(Self { manifest, weights, parameters: network.parameter_count(), notes }))
    }
}

/// SDA's η.
const SDA_ETA: f64 = 1e-3;

/// The manifest of the network in `weights`, a file or a folder, from what stands there and from `answers`, which
/// go before. Its weights are read and held to the architecture.
///
/// # Errors
/// [`NetworkError::Unsettled`] with all questions at once; what is wrong with the weights, the configuration or
/// an answer; [`NetworkError::Architecture`] for one around a Gaussian, which a training has described.
pub fn describe(weights: &Path, answers: &Answers) -> Result<Described> {
    if let Ok(Some((Manifest { gaussian: Some(gaussian), .. }, _))) = Manifest::written(weights) {
        let expected =
            "a network without one: what stands around this one no flag says, and its training wrote it";
        return Err(fault("gaussian", gaussian.file, expected));
    }
    let mut questions = Questions::default();
    let found = Found::beside(weights, answers, &mut questions)?;
    let preset = preset(&found, answers)?;
    let mut settling = Settling { found: &found, answers, preset, questions };
    let settled = settling.manifest()?;
    let questions = settling.questions;
    let Found { state, notes, .. } = found;
    let file = state.path().to_owned();
    let Some(mut manifest) = settled.filter(|_| questions.0.is_empty()) else {
        return Err(NetworkError::Unsettled { file, questions });
    };
    let network = Network::<f32>::new(&manifest.architecture, state)?;
    manifest.grid = match (network.grid(), answers.grid) {
        (Some(own), Some(told)) if own != told => {
            let expected = format!("{own:?}, that of the buffer in the file");
            return Err(fault("grid", format!("{told:?}"), expected));
        }
        (own, told) => own.or(told),
    };
    if let Some(grid) = manifest.grid {
        network.check_grid(grid)?;
    }
    manifest.check()?;
    Ok(Described { manifest, weights: file, parameters: network.parameter_count(), notes })
}

/// The preset that was told, or that of the code that what stands beside the weights names.
fn preset(found: &Found, answers: &Answers) -> Result<Option<Preset>> {
    match (&found.architecture, answers.preset) {
        (Architecture::Sda(_), Some(preset)) => Ok(Some(preset)),
        (Architecture::Sda(sda), None) if found.is_sda && sda.forcing > 0 => Ok(Some(Preset::SdaKolmogorov)),
        (Architecture::Sda(_), None) if found.is_sda => Ok(Some(Preset::Sda)),
        (_, Some(preset)) => Err(fault("preset", preset, "none: the network is not SDA's")),
        (_, None) => Ok(None),
    }
}

/// What was found and told, and what is asked beside.
struct Settling<'a> {
    found: &'a Found,
    answers: &'a Answers,
    preset: Option<Preset>,
    questions: Questions,
}

/// Frames and components of a window.
type Frames = (usize, usize);
type Around = (Preconditioning, Predicts, TimeInput, Option<TrainedOn>);
/// Mean and deviation of each component.
type Normal = (Vec<f64>, Vec<f64>);

impl Settling<'_> {
    /// The manifest but for its grid; none where anything was asked.
    fn manifest(&mut self) -> Result<Option<Manifest>> {
        let frames = self.frames()?;
        let (order, around) = (self.order(frames), self.around());
        let (normal, flow, context) = (self.normal(frames)?, self.flow(), self.context()?);
        let all = (|| Some((frames?, order?, around?, normal?, flow?, context?)))();
        let (found, answers) = (self.found, self.answers);
        let weights = found.state.path().file_name().unwrap_or_default().to_string_lossy();
        Ok(all.map(|((window, components), channel_order, around, (mean, std), flow, context)| {
            let (preconditioning, prediction, time, schedule) = around;
            let (kind, x_axis, boundary) = flow;
            Manifest {
                pick: found.pick,
                channel_order,
                prediction,
                preconditioning,
                time,
                schedule,
                ratios: answers.ratios,
                mean,
                std,
                kind,
                x_axis,
                boundary,
                context,
                data: answers.data.clone(),
                preset: self.preset,
                ..Manifest::of(&weights, found.architecture.clone(), [window, components])
            }
        }))
    }

    fn frames(&mut self) -> Result<Option<Frames>> {
        let channels = self.found.architecture.channels();
        let known = match &self.found.architecture {
            Architecture::Sda(sda) if self.found.is_sda => Some(sda.window),
            _ => None,
        };
        let asked =
            format!("the frames of a window; the network has {channels} channels, frames times components");
        match self.questions.need(self.answers.window.or(known), "--window N", asked) {
            Some(window) if window == 0 || !channels.is_multiple_of(window) => {
                Err(fault("window", window, format!("a divisor of the {channels} channels of the network")))
            }
            window => Ok(window.map(|window| (window, channels / window))),
        }
    }

    fn order(&mut self, frames: Option<Frames>) -> Option<ChannelOrder> {
        let both_orders_are_one = frames.is_some_and(|(window, components)| window == 1 || components == 1);
        let known = (self.preset.is_some() || both_orders_are_one).then_some(ChannelOrder::Frames);
        let answer = self.answers.channel_order.or(known);
        let asked = "which come first among the channels: all components of a frame (frames), or all frames of a component";
        match frames {
            None => answer,
            Some(_) => self.questions.need(answer, "--channel-order frames|components", asked),
        }
    }

    /// What stands around the network.
    fn around(&mut self) -> Option<Around> {
        let (answers, questions, is_sda) = (self.answers, &mut self.questions, self.preset.is_some());
        let known = is_sda.then_some(Preconditioning::None);
        let flag = "--preconditioning none|simple|karras|edm[:SIGMA_DATA]|appa|flow";
        let preconditioning =
            questions.need(answers.preconditioning.or(known), flag, "what scales its input and output");
        let known = match preconditioning {
            Some(kind) if kind.makes_x() => Some(Predicts::X),
            Some(Preconditioning::None) if is_sda => Some(Predicts::Epsilon),
            _ => None,
        };
        let asked = "what it was trained to give (with karras, edm, appa and flow: x)";
        let prediction =
            questions.need(answers.prediction.or(known), "--prediction epsilon|x|v|score", asked);
        let known = match preconditioning {
            Some(Preconditioning::None) if is_sda => Some(TimeInput::Schedule { factor: 1.0 }),
            other => other.and_then(Preconditioning::usual_time),
        };
        let flag = "--time log-ratio|quarter-log-sigma|ten-log-sigma|fraction|t[:FACTOR]";
        let time = match preconditioning {
            Some(_) => questions.need(answers.time.or(known), flag, "what it is told of the time"),
            None => answers.time,
        };
        let cosine = ScheduleName::Sda(Alpha::Cos, Variance::Vp);
        let known = is_sda.then_some(TrainedOn { schedule: cosine, eta: SDA_ETA });
        let schedule = answers.schedule.or(known);
        let is_needed = preconditioning == Some(Preconditioning::None)
            || matches!(time, Some(TimeInput::Schedule { .. }))
            || (preconditioning == Some(Preconditioning::Simple)
                && matches!(prediction, Some(Predicts::V | Predicts::Score)));
        if is_needed {
            questions.need(schedule, "--schedule NAME[:ETA]", "the schedule that it was trained on");
        }
        Some((preconditioning?, prediction?, time?, schedule))
    }

    fn normal(&mut self, frames: Option<Frames>) -> Result<Option<Normal>> {
        let of_all = |known: f64| self.preset.map(|_| vec![known]);
        let [mean, std] = [(&self.answers.mean, of_all(0.0)), (&self.answers.std, of_all(1.0))]
            .map(|(told, known)| told.clone().or(known));
        let asked = "what was subtracted from the data before training, for each component (0: nothing)";
        let mean = self.questions.need(mean, "--mean M,…", asked);
        let std = self.questions.need(std, "--std S,…", "what they were then divided by (1: nothing)");
        let (Some(mean), Some(std), Some((_, components))) = (mean, std, frames) else { return Ok(None) };
        let each = |field, values: Vec<f64>| match values[..] {
            [one] => Ok(vec![one; components]),
            _ if values.len() == components => Ok(values),
            _ => {
                let expected = format!("1, or one for each of the {components} components");
                Err(fault(field, format!("{} numbers", values.len()), expected))
            }
        };
        Ok(Some((each("mean", mean)?, each("std", std)?)))
    }

    /// The kind of flow, its axis of x and its borders.
    fn flow(&mut self) -> Option<(FlowKind, Axis, Boundary)> {
        let (answers, questions) = (self.answers, &mut self.questions);
        let known = (self.preset == Some(Preset::SdaKolmogorov)).then_some(FlowKind::Kolmogorov);
        let asked = "the flow that it was trained on; ibpm and kolmogorov settle axes and borders";
        let kind = questions.need(answers.kind.or(known), "--kind ibpm|kolmogorov|generic", asked);
        let settles = kind.and_then(FlowKind::settles);
        if kind == Some(FlowKind::Generic) {
            questions.need(answers.x_axis, "--x-axis H|W", "the array axis along which x increases");
            questions.need(answers.boundary, "--boundary periodic|open", "the borders of the flow");
        }
        let x_axis = answers.x_axis.or(settles.map(|(x_axis, _)| x_axis));
        let boundary = answers.boundary.or(settles.map(|(_, boundary)| boundary));
        Some((kind?, x_axis?, boundary?))
    }

    fn context(&mut self) -> Result<Option<Context>> {
        let architecture = &self.found.architecture;
        let has_buffer = matches!(architecture, Architecture::Sda(sda) if sda.forcing > 0);
        let handed = architecture.context();
        match &self.answers.context {
            Some(name) if handed > 0 => Ok(Some(Context::File { name: name.clone() })),
            Some(name) => {
                Err(fault("context", name, "none: the network is handed no channels beside its state"))
            }
            None if has_buffer => Ok(Some(Context::Buffer)),
            None if handed == 0 => Ok(Some(Context::None)),
            None => {
                let asked = format!(
                    "a file beside the weights with one tensor of shape ({handed}, H, W), which the network is handed"
                );
                self.questions.ask("--context FILE", asked);
                Ok(None)
            }
        }
    }
}
