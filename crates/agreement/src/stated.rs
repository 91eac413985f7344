//! What a manifest states of a network and the values of a file take otherwise.
//!
//! The layout of the values, not the manifest, says what the network predicts, what stands around it and what it is
//! told of the time: so a network whose manifest says something else may agree in every value, and would be used
//! otherwise all the same.

use crate::quantity::{Quantity, WRAPPERS};
use crate::report::Row;
use crate::schedules;
use crate::values::Values;
use equipoise_network::{
    Architecture, ChannelOrder, MANIFEST, Manifest, Preconditioning, Predicts, TimeInput, TrainedOn,
};
use equipoise_schedule::Schedule;
use serde::Serialize;
use std::collections::BTreeMap;

/// Times at which two schedules are held to each other, and the relative distance that is none.
const TIMES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
const SAME: f64 = 1e-6;

/// A row for every entry of the manifest that the values contradict. `computed` are the datasets of the file with
/// what each holds.
pub(crate) fn rows(manifest: &Manifest, values: &Values, computed: &[(&str, &Quantity)]) -> Vec<Row> {
    let mut rows = match manifest.architecture {
        Architecture::Sda(_) if computed.iter().any(|(_, quantity)| is_sda(quantity)) => of_sda(manifest),
        Architecture::Azula(_) => of_azula(manifest, computed),
        Architecture::Sda(_) => Vec::new(),
    };
    rows.extend(manifest.schedule.iter().flat_map(|stated| schedule(stated, values, computed)));
    rows
}

fn is_sda(quantity: &Quantity) -> bool {
    let is_plain = matches!(quantity, Quantity::Schedule(..) | Quantity::NamedSchedule(_));
    !is_plain && !is_azula(quantity)
}

fn is_azula(quantity: &Quantity) -> bool {
    matches!(quantity, Quantity::Backbone(_) | Quantity::Wrapped { .. })
}

/// One entry that is contradicted.
fn row(entry: &str, stated: &impl Serialize, taken: &str) -> Row {
    let stated = serde_json::to_string(stated).unwrap_or_default();
    Row::stated(
        &format!("{MANIFEST}: {entry}"),
        format!("the manifest states {stated}, the values take {taken}; the network would be used as stated"),
    )
}

/// The row of an entry that is not what the values take.
fn unless<T: PartialEq + Serialize>(entry: &str, stated: &T, (taken, words): (T, &str)) -> Option<Row> {
    (*stated != taken).then(|| row(entry, stated, words))
}

/// ε̂ of windows as they are, told t.
fn of_sda(manifest: &Manifest) -> Vec<Row> {
    let one_order = manifest.window == 1 || manifest.components == 1;
    let time = TimeInput::Schedule { factor: 1.0 };
    let rows = [
        unless("prediction", &manifest.prediction, (Predicts::Epsilon, "epsilon")),
        unless("preconditioning", &manifest.preconditioning, (Preconditioning::None, "none")),
        unless("time", &manifest.time, (time, "t of the schedule, times 1")),
        unless("channel_order", &manifest.channel_order, (ChannelOrder::Frames, "frames"))
            .filter(|_| !one_order),
    ];
    rows.into_iter().flatten().collect()
}

/// x̂ behind the wrappers whose values stand in the file, told ln σ/μ.
fn of_azula(manifest: &Manifest, computed: &[(&str, &Quantity)]) -> Vec<Row> {
    let has = |wanted: &Preconditioning| {
        let is_wanted =
            |quantity: &Quantity| matches!(quantity, Quantity::Wrapped { wrapper, .. } if wrapper == wanted);
        computed.iter().any(|(_, quantity)| is_wanted(quantity))
    };
    let there: Vec<Preconditioning> = WRAPPERS.into_iter().filter(has).collect();
    if there.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = there.iter().map(ToString::to_string).collect();
    let others = there.iter().all(|wrapper| *wrapper != manifest.preconditioning);
    let rows = [
        others.then(|| row("preconditioning", &manifest.preconditioning, &names.join(" or "))),
        unless("prediction", &manifest.prediction, (Predicts::X, "x")),
        unless("time", &manifest.time, (TimeInput::LogRatio, "ln(sigma/mu)")),
    ];
    rows.into_iter().flatten().collect()
}

/// The schedules that values ran under and that are not the stated one, each once.
fn schedule(stated: &TrainedOn, values: &Values, computed: &[(&str, &Quantity)]) -> Vec<Row> {
    let Ok(own) = stated.schedule.build(stated.eta) else { return Vec::new() };
    // A value whose schedule cannot be read has a row that says so.
    let of_sda = |path: &str| {
        let (name, eta) = schedules::sda(values, path).ok()?;
        Some((format!("{name}, eta {eta}"), name.build(eta).ok()?))
    };
    let taken = |(path, quantity): &(&str, &Quantity)| match quantity {
        Quantity::Guided { .. } | Quantity::GuidedDps => of_sda("guided/y"),
        Quantity::Run { group, .. } => of_sda(group),
        Quantity::Training(_) => of_sda(""),
        Quantity::Wrapped { .. } => {
            let name = values.text(path, "schedule").ok()??;
            Some((name, schedules::azula(values, path).ok()?))
        }
        _ => None,
    };
    let taken: BTreeMap<String, Box<dyn Schedule>> = computed.iter().filter_map(taken).collect();
    let others = taken.into_iter().filter(|(_, other)| !same(&*own, &**other));
    others.map(|(name, _)| row("schedule", stated, &name)).collect()
}

fn same(one: &dyn Schedule, other: &dyn Schedule) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() <= SAME * a.abs().max(b.abs());
    TIMES.iter().all(|&t| near(one.mu(t), other.mu(t)) && near(one.sigma(t), other.sigma(t)))
}
