//! Rules of the output folder and of runs, with the plans of sweeps.

mod identities;
mod output;
mod run;

pub(crate) use run::told;
