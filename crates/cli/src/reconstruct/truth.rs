//! The true window that the mean is compared with.

use super::Arguments;
use super::asked::Asked;
use equipoise_data::{Attribute, Remark, load_beside};
use equipoise_prior::Prior;
use std::path::Path;

/// The window, on the grid and in the units of the prior.
pub(super) struct Truth {
    /// (T, C, H, W), physical units.
    pub(super) values: Vec<f32>,
    /// What is to be said of its file beside the prior's.
    pub(super) remarks: Vec<Remark>,
    /// Every default and override that went into reading it.
    pub(super) notes: Vec<String>,
}

impl Truth {
    /// The first frames of the first trajectory of a file.
    ///
    /// # Errors
    /// A file that cannot be used, or does not belong to the prior.
    pub(super) fn open(
        path: &Path,
        (prior, frames): (&Prior, usize),
        asked: &Asked,
        arguments: &Arguments,
    ) -> anyhow::Result<Self> {
        let path = &*arguments.fitting.loading.of(path)?;
        let data = load_beside(path, &arguments.fitting.loading.options(), prior.kind())?;
        let described = prior.described(&asked.path);
        let (data, mut remarks) = match prior.is_standard() {
            // No frames are known that could stand in both.
            true => described.align(data, frames)?,
            false => described.receive(data, frames)?,
        };
        remarks
            .extend(data.warnings().iter().map(|odd| Remark::Warning(format!("{}: {odd}", path.display()))));
        if let Some(Attribute::Numbers(first)) = data.attributes().get("t_first")
            && let [first] = first[..]
            && (first - arguments.start_time).abs() > prior.coordinates().time_step / 2.0
        {
            let start = arguments.start_time;
            remarks.push(Remark::Warning(format!(
                "{}: its first frame is at t_first = {first}, that of the window at {start} (--start-time)",
                path.display()
            )));
        }
        let notes = data.notes().iter().map(|note| format!("{}: {note}", path.display())).collect();
        Ok(Self { values: data.window(0, 0, frames)?.to_vec(), remarks, notes })
    }
}
