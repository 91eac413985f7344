//! The built command on the embedded samples and on bad input.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod agreement;
mod backend;
mod belonging;
mod benchmark;
mod damage;
mod denoisers;
mod described;
mod documented;
mod durability;
mod faults;
mod fit;
mod inspect;
mod interrupt;
mod judge;
mod leases;
mod long;
mod messages;
mod networks;
mod notation;
mod odd;
mod plan;
mod process;
mod ran;
mod reconstruct;
mod resume;
mod shards;
mod slice;
mod slurm;
mod stability;
mod status;
mod sweep;
mod sweep_faults;
mod swept;
mod train;
mod windows;
