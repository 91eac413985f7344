//! The folder that a reconstruction leaves.

use super::made::Made;
use super::summary::Summary;
use super::{Arguments, Taken};
use crate::comparison::Output;
use equipoise_data::DataError;
use equipoise_data::exchange::{self, Format};
use equipoise_reconstruction::{
    Check, Ensemble, Pictures, exchanged, write_file, write_page, write_pictures, write_sheet,
};
use std::path::Path;

/// What a reconstruction leaves in its folder.
pub(super) const FILES: [&str; 6] =
    ["ensemble.h5", "readings.csv", "mean.png", "uncertainty.png", "misfit.png", "reconstruction.html"];

/// Of [`FILES`], the first without its ending: what the same fields are called in other formats.
const STEM: &str = "ensemble";

/// The names of everything that a reconstruction may leave, in all formats.
pub(super) fn names() -> Vec<String> {
    let others = Format::all().map(|format| format.path(Path::new(""), STEM).display().to_string());
    FILES.into_iter().map(str::to_owned).chain(others).collect()
}

impl Arguments {
    /// Every file can be written, and what an earlier call left in other formats be removed: found out before the first
    /// is.
    ///
    /// # Errors
    /// What stands in the way.
    pub(super) fn check_folder(&self) -> Result<(), DataError> {
        let Output { out, force, .. } = &self.output;
        force.check(names().iter().map(|name| out.join(name)))?;
        let files = FILES.map(|name| out.join(name));
        if let Some(path) = files.into_iter().find(|path| path.is_dir()) {
            return Err(DataError::IsFolder { path });
        }
        exchange::check(out, STEM, &self.also.formats(), force.existing())
    }
}

impl Taken<'_> {
    /// Writes the folder.
    ///
    /// # Errors
    /// What stands in the way, before anything is written; a file that cannot be written: those before it stand.
    pub(super) fn keep(
        &self,
        check: &Check,
        ensemble: &Ensemble,
        made: &Made,
        summary: &Summary,
    ) -> anyhow::Result<()> {
        let Self { arguments, problem, rule, truth, .. } = self;
        arguments.check_folder()?;
        std::fs::create_dir_all(&arguments.output.out)
            .map_err(|source| unwritable(&arguments.output.out, source))?;
        let truth = truth.as_ref().map(|truth| truth.values.as_slice());
        let pictures = Pictures::of(problem, ensemble, check.misfit(), truth)?;
        let existing = arguments.output.force.existing();
        let at = |index: usize| arguments.output.out.join(FILES[index]);
        write_file(&at(0), existing, problem, rule, ensemble, &made.provenance)?;
        exchange::clear(&arguments.output.out, STEM, &arguments.also.formats())?;
        let fields = exchanged(problem, rule, ensemble, &made.provenance)?;
        for format in arguments.also.formats() {
            format.write(&fields, &arguments.output.out, STEM, existing)?;
        }
        write_sheet(&at(1), problem, ensemble, check.misfit())?;
        write_pictures(&arguments.output.out, &pictures)?;
        for (index, absent) in [(3, pictures.uncertainty.is_none()), (4, pictures.misfit.is_none())] {
            // That of an earlier reconstruction, which this one has none of.
            if absent && at(index).exists() {
                std::fs::remove_file(at(index)).map_err(|source| unwritable(&at(index), source))?;
            }
        }
        let facts = made.facts(summary);
        Ok(write_page(&at(5), problem, ensemble, check, &pictures, summary.warnings(), facts)?)
    }
}

fn unwritable(path: &Path, source: std::io::Error) -> DataError {
    DataError::Unreadable { path: path.into(), source }
}
