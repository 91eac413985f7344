//! How long the trajectory is, and what it is composed of where it is longer than a window.

use crate::failure::usage;
use crate::number::{count, non_negative};
use clap::ValueEnum;
use equipoise_composition::Fold;
use equipoise_reconstruction::Composite;

/// Flags of a trajectory.
#[derive(clap::Args)]
#[command(next_help_heading = "Trajectory")]
pub(super) struct Length {
    /// Frames of the trajectory [default: a window's]
    ///
    /// Where they are more than a window's it is composed of windows.
    #[arg(long, value_name = "L", value_parser = count, allow_negative_numbers = true)]
    pub(super) frames: Option<usize>,

    /// Windows of 2K + 1 frames, one frame apart [default: the prior's]
    #[arg(long, value_name = "K", requires = "frames", conflicts_with = "stride")]
    order: Option<usize>,

    /// Frames between the beginnings of two windows [default: 1]
    #[arg(long, value_name = "S", requires = "frames", value_parser = count, allow_negative_numbers = true)]
    stride: Option<usize>,

    /// Which frames are taken of a window [default: see --help]
    ///
    /// The one in its middle, the S in its middle, its last S, or all, averaged. Without it centre; symmetrical
    /// at a stride above 1 or for windows of an even number.
    #[arg(long, value_enum, requires = "frames")]
    fold: Option<FoldName>,

    /// Seconds after which a long run's state is kept again
    ///
    /// In the folder of its results, so that the same command goes on from there after Ctrl-C or worse.
    #[arg(
        long, value_name = "SECONDS", requires = "frames", default_value = "30", value_parser = non_negative,
        allow_negative_numbers = true
    )]
    pub(super) keep_every: f64,
}

/// A fold by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FoldName {
    Centre,
    Symmetrical,
    Causal,
    Average,
}

impl Length {
    /// The frames of a window, of a prior to be fitted: 2K + 1, or what `--window` says, or else the default.
    ///
    /// # Errors
    /// Bad usage: an order and a window that contradict each other.
    pub(super) fn window(&self, asked: Option<usize>, default: usize) -> anyhow::Result<usize> {
        match (self.order.map(windowed), asked) {
            (Some(found), Some(expected)) if found != expected => {
                Err(self.contradiction(expected, &format!("--window {expected}")))
            }
            (found, asked) => Ok(found.or(asked).unwrap_or(default)),
        }
    }

    /// Checks flags against the window of a prior that has one, which `named` names.
    ///
    /// # Errors
    /// Bad usage: another order or window than the prior's.
    pub(super) fn check(&self, asked: Option<usize>, window: usize, named: &str) -> anyhow::Result<()> {
        if self.order.is_some_and(|order| windowed(order) != window) {
            return Err(self.contradiction(window, named));
        }
        match asked.filter(|asked| *asked != window) {
            Some(asked) => Err(usage(&format!(
                "--window: found {asked}, expected the {window} frames of a window of {named}, of which --frames composes"
            ))),
            None => Ok(()),
        }
    }

    fn contradiction(&self, window: usize, named: &str) -> anyhow::Error {
        let order = self.order.unwrap_or_default();
        usage(&format!(
            "--order: found {order}, windows of {} frames, expected the {window} frames of a window of {named}",
            windowed(order)
        ))
    }

    /// How a trajectory is composed of windows; `None` where it is one.
    ///
    /// # Errors
    /// Bad usage: a fold that has no such stride; a length that windows do not fill.
    pub(super) fn composite(&self, window: usize) -> anyhow::Result<Option<Composite>> {
        let Some(frames) = self.frames.filter(|frames| *frames != window) else { return Ok(None) };
        let stride = self.stride.unwrap_or(1);
        let default =
            if stride == 1 && !window.is_multiple_of(2) { FoldName::Centre } else { FoldName::Symmetrical };
        let fold = match self.fold.unwrap_or(default) {
            FoldName::Centre if stride != 1 => {
                let told = format!(
                    "--fold: found centre at a stride of {stride}, expected symmetrical, causal or average"
                );
                return Err(usage(&told));
            }
            FoldName::Centre => Fold::Centre,
            FoldName::Symmetrical => Fold::Symmetrical { stride },
            FoldName::Causal => Fold::Causal { stride },
            FoldName::Average => Fold::Average { stride },
        };
        Ok(Some(Composite::new(frames, window, fold)?))
    }
}

/// 2k + 1.
fn windowed(order: usize) -> usize {
    order.saturating_mul(2).saturating_add(1)
}
