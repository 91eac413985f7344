//! What runs inside, stage by stage, on standard error where `RUST_LOG` asks for it.

use crate::messages;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;

/// The variable that asks.
const VARIABLE: &str = "RUST_LOG";

/// Listens for the process, if anything is asked for: `info`, `debug`, or `equipoise_experiment=debug,equipoise=info`.
/// A span is told when it ends, with the time that it was busy and that it waited.
pub(crate) fn listen() {
    let asked = std::env::var(VARIABLE).unwrap_or_default();
    if asked.trim().is_empty() {
        return;
    }
    let targets = match asked.parse::<Targets>() {
        Ok(targets) => targets,
        // It may be meant for another program.
        Err(fault) => {
            caution!(
                "{VARIABLE}: found {asked}, expected LEVEL or TARGET=LEVEL,…: nothing is traced: {fault}"
            );
            return;
        }
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(messages::raw)
        .with_ansi(false)
        .with_span_events(FmtSpan::CLOSE)
        .with_filter(targets);
    tracing_subscriber::registry().with(lines).init();
}
