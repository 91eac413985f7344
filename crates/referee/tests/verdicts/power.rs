//! What is caught, and that exact ensembles are not: the fast part of `examples/power.rs`.

use crate::synthetic::{Fault, case, drawn, looked};
use equipoise_referee::{Case, Cases, Judgement, Verdict};
use equipoise_stream::Stream;

const LEVEL: f64 = 0.01;

fn cases(seed: u64, members: usize, count: u64, fault: Fault) -> Vec<Case> {
    let of = |k: u64| {
        let stream = Stream::new("power").number(seed).number(k);
        case(&drawn(stream, members, fault), stream.text("draws")).unwrap()
    };
    (0..count).map(of).collect()
}

fn judged(cases: &[Case], looks: [bool; 2]) -> Judgement {
    let cases: Vec<Case> = cases.iter().map(|case| looked(case, looks)).collect();
    Judgement::of(&cases, Cases::Independent, LEVEL, Stream::new("choices")).unwrap()
}

/// Faults that nobody may miss, by withheld readings alone and by the truth alone, in four cases.
#[test]
fn gross_faults_fail() {
    for fault in [Fault::Unit(100.0), Fault::Axes, Fault::Components, Fault::Copied, Fault::Shift] {
        let cases = cases(1, 32, 4, fault);
        for looks in [[true, false], [false, true]] {
            let found = judged(&cases, looks);
            assert_eq!(found.verdict, Verdict::Fails, "{fault:?} {looks:?}: p = {}", found.p);
            assert!(found.failed().next().is_some_and(|row| row.hint.is_some()), "{fault:?}");
        }
    }
    let found = judged(&cases(1, 32, 4, Fault::Twice), [false, true]);
    assert_eq!(found.failed().next().map(|row| row.name.as_str()), Some("field.nearest"));
    let found = judged(&cases(1, 32, 4, Fault::Leaked(0.9)), [false, true]);
    assert_eq!(found.verdict, Verdict::Fails, "{found:?}");
}

/// Exact ensembles are consistent, and p is a p-value: of 24 seeds at 5 %, five deviations allow 6.5 failures.
#[test]
fn exact_ensembles_pass() {
    let p = |seed| judged(&cases(seed, 8, 2, Fault::None), [true, false]).p;
    let failed = (100..124).filter(|seed| p(*seed) <= 0.05).count();
    assert!(failed <= 6, "{failed}");
    let found = judged(&cases(7, 32, 4, Fault::None), [true, true]);
    assert_eq!(found.verdict, Verdict::Consistent, "{found:?}");
    assert!(found.rows.iter().all(|row| row.hint.is_none()));
}

/// One case of 32 members cannot reach 1 %, whatever it shows.
#[test]
fn one_case_of_few_members_is_undecided() {
    let found = judged(&cases(1, 32, 1, Fault::Unit(100.0)), [true, true]);
    assert_eq!(found.verdict, Verdict::Undecided);
    assert!((found.p - 1.0 / 33.0).abs() < 1e-12, "{}", found.p);
    let wanted = "one case of 99 members, or 2 independent cases of 32 members";
    assert_eq!(found.wanted().as_deref(), Some(wanted));
    assert!(found.rows.iter().all(|row| row.half_interval.is_none()));
    // The furthest out says where to look all the same.
    assert!(found.rows[0].hint.is_some() && found.rows.iter().any(|row| row.hint.is_none()));
    // No number of cases reaches a level below one of as many choices as are looked at.
    let deeper = Judgement { level: 1e-6, least_p: 1e-4, ..found.clone() };
    assert!(deeper.wanted().is_some_and(|wanted| wanted.starts_with("nothing")));
    let deep = Judgement { level: 1e-4, ..found };
    assert_eq!(
        deep.wanted().as_deref(),
        Some("one case of 9999 members, or 3 independent cases of 32 members")
    );
}
