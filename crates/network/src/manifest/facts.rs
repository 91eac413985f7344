//! A network's description in words, a name and a value each.

use super::{ChannelOrder, Context, Described, Manifest, Picked};
use crate::{Architecture, Padding, TimeInput};
use equipoise_field::Boundary;

impl Described {
    /// What the network is, for a table.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let manifest = &self.manifest;
        let mut facts = vec![("weights", manifest.weights.clone())];
        match manifest.pick {
            Picked::Only => {}
            Picked::Raw => facts.push(("pick", "raw".to_owned())),
            Picked::Ema => facts.push(("pick", "averaged (EMA)".to_owned())),
        }
        facts.extend(built(&manifest.architecture));
        facts.push(("parameters", self.parameters.to_string()));
        facts.extend(manifest.facts());
        facts
    }
}

impl Manifest {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let order = match self.channel_order {
            ChannelOrder::Frames => "frames first",
            ChannelOrder::Components => "components first",
        };
        let plural = if self.window == 1 { "" } else { "s" };
        let mut facts = vec![
            ("window", format!("{} frame{plural} of {} components, {order}", self.window, self.components)),
            ("prediction", self.prediction.to_string()),
            ("preconditioning", self.preconditioning.to_string()),
            ("time", time(self.time)),
        ];
        if let Some(it) = self.schedule {
            facts.push(("schedule", format!("{}, eta {}", it.schedule, it.eta)));
        }
        let range = self.preconditioner().ok().and_then(|around| around.range());
        let range = range.map(|[low, high]| format!("{low:.6} to {high:.6}"));
        facts.push(("sigma/mu", range.unwrap_or_else(|| "not stated: used at any level".to_owned())));
        facts.push(("mean", numbers(&self.mean)));
        facts.push(("std", numbers(&self.std)));
        let boundary = match self.boundary {
            Boundary::Periodic => "periodic",
            Boundary::Open => "open",
        };
        facts.push(("flow", format!("{}, x along {:?}, {boundary} borders", self.kind, self.x_axis)));
        let grid = self.grid.map(|[height, width]| format!("{height} x {width}"));
        facts.push(("grid", grid.unwrap_or_else(|| "that of the data".to_owned())));
        let context = match &self.context {
            Context::None => "none".to_owned(),
            Context::Buffer => "a buffer of the file".to_owned(),
            Context::File { name } => name.clone(),
        };
        facts.push(("context", context));
        if let Some(gaussian) = &self.gaussian {
            facts.push(("Gaussian", gaussian.file.clone()));
        }
        if let Some(stride) = self.data.stride {
            facts.push(("points", format!("one in {stride} of the data along H and W")));
        }
        if let Some(preset) = self.preset {
            facts.push(("preset", preset.to_string()));
        }
        facts
    }
}

fn built(architecture: &Architecture) -> Vec<(&'static str, String)> {
    match architecture {
        Architecture::Sda(it) => vec![
            ("network", "SDA's U-Net".to_owned()),
            ("widths", list(&it.hidden_channels)),
            ("blocks", list(&it.hidden_blocks)),
            ("kernel", pair(it.kernel_size)),
            ("stride", pair(it.stride)),
            ("padding", padding(it.padding)),
            ("activation", format!("{:?}", it.activation)),
            ("time features", it.embedding.to_string()),
        ],
        Architecture::Azula(it) => vec![
            ("network", "azula's U-Net".to_owned()),
            ("widths", list(&it.hid_channels)),
            ("blocks", list(&it.hid_blocks)),
            ("kernel", pair(it.kernel_size)),
            ("stride", pair(it.stride)),
            ("padding", padding(it.padding)),
            ("norm", it.norm.to_string()),
            ("time features", it.mod_features.to_string()),
        ],
    }
}

fn list(values: &[usize]) -> String {
    values.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

fn numbers(values: &[f64]) -> String {
    values.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")
}

fn pair([a, b]: [usize; 2]) -> String {
    format!("{a} x {b}")
}

fn padding([along_h, along_w]: [Padding; 2]) -> String {
    if along_h == along_w { along_h.to_string() } else { format!("{along_h} along H, {along_w} along W") }
}

fn time(time: TimeInput) -> String {
    match time {
        TimeInput::LogRatio => "ln(sigma/mu)".to_owned(),
        TimeInput::QuarterLogSigma => "ln(sigma)/4".to_owned(),
        TimeInput::TenLogSigma => "10 ln(sigma)".to_owned(),
        TimeInput::Fraction => "sigma/(mu + sigma)".to_owned(),
        TimeInput::Schedule { factor: 1.0 } => "t of the schedule".to_owned(),
        TimeInput::Schedule { factor } => format!("{factor} t of the schedule"),
    }
}
