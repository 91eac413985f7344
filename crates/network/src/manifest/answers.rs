//! What somebody tells of a network, before or against what stands beside its weights.

use crate::{
    Activation, ChannelOrder, FlowKind, Norm, Padding, Particulars, Picked, Preconditioning, Predicts,
    Preset, TimeInput, TrainedOn,
};
use equipoise_field::{Axis, Boundary};
use std::path::PathBuf;

/// Answers to the questions of [`describe`](crate::describe). What is none is looked for beside the weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// Raw or averaged weights.
    pub pick: Option<Picked>,
    /// SDA's `config.json`, or azula's constructor arguments in JSON; `config.json` beside the weights otherwise.
    pub config: Option<PathBuf>,
    /// The preset of a published code, which settles what it did.
    pub preset: Option<Preset>,
    /// Padding of the convolutions along H and W.
    pub padding: Option<[Padding; 2]>,
    /// Strides from one depth to the next.
    pub stride: Option<[usize; 2]>,
    /// The normalisation of azula's blocks.
    pub norm: Option<Norm>,
    /// The activation of SDA's blocks.
    pub activation: Option<Activation>,
    /// Frames of a window.
    pub window: Option<usize>,
    /// The order of channels.
    pub channel_order: Option<ChannelOrder>,
    /// What the network predicts.
    pub prediction: Option<Predicts>,
    /// What stands around it.
    pub preconditioning: Option<Preconditioning>,
    /// What it is told of the time.
    pub time: Option<TimeInput>,
    /// The schedule that it was trained on.
    pub schedule: Option<TrainedOn>,
    /// The least and the largest σ/μ that it was trained for.
    pub ratios: Option<[f64; 2]>,
    /// The mean of each component, or one of all.
    pub mean: Option<Vec<f64>>,
    /// The deviation of each component, or one of all.
    pub std: Option<Vec<f64>>,
    /// The kind of flow.
    pub kind: Option<FlowKind>,
    /// The array axis of x.
    pub x_axis: Option<Axis>,
    /// The borders of the flow.
    pub boundary: Option<Boundary>,
    /// A file with the context, beside the weights.
    pub context: Option<String>,
    /// The grid.
    pub grid: Option<[usize; 2]>,
    /// What is known of the training data.
    pub data: Particulars,
}
