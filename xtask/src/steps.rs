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
    pub(crate) work: Box<dyn Fn() -> anyhow::Result<()>>,
}

/// Runs `steps` in order and writes headers and durations to `say`, the latter once more at the end.
///
/// # Errors
/// The first failure, named by its step; later steps do not run.
pub(crate) fn run(steps: &[Step], say: &mut impl Write) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut took = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        writeln!(say, "\n== {}/{} {}: {}", index + 1, steps.len(), step.name, step.what)?;
        let begun = Instant::now();
        let outcome = (step.work)();
        let seconds = begun.elapsed().as_secs_f64();
        took.push((step.name, seconds));
        let verdict = if outcome.is_ok() { "passed" } else { "failed" };
        writeln!(say, "== {} {verdict} after {seconds:.1} s", step.name)?;
        outcome.with_context(|| format!("step `{}` failed", step.name))?;
    }
    writeln!(say)?;
    for (name, seconds) in took {
        writeln!(say, "{name:<10}{seconds:>8.1} s")?;
    }
    writeln!(say, "all {} steps passed after {:.1} s", steps.len(), start.elapsed().as_secs_f64())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[test]
    fn the_first_failure_stops_the_run_and_names_its_step() {
        let ran = Rc::new(RefCell::new(Vec::new()));
        let step = |name: &'static str, fails: bool| {
            let ran = Rc::clone(&ran);
            Step {
                name,
                what: format!("do {name}"),
                work: Box::new(move || {
                    ran.borrow_mut().push(name);
                    if fails { Err(anyhow::anyhow!("the reason")) } else { Ok(()) }
                }),
            }
        };
        let mut said = Vec::new();
        let error = run(&[step("a", false), step("b", true), step("c", false)], &mut said).unwrap_err();
        assert_eq!(format!("{error:#}"), "step `b` failed: the reason");
        assert_eq!(*ran.borrow(), ["a", "b"]);
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("== 2/3 b: do b") && said.contains("== b failed after"), "{said}");
    }

    #[test]
    fn a_clean_run_counts_and_times_its_steps() {
        let mut said = Vec::new();
        let step = |name| Step { name, what: String::new(), work: Box::new(|| Ok(())) };
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
}
