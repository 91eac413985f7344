//! Rules of the output folder and of runs, with the plans of sweeps.

mod output;
mod run;

pub(crate) use run::told;
