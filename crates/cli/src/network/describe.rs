//! `equipoise network describe`: the manifest of a network.

/// Write the manifest of a network beside its weights.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// Writes it.
pub(crate) fn run(_: &Arguments) -> anyhow::Result<()> {
    todo!()
}
