//! Alternating rounds: in each, every party times every case once, so that a machine that slows down
//! slows all of them.

use super::worker::{Call, Case, Party, Timer};

/// All rounds of one case by one party.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Timing {
    /// What was timed; of a peer's case our description with its note.
    pub(crate) case: Case,
    /// Who timed it.
    pub(crate) party: Party,
    /// Seconds of a call, round by round.
    pub(crate) rounds: Vec<f64>,
    /// Seconds of all processors, round by round; empty where nobody tells.
    pub(crate) cpu: Vec<f64>,
}

/// What a process took in memory for all its cases together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Peak {
    /// The group, or the case of a whole process.
    pub(crate) of: String,
    /// Whose process.
    pub(crate) party: Party,
    /// Bytes.
    pub(crate) bytes: u64,
    /// Seconds of all processors, of a case that is a whole process: the median of its runs.
    pub(crate) cpu: Option<f64>,
}

/// The outcome of a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    /// The cases that each party knows, by name, of a group in which that may differ.
    pub(crate) known: Vec<(Party, Vec<String>)>,
    /// In the order of the cases, and within a case of the parties.
    pub(crate) timings: Vec<Timing>,
    /// Peak memory.
    pub(crate) peaks: Vec<Peak>,
    /// What could not be timed, and why; later rounds leave it out.
    pub(crate) faults: Vec<String>,
}

/// Times every case of the first timer, and those that others have of the same name.
///
/// # Errors
/// When the first timer does not list its cases. What fails later is in the faults.
pub(crate) fn measure(
    group: &str,
    timers: &mut [impl Timer],
    rounds: usize,
    mut say: impl FnMut(usize),
) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut plan: Vec<(usize, Timing)> = Vec::new();
    let Some((first, _)) = timers.split_first_mut() else { return Ok(outcome) };
    let cases = first.list()?;
    for (index, timer) in timers.iter_mut().enumerate() {
        let known = timer.list().unwrap_or_else(|fault| {
            outcome.faults.push(format!("{group}: {fault:#}"));
            Vec::new()
        });
        let party = timer.party().clone();
        outcome.known.push((party.clone(), known.iter().map(|case| case.id.clone()).collect()));
        plan.extend(cases.iter().filter_map(|case| {
            let note = known.iter().find(|k| k.id == case.id)?.note.clone();
            let case = Case { note, ..case.clone() };
            Some((index, Timing { case, party: party.clone(), rounds: Vec::new(), cpu: Vec::new() }))
        }));
    }
    let place = |timing: &Timing| cases.iter().position(|case| case.id == timing.case.id);
    plan.sort_by_key(|(index, timing)| (place(timing), *index));
    for round in 0..rounds {
        say(round);
        plan.retain_mut(|(index, timing)| match timers[*index].time(&timing.case.id) {
            Ok(Call { seconds, cpu }) => {
                timing.rounds.push(seconds);
                timing.cpu.extend(cpu);
                true
            }
            Err(fault) => {
                outcome.faults.push(format!("{}: {fault:#}", timing.case.id));
                false
            }
        });
    }
    outcome.timings = plan.into_iter().map(|(_, timing)| timing).collect();
    outcome.peaks = timers
        .iter_mut()
        .filter_map(|timer| {
            let bytes = timer.peak()?;
            Some(Peak { of: group.to_owned(), party: timer.party().clone(), bytes, cpu: None })
        })
        .collect();
    Ok(outcome)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    pub(crate) fn party(name: &str, threads: usize) -> Party {
        Party { name: name.to_owned(), threads, blas: 1 }
    }

    pub(crate) fn case(id: &str) -> Case {
        let (id, what) = (id.to_owned(), format!("does {id}"));
        Case { id, what, bytes: 8e9, arrays: 1e6, operations: None, note: None }
    }

    struct Scripted {
        party: Party,
        cases: Vec<&'static str>,
        breaks: bool,
        log: Rc<RefCell<Vec<String>>>,
    }

    impl Timer for Scripted {
        fn party(&self) -> &Party {
            &self.party
        }

        fn list(&mut self) -> anyhow::Result<Vec<Case>> {
            let note = Some(format!("as {} times it", self.party.name));
            Ok(self.cases.iter().map(|id| Case { note: note.clone(), ..case(id) }).collect())
        }

        fn time(&mut self, id: &str) -> anyhow::Result<Call> {
            self.log.borrow_mut().push(format!("{} {id}", self.party.name));
            let count = self.log.borrow().len();
            if self.breaks && count > 3 {
                anyhow::bail!("out of memory")
            }
            Ok(Call { seconds: count as f64, cpu: Some(2.0 * count as f64) })
        }

        fn peak(&mut self) -> Option<u64> {
            (!self.breaks).then_some(7)
        }
    }

    #[test]
    fn parties_alternate_and_a_broken_one_stops_nobody() {
        let log = Rc::new(RefCell::new(Vec::new()));
        let timer = |name: &str, cases: &[&'static str], breaks| Scripted {
            party: party(name, 1),
            cases: cases.to_vec(),
            breaks,
            log: Rc::clone(&log),
        };
        let mut timers = [timer("ours", &["a", "b"], false), timer("peer", &["b", "other"], true)];
        let outcome = measure("group", &mut timers, 3, |_| {}).unwrap();
        assert_eq!(
            *log.borrow(),
            ["ours a", "ours b", "peer b", "ours a", "ours b", "peer b", "ours a", "ours b"]
        );
        let rounds: Vec<_> = outcome.timings.iter().map(|t| (t.case.id.as_str(), t.rounds.clone())).collect();
        assert_eq!(rounds, [("a", vec![1.0, 4.0, 7.0]), ("b", vec![2.0, 5.0, 8.0])]);
        assert_eq!(outcome.timings[1].cpu, [4.0, 10.0, 16.0]);
        let known: Vec<_> = outcome.known.iter().map(|(party, ids)| (&*party.name, ids.join(" "))).collect();
        assert_eq!(known, [("ours", "a b".to_owned()), ("peer", "b other".to_owned())]);
        assert_eq!(outcome.faults, ["b: out of memory"]);
        assert_eq!(
            outcome.peaks,
            [Peak { of: "group".into(), party: party("ours", 1), bytes: 7, cpu: None }]
        );
    }

    #[test]
    fn a_case_of_a_peer_has_our_description_and_its_note() {
        let log = Rc::default();
        let timer =
            |name| Scripted { party: party(name, 1), cases: vec!["a"], breaks: false, log: Rc::clone(&log) };
        let outcome = measure("group", &mut [timer("ours"), timer("peer")], 1, |_| {}).unwrap();
        let notes: Vec<_> = outcome.timings.iter().filter_map(|t| t.case.note.as_deref()).collect();
        assert_eq!(notes, ["as ours times it", "as peer times it"]);
        assert!(outcome.timings.iter().all(|t| t.case.what == "does a"));
    }
}
