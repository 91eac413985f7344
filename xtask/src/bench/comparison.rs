//! This tree against another revision: the same cases in the same rounds, and the ratios now / then.

use super::record::{Record, is_ours};
use super::rounds::{Outcome, Peak, Timing};
use super::statistics::{Spread, ratio};
use super::table::{duration, table, threads, times};
use super::worker::Party;
use serde_json::{Value, json};

/// One case of both, on as many threads.
struct Pair<'a> {
    now: &'a Timing,
    then: &'a Timing,
}

/// Every case that both timed.
fn pairs<'a>(record: &'a Record, then: &str) -> Vec<Pair<'a>> {
    let same = |now: &Timing, other: &Timing| {
        other.party.name == then && other.case.id == now.case.id && same_threads(&now.party, &other.party)
    };
    let ours = record.timings().filter(|timing| is_ours(&timing.party));
    let pair = |now: &'a Timing| Some(Pair { now, then: record.timings().find(|t| same(now, t))? });
    ours.filter_map(pair).collect()
}

/// The largest memory of both, over all rounds.
fn peaks<'a>(record: &'a Record, then: &str) -> Vec<[&'a Peak; 2]> {
    let all = || record.groups.iter().flat_map(|group| &group.peaks);
    let same = |now: &Peak, other: &Peak| {
        other.party.name == then && other.of == now.of && same_threads(&now.party, &other.party)
    };
    let pair = |now: &'a Peak| Some([now, all().find(|peak| same(now, peak))?]);
    all().filter(|peak| is_ours(&peak.party)).filter_map(pair).collect()
}

fn same_threads(one: &Party, other: &Party) -> bool {
    (one.threads, one.blas) == (other.threads, other.blas)
}

/// The cases that only this tree knows, and those that only the other does.
fn alone(record: &Record, then: &str) -> [Vec<String>; 2] {
    let known = |group: &Outcome, ours: bool| -> Vec<String> {
        let of = |party: &Party| if ours { is_ours(party) } else { party.name == then };
        group.known.iter().find(|(party, _)| of(party)).map(|(_, ids)| ids.clone()).unwrap_or_default()
    };
    let mut alone = [Vec::new(), Vec::new()];
    for group in &record.groups {
        let [now, other] = [known(group, true), known(group, false)];
        alone[0].extend(now.iter().filter(|id| !other.contains(id)).cloned());
        alone[1].extend(other.iter().filter(|id| !now.contains(id)).cloned());
    }
    alone
}

/// As `bench.json` holds it.
pub(crate) fn json(record: &Record, then: &str) -> Value {
    let values = |now: &[f64], then: &[f64]| {
        ratio(now, then).map(|spread| {
            json!({ "now": Spread::of(now).map(|s| s.median), "then": Spread::of(then).map(|s| s.median),
                "ratio": spread.json() })
        })
    };
    let cases = pairs(record, then).into_iter().map(|Pair { now, then }| {
        json!({ "id": now.case.id, "threads": now.party.threads,
            "seconds": values(&now.rounds, &then.rounds), "processors": values(&now.cpu, &then.cpu) })
    });
    let peaks = peaks(record, then).into_iter().map(|[now, then]| {
        json!({ "of": now.of, "threads": now.party.threads, "now": now.bytes, "then": then.bytes,
            "ratio": now.bytes as f64 / then.bytes as f64 })
    });
    let [only_now, only_then] = alone(record, then);
    json!({ "revision": then, "cases": cases.collect::<Vec<_>>(), "peaks": peaks.collect::<Vec<_>>(),
        "only_now": only_now, "only_then": only_then })
}

/// As `bench.md` shows it.
pub(crate) fn markdown(record: &Record, then: &str) -> String {
    let heads = [
        "case",
        "threads",
        "clock",
        "then",
        "now / then",
        "range",
        "processors",
        "then",
        "now / then",
        "range",
    ];
    let cases = pairs(record, then).into_iter().map(|Pair { now, then }| {
        let [a, b, c, d] = columns(&now.rounds, &then.rounds);
        let [e, f, g, h] = columns(&now.cpu, &then.cpu);
        [now.case.id.clone(), threads(&now.party), a, b, c, d, e, f, g, h]
    });
    let mib = |bytes: u64| format!("{:.1}", bytes as f64 / f64::from(1 << 20));
    let peaks = peaks(record, then).into_iter().map(|[now, then]| {
        let ratio = times(now.bytes as f64 / then.bytes as f64);
        [now.of.clone(), threads(&now.party), mib(now.bytes), mib(then.bytes), ratio]
    });
    let mut text = format!(
        "\n## Against {then}\n\nNow over then within a round: the median of the rounds, the least and the \
         greatest. Under 1 is better now.\n"
    );
    text += &table(heads, cases);
    text += &table(["peak memory of", "threads", "MiB", "then", "now / then"], peaks);
    let [only_now, only_then] = alone(record, then);
    for (who, cases) in [("this tree", only_now), (then, only_then)] {
        if !cases.is_empty() {
            text += &format!("\nKnown to {who} alone, and not compared: {}.\n", cases.join(", "));
        }
    }
    text
}

/// Medians, ratio and range; dashes where one of them was not told.
fn columns(now: &[f64], then: &[f64]) -> [String; 4] {
    let spreads = (Spread::of(now), Spread::of(then), ratio(now, then));
    let (Some(now), Some(then), Some(ratio)) = spreads else {
        return [const { String::new() }; 4].map(|_| "–".into());
    };
    let range = format!("{} – {}", times(ratio.min), times(ratio.max));
    [duration(now.median), duration(then.median), times(ratio.median), range]
}

#[cfg(test)]
mod tests {
    use super::super::record::OURS;
    use super::super::rounds::tests::{case, party};
    use super::*;

    fn timing(id: &str, who: &str, rounds: &[f64], cpu: &[f64]) -> Timing {
        Timing { case: case(id), party: party(who, 2), rounds: rounds.to_vec(), cpu: cpu.to_vec() }
    }

    fn peak(who: &str, bytes: u64) -> Peak {
        Peak { of: "step".to_owned(), party: party(who, 2), bytes, cpu: None }
    }

    /// Two rounds of one case, the second on a machine half as fast; a case and a peer beside it that have
    /// no counterpart.
    fn canned() -> Record {
        let known =
            |who: &str, ids: &[&str]| (party(who, 2), ids.iter().map(|id| (*id).to_owned()).collect());
        let group = Outcome {
            known: vec![known(OURS, &["step/a", "step/b"]), known("0abc", &["step/a", "step/c"])],
            timings: vec![
                timing("step/a", OURS, &[1.0, 2.0, 3.0], &[0.5, 0.5, 0.5]),
                timing("step/a", "0abc", &[2.0, 4.0, 2.0], &[0.5, 0.25, 0.125]),
                timing("step/a", "pytorch", &[9.0; 3], &[]),
                timing("step/b", OURS, &[1.0], &[]),
            ],
            peaks: vec![peak(OURS, 3 << 20), peak("0abc", 2 << 20), peak("pytorch", 1 << 20)],
            faults: Vec::new(),
        };
        Record { against: Some("0abc".to_owned()), groups: vec![group], complete: true, ..Record::default() }
    }

    #[test]
    fn rounds_are_paired_and_nothing_is_dropped_without_a_word() {
        let text = markdown(&canned(), "0abc");
        // Ratios 0.5, 0.5, 1.5 by the clock; 1, 2, 4 of the processors.
        assert!(
            text.contains(
                "\n| step/a | 2 | 2.00 s | 2.00 s | 0.50 | 0.50 – 1.50 | 500 ms | 250 ms | 2.00 | 1.00 – 4.00 |\n"
            ),
            "{text}"
        );
        assert_eq!(text.matches("| step/").count(), 1, "{text}");
        assert!(text.contains("\n| step | 2 | 3.0 | 2.0 | 1.50 |\n"), "{text}");
        assert!(text.contains("\nKnown to this tree alone, and not compared: step/b.\n"), "{text}");
        assert!(text.contains("\nKnown to 0abc alone, and not compared: step/c.\n"), "{text}");
    }

    #[test]
    fn a_revision_that_does_not_tell_its_processors_time_has_dashes() {
        let mut record = canned();
        record.groups[0].timings[1].cpu.clear();
        assert!(markdown(&record, "0abc").contains("| 0.50 – 1.50 | – | – | – | – |\n"));
    }

    #[test]
    fn the_file_holds_the_same() {
        let json = json(&canned(), "0abc");
        assert_eq!(json["cases"].as_array().unwrap().len(), 1);
        let seconds = &json["cases"][0]["seconds"]["ratio"];
        assert_eq!((&seconds["median"], &seconds["max"]), (&0.5.into(), &1.5.into()));
        assert_eq!(json["cases"][0]["processors"]["ratio"]["median"], 2.0);
        assert_eq!(json["peaks"][0]["ratio"], 1.5);
        assert_eq!((&json["only_now"][0], &json["only_then"][0]), (&"step/b".into(), &"step/c".into()));
    }
}
