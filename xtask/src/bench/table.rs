//! The table that people read, `bench.md`.

use super::record::{OURS, Record, is_ours};
use super::rounds::{Outcome, Peak, Timing};
use super::statistics::Spread;
use super::worker::Party;

/// The tables of one tree in Markdown.
pub(crate) fn markdown(record: &Record) -> String {
    let mut text = format!("{}\n\n", record.machine.describe());
    for (name, value) in &record.about {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text += &format!("* {name}: {value}\n");
    }
    if !record.complete {
        text += "* **incomplete**: the run was stopped here\n";
    }
    text += &stream(record);
    for group in &record.groups {
        text += &ours(record, group);
        text += &peers(record, group);
        text += &peaks(record, group);
        text.extend(group.faults.iter().map(|fault| format!("\nNot timed: {fault}.\n")));
    }
    text
}

fn stream(record: &Record) -> String {
    let row = |k: usize| {
        let pass = |name: &str| {
            let speed = |v: Option<f64>| v.map_or("–".to_owned(), |v| format!("{:.1}", v / 1e9));
            record.pass(name, k).map(speed).join(" → ")
        };
        [k.to_string(), pass("copy"), pass("triad"), pass("read")]
    };
    let rows = record.threads().into_iter().map(row);
    let table = table(["threads", "copy", "triad", "read"], rows);
    format!("\n## Stream\n\nGB/s, median, before → after all cases.\n{table}")
}

/// Our timings of a group.
fn ours(record: &Record, group: &Outcome) -> String {
    let Some(first) = group.timings.first() else { return String::new() };
    let name = first.case.id.split('/').next().unwrap_or_default();
    let heads = ["case", "threads", "median", "quartiles", "least", "rate", "share of stream"];
    let row = |timing: &Timing| {
        let Spread { min, lower, median, upper, .. } = Spread::of(&timing.rounds)?;
        let quartiles = format!("{} – {}", duration(lower), duration(upper));
        let (case, who) = (timing.case.id.clone(), threads(&timing.party));
        let (rate, share) = (rate(timing, median), share(record, timing));
        Some([case, who, duration(median), quartiles, duration(min), rate, share])
    };
    let rows = group.timings.iter().filter(|t| t.party.name == OURS).filter_map(row);
    format!("\n## {name}\n{}", table(heads, rows))
}

fn rate(timing: &Timing, seconds: f64) -> String {
    match (timing.case.operations, timing.case.bytes) {
        (Some(operations), _) => format!("{:.1} Gflop/s", operations / seconds / 1e9),
        (None, bytes) if bytes > 0.0 => format!("{:.1} GB/s", bytes / seconds / 1e9),
        _ => String::new(),
    }
}

fn share(record: &Record, timing: &Timing) -> String {
    match record.share(timing) {
        // Where arithmetic or a cache decides, a share of the memory's speed says nothing.
        Some(_) if timing.case.operations.is_some() => String::new(),
        Some(_) if record.in_cache(timing) => "in cache".to_owned(),
        Some(share) => format!("{:.0} %", 100.0 * share),
        None => String::new(),
    }
}

/// The peers of a group, beside ours.
fn peers(record: &Record, group: &Outcome) -> String {
    let mut notes = Vec::new();
    let row = |timing: &Timing| {
        let (spread, ratio) = (Spread::of(&timing.rounds)?, record.ratio(timing)?);
        let name = timing.party.name.clone();
        if let Some(note) = timing.case.note.as_ref().map(|note| format!("\n{name}: {note}.\n"))
            && !notes.contains(&note)
        {
            notes.push(note);
        }
        let (case, on) = (timing.case.id.clone(), timing.party.threads.to_string());
        let quartiles = format!("{} – {}", times(ratio.lower), times(ratio.upper));
        Some([case, name, on, duration(spread.median), times(ratio.median), quartiles])
    };
    let rows = group.timings.iter().filter(|t| record.is_peer(&t.party)).filter_map(row);
    table(["case", "peer", "threads", "median", "times ours", "quartiles"], rows) + &notes.concat()
}

fn peaks(record: &Record, group: &Outcome) -> String {
    let list = |title: &str, value: &dyn Fn(&Peak) -> Option<String>| {
        let entry = |peak: &Peak| {
            let (of, name, who) = (&peak.of, &peak.party.name, threads(&peak.party));
            let shown = if is_ours(&peak.party) { who } else { format!("{name} {who}") };
            Some(format!("{of} ({shown}) {}", value(peak)?))
        };
        let shown = group.peaks.iter().filter(|peak| is_ours(&peak.party) || record.is_peer(&peak.party));
        let entries: Vec<String> = shown.filter_map(entry).collect();
        if entries.is_empty() { String::new() } else { format!("\n{title}: {}.\n", entries.join(", ")) }
    };
    list("Peak memory (MiB)", &|peak| Some((peak.bytes >> 20).to_string()))
        + &list("Processors' time", &|peak| peak.cpu.map(duration))
}

pub(super) fn threads(party: &Party) -> String {
    if is_ours(party) || party.blas == party.threads && party.name != OURS {
        party.threads.to_string()
    } else {
        format!("{}, BLAS {}", party.threads, party.blas)
    }
}

/// Two decimals of a ratio that needs them.
pub(super) fn times(ratio: f64) -> String {
    if ratio < 100.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
}

/// Three digits and a unit.
pub(super) fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (1e3 * s, "ms"),
        s if s >= 1e-6 => (1e6 * s, "µs"),
        s => (1e9 * s, "ns"),
    };
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {unit}")
}

/// A table after a blank line; nothing without rows.
pub(super) fn table<const N: usize>(heads: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rows: String = rows.into_iter().map(|row| line(&row)).collect();
    if rows.is_empty() {
        return rows;
    }
    format!("\n{}|{}\n{rows}", line(&heads.map(str::to_owned)), "---|".repeat(N))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::record::tests::canned;

    #[test]
    fn rows_of_canned_timings() {
        let mut record = canned();
        let text = markdown(&record);
        // Of 2, 2, 4 s the median is 2 and the upper quartile 3; 8 GB in 2 s are 4 GB/s of 10.
        assert!(
            text.contains("| step/a | 2 | 2.00 s | 2.00 s – 3.00 s | 2.00 s | 4.0 GB/s | in cache |"),
            "{text}"
        );
        assert!(text.contains("| step/a | pytorch | 2 | 4.00 s | 2.00 | 2.00 – 2.00 |"), "{text}");
        assert!(text.contains("\npytorch: a half was timed and doubled.\n"), "{text}");
        assert!(text.contains("\nPeak memory (MiB): step/a (2) 3.\n"), "{text}");
        assert!(text.contains("\nProcessors' time: step/a (2) 1.25 s.\n"), "{text}");
        assert_eq!(text.matches("| 2 | 8.0 → 10.0 | 4.0 → 4.0 | – → – |").count(), 1, "{text}");
        record.machine.cache = Some(1 << 10);
        assert!(markdown(&record).contains("| 4.0 GB/s | 40 % |"));
        assert!(!text.contains("incomplete"));
        record.complete = false;
        assert!(markdown(&record).contains("incomplete"));
    }

    #[test]
    fn durations_keep_three_digits() {
        let found = [1.5, 0.0123, 4.56e-4, 7.89e-8].map(duration);
        assert_eq!([0.254, 17_823.6].map(times), ["0.25", "17824"]);
        assert_eq!(found, ["1.50 s", "12.3 ms", "456 µs", "78.9 ns"]);
    }
}
