//! What the traces of runs have to say of inner solves and variances.

use crate::Trace;

/// What was met on the way that no covariance leads to, over the traces of all members, each in a sentence without
/// its end; none where nothing was met.
pub fn remarks<'a>(traces: impl IntoIterator<Item = &'a Trace>) -> Vec<String> {
    let (mut evaluations, mut breakdowns, mut floors, mut first) = (0, 0, 0, None);
    for trace in traces {
        evaluations += trace.evaluations;
        breakdowns += trace.breakdowns;
        floors += trace.floors;
        first = first.or(trace.first_breakdown);
    }
    let mut said = Vec::new();
    if let Some(first) = first {
        let met = match first.growth {
            Some(growth) => format!("‖u‖ {growth:.2} times ‖r‖/s²"),
            None => format!("a curvature of {:.1e}", first.curvature),
        };
        said.push(format!(
            "inner solves of {breakdowns} of {evaluations} evaluations were ended by what no covariance shows, the \
             first at t = {:.3} after {} iterations by {met}",
            first.t, first.iteration
        ));
    }
    if floors > 0 {
        said.push(format!("{floors} negative variances in {evaluations} evaluations were taken as zero"));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Breakdown;

    #[test]
    fn what_was_met_is_said_over_all_members() {
        assert!(remarks(&[Trace::default()]).is_empty());
        let broken = |growth| Trace {
            evaluations: 8,
            breakdowns: 3,
            first_breakdown: Some(Breakdown { t: 0.75, iteration: 1, curvature: -0.25, growth }),
            floors: 2,
            ..Trace::default()
        };
        let whole = Trace { evaluations: 8, ..Trace::default() };
        let said = remarks(&[whole, broken(None), broken(Some(3.0))]).join("\n");
        let first = "inner solves of 6 of 24 evaluations were ended by what no covariance shows, the first at \
                     t = 0.750 after 1 iterations by a curvature of -2.5e-1";
        assert_eq!(said, format!("{first}\n4 negative variances in 24 evaluations were taken as zero"));
        let said = remarks(&[broken(Some(3.0))]);
        assert!(said[0].ends_with("by ‖u‖ 3.00 times ‖r‖/s²"), "{said:?}");
    }
}
