//! Runs named steps in order, each announced and timed, and stops at the first that fails.

use anyhow::Context;
use std::io::Write;
use std::time::Instant;

/// A named part of a longer run.
pub(crate) struct Step {
    /// The name that headers and failures carry.
    pub(crate) name: &'static str,
    /// What the header says the step does, for a command the line to type.
    pub(crate) what: String,
    /// The work.
    pub(crate) work: Box<dyn Fn() -> anyhow::Result<()> + Send + Sync>,
    /// Whether those that follow need not wait for it: it waits more than it computes.
    pub(crate) beside: bool,
}

/// Runs `steps` in order and writes headers and durations to `say`, the latter once more at the end. One that runs
/// beside others is waited for after the last.
///
/// # Errors
/// The first failure, named by its step; later steps do not run.
pub(crate) fn run(steps: &[Step], say: &mut impl Write) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut took = Vec::with_capacity(steps.len());
    std::thread::scope(|scope| {
        let mut beside = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            writeln!(say, "\n== {}/{} {}: {}", index + 1, steps.len(), step.name, step.what)?;
            if step.beside {
                writeln!(say, "== {} runs beside what follows", step.name)?;
                beside.push((step, scope.spawn(|| timed(step))));
            } else {
                took.push(ended(step, timed(step), say)?);
            }
        }
        for (step, handle) in beside {
            let outcome = handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            took.push(ended(step, outcome, say)?);
        }
        anyhow::Ok(())
    })?;
    writeln!(say)?;
    for (name, seconds) in took {
        writeln!(say, "{name:<10}{seconds:>8.1} s")?;
    }
    writeln!(say, "all {} steps passed after {:.1} s", steps.len(), start.elapsed().as_secs_f64())?;
    Ok(())
}

fn timed(step: &Step) -> (anyhow::Result<()>, f64) {
    let begun = Instant::now();
    let outcome = (step.work)();
    (outcome, begun.elapsed().as_secs_f64())
}

/// Says how a step ended; its name and its seconds.
fn ended(
    step: &Step,
    (outcome, seconds): (anyhow::Result<()>, f64),
    say: &mut impl Write,
) -> anyhow::Result<(&'static str, f64)> {
    let verdict = if outcome.is_ok() { "passed" } else { "failed" };
    writeln!(say, "== {} {verdict} after {seconds:.1} s", step.name)?;
    outcome.with_context(|| format!("step `{}` failed", step.name))?;
    Ok((step.name, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex, mpsc};

    #[test]
    fn the_first_failure_stops_the_run_and_names_its_step() {
        let ran = Arc::new(Mutex::new(Vec::new()));
        let step = |name: &'static str, fails: bool| {
            let ran = Arc::clone(&ran);
            Step {
                name,
                what: format!("do {name}"),
                work: Box::new(move || {
                    ran.lock().unwrap().push(name);
                    if fails { Err(anyhow::anyhow!("the reason")) } else { Ok(()) }
                }),
                beside: false,
            }
        };
        let mut said = Vec::new();
        let error = run(&[step("a", false), step("b", true), step("c", false)], &mut said).unwrap_err();
        assert_eq!(format!("{error:#}"), "step `b` failed: the reason");
        assert_eq!(*ran.lock().unwrap(), ["a", "b"]);
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("== 2/3 b: do b") && said.contains("== b failed after"), "{said}");
    }

    #[test]
    fn a_clean_run_counts_and_times_its_steps() {
        let mut said = Vec::new();
        let step = |name| Step { name, what: String::new(), work: Box::new(|| Ok(())), beside: false };
        run(&[step("a"), step("b")], &mut said).unwrap();
        let said = String::from_utf8(said).unwrap();
        let [first, second, last] = said.lines().rev().take(3).collect::<Vec<_>>()[..] else {
            panic!("{said}")
        };
        assert!(first.starts_with("all 2 steps passed after "), "{said}");
        assert_eq!(
            [second, last].map(|line| line.split_whitespace().next()),
            [Some("b"), Some("a")],
            "{said}"
        );
    }

    /// The first waits for the second, which would wait for ever were it not beside it; its failure is the run's.
    #[test]
    fn a_step_beside_others_is_waited_for() {
        let (told, heard) = mpsc::channel();
        let heard = Mutex::new(heard);
        let first = move || {
            heard.lock().unwrap().recv()?;
            Err(anyhow::anyhow!("the reason"))
        };
        let second = move || Ok(told.send(())?);
        let steps = [
            Step { name: "a", what: String::new(), work: Box::new(first), beside: true },
            Step { name: "b", what: String::new(), work: Box::new(second), beside: false },
        ];
        let mut said = Vec::new();
        let error = run(&steps, &mut said).unwrap_err();
        assert_eq!(format!("{error:#}"), "step `a` failed: the reason");
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("== b passed after") && said.contains("== a failed after"), "{said}");
    }
}
