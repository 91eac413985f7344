//! What a run of the benchmark found, and its file `bench.json`.

use super::machine::Machine;
use super::rounds::{Outcome, Peak, Timing};
use super::statistics::{Spread, ratio, share};
use super::worker::Party;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The name of our own party.
pub(crate) const OURS: &str = "equipoise";

/// Everything that was found so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    /// The machine.
    pub(crate) machine: Machine,
    /// Versions, revision, command line: whatever identifies the run, by name.
    pub(crate) about: Vec<(String, Value)>,
    /// The stream before and after the cases.
    pub(crate) stream: [Outcome; 2],
    /// The groups.
    pub(crate) groups: Vec<Outcome>,
    /// The name of the revision that was timed in turn.
    pub(crate) against: Option<String>,
    /// Whether nothing is to follow.
    pub(crate) complete: bool,
}

impl Record {
    /// Bytes a second of one pass of the stream, before and after.
    pub(crate) fn pass(&self, pass: &str, threads: usize) -> [Option<f64>; 2] {
        let id = format!("stream/{pass}");
        self.stream.each_ref().map(|outcome| {
            let mut timings = outcome.timings.iter();
            let timing = timings.find(|t| t.case.id == id && t.party.threads == threads)?;
            Some(timing.case.bytes / Spread::of(&timing.rounds)?.median)
        })
    }

    /// The stream's bandwidth on these threads: the fastest of copy and triad, before or after.
    pub(crate) fn bandwidth(&self, threads: usize) -> Option<f64> {
        let passes = [self.pass("copy", threads), self.pass("triad", threads)];
        passes.into_iter().flatten().flatten().max_by(f64::total_cmp)
    }

    /// The numbers of threads that the stream was measured on, ascending.
    pub(crate) fn threads(&self) -> Vec<usize> {
        let numbers = self.stream[0].timings.iter().map(|timing| timing.party.threads);
        numbers.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Every timing of every group.
    pub(crate) fn timings(&self) -> impl Iterator<Item = &Timing> {
        self.groups.iter().flat_map(|group| &group.timings)
    }

    /// The share of the stream's bandwidth, for ours and for cases with traffic that cannot be avoided.
    pub(crate) fn share(&self, timing: &Timing) -> Option<f64> {
        let bytes = Some(timing.case.bytes).filter(|bytes| *bytes > 0.0)?;
        let median = Spread::of(&timing.rounds)?.median;
        Some(share(bytes, median, self.bandwidth(timing.party.threads)?))
    }

    /// Whether the arrays of a case fit in the last-level cache, where a share means little.
    pub(crate) fn in_cache(&self, timing: &Timing) -> bool {
        let arrays = timing.case.arrays;
        arrays > 0.0 && self.machine.cache.is_some_and(|cache| arrays <= cache as f64)
    }

    /// Whether a party is neither ours nor an earlier revision of it.
    pub(crate) fn is_peer(&self, party: &Party) -> bool {
        party.name != OURS && self.against.as_ref() != Some(&party.name)
    }

    /// How many times longer a peer took than ours on as many threads.
    pub(crate) fn ratio(&self, peer: &Timing) -> Option<Spread> {
        let same = |ours: &&Timing| {
            ours.case.id == peer.case.id && is_ours(&ours.party) && ours.party.threads == peer.party.threads
        };
        ratio(&peer.rounds, &self.timings().find(same)?.rounds)
    }

    /// The content of `bench.json`.
    pub(crate) fn json(&self) -> Value {
        let stream = self.threads().into_iter().map(|k| {
            let pass = |name| self.pass(name, k);
            json!({ "threads": k, "reference": self.bandwidth(k),
                "copy": pass("copy"), "triad": pass("triad"), "read": pass("read") })
        });
        let outcomes = || self.stream.iter().chain(&self.groups);
        let peaks = outcomes().flat_map(|o| &o.peaks).map(|peak| {
            let Peak { of, party: who, bytes, cpu } = peak;
            json!({ "of": of, "party": party(who), "bytes": bytes, "cpu_seconds": cpu })
        });
        let mut root = json!({
            "complete": self.complete,
            "machine": self.machine.json(),
            "stream_bytes_per_second": stream.collect::<Vec<_>>(),
            "timings": self.timings().map(|t| self.timing(t)).collect::<Vec<_>>(),
            "peaks": peaks.collect::<Vec<_>>(),
            "faults": outcomes().flat_map(|o| &o.faults).collect::<Vec<_>>(),
        });
        for (name, value) in &self.about {
            root[name] = value.clone();
        }
        root
    }

    fn timing(&self, timing: &Timing) -> Value {
        let Timing { case, party: who, rounds, cpu } = timing;
        let times_ours = if is_ours(who) { None } else { self.ratio(timing).map(|spread| spread.json()) };
        json!({
            "id": case.id, "what": case.what, "note": case.note, "party": party(who),
            "seconds": Spread::of(rounds).map(|spread| spread.json()), "rounds": rounds, "cpu_rounds": cpu,
            "bytes": case.bytes, "arrays": case.arrays, "operations": case.operations,
            "in_cache": self.in_cache(timing), "share": self.share(timing), "times_ours": times_ours,
        })
    }
}

/// Whether a party is ours, in the threads that we recommend.
pub(crate) fn is_ours(party: &Party) -> bool {
    party.name == OURS && party.blas == 1
}

fn party(party: &Party) -> Value {
    json!({ "name": party.name, "threads": party.threads, "blas_threads": party.blas })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::rounds::tests::{case, party};
    use super::*;

    fn timing(id: &str, who: &str, threads: usize, rounds: &[f64]) -> Timing {
        Timing { case: case(id), party: party(who, threads), rounds: rounds.to_vec(), cpu: Vec::new() }
    }

    /// Two threads: copy at 8 and 10 GB/s before and after, triad at 4; a case of 8 GB in 2, 2 and 4 s,
    /// a peer twice as slow; arrays of 1 MB beside a cache of 2 MiB.
    pub(crate) fn canned() -> Record {
        let outcome = |timings: Vec<Timing>| Outcome { timings, ..Outcome::default() };
        let stream = |copy: f64| {
            let triad = timing("stream/triad", OURS, 2, &[2.0]);
            outcome(vec![timing("stream/copy", OURS, 2, &[copy]), triad])
        };
        let mut peer = timing("step/a", "pytorch", 2, &[4.0, 4.0, 8.0]);
        peer.case.note = Some("a half was timed and doubled".to_owned());
        let mut group = outcome(vec![timing("step/a", OURS, 2, &[2.0, 2.0, 4.0]), peer]);
        group.peaks =
            vec![Peak { of: "step/a".to_owned(), party: party(OURS, 2), bytes: 3 << 20, cpu: Some(1.25) }];
        Record {
            machine: Machine { cores: 2, cache: Some(2 << 20), ..Machine::default() },
            about: vec![("version".to_owned(), "0".into())],
            stream: [stream(1.0), stream(0.8)],
            groups: vec![group],
            against: None,
            complete: true,
        }
    }

    #[test]
    fn shares_and_ratios_by_hand() {
        let record = canned();
        assert_eq!(record.bandwidth(2), Some(1e10));
        assert_eq!(record.bandwidth(1), None);
        let timings: Vec<&Timing> = record.timings().collect();
        assert!((record.share(timings[0]).unwrap() - 0.4).abs() < 1e-15);
        assert!(record.in_cache(timings[0]));
        let ratio = record.ratio(timings[1]).unwrap();
        assert!((ratio.lower - 2.0).abs() < 1e-15 && (ratio.upper - 2.0).abs() < 1e-15);
    }

    #[test]
    fn the_file_holds_rounds_spread_and_what_they_are_of() {
        let json = canned().json();
        assert_eq!((&json["version"], &json["complete"]), (&"0".into(), &true.into()));
        let [ours, peer] = [&json["timings"][0], &json["timings"][1]];
        assert_eq!(ours["rounds"], serde_json::json!([2.0, 2.0, 4.0]));
        assert_eq!(ours["seconds"]["median"], 2.0);
        assert_eq!((&ours["times_ours"], &peer["times_ours"]["median"]), (&Value::Null, &2.0.into()));
        assert_eq!((&ours["note"], &peer["note"]), (&Value::Null, &"a half was timed and doubled".into()));
        assert_eq!(
            (&json["peaks"][0]["bytes"], &json["peaks"][0]["cpu_seconds"]),
            (&(3 << 20).into(), &1.25.into())
        );
        assert_eq!(json["stream_bytes_per_second"][0]["copy"], serde_json::json!([8e9, 1e10]));
    }
}
