//! What the runs say on three questions about laws: numbers of one page, without a conclusion.

use crate::Row;
use crate::account::Account;
use equipoise_report::significant;

/// One law's row and its guidance excess at t = 0.1 at one sub.
pub(crate) struct Ended<'a> {
    pub(crate) sub: usize,
    pub(crate) row: &'a Row,
}

/// Paragraphs: how v grows with N, how it grows with the noise, what clamping leaves of it. A question
/// whose laws are not among the trials is left out.
pub(crate) fn answers(accounts: &[Account], ended: &[Ended<'_>]) -> Vec<String> {
    [scaling(accounts), saturation(accounts), clamping(accounts, ended)].into_iter().flatten().collect()
}

/// The densest and the sparsest sub.
fn ends(accounts: &[Account]) -> Option<(&Account, &Account)> {
    let dense = accounts.iter().min_by_key(|a| a.sub)?;
    let sparse = accounts.iter().max_by_key(|a| a.sub)?;
    (dense.sub < sparse.sub).then_some((dense, sparse))
}

fn scaling(accounts: &[Account]) -> Option<String> {
    let (dense, sparse) = ends(accounts)?;
    let (early, late) = (dense.times.first()?, dense.times.last()?);
    let growth = dense.count as f64 / sparse.count as f64;
    let exponent =
        |i: usize| Some((dense.times.get(i)?.matched / sparse.times.get(i)?.matched).ln() / growth.ln());
    Some(format!(
        "With the number of observations: N = {} at sub {} and N_eff = {} at t = {}, {} at t = {}. From sub {} to \
         sub {} N is multiplied by {}, and v − s² of the matched law by that to the power {} at t = {}, {} at t = {}. \
         tr(AVAᵀ)/N is {} at sub {} and {} at sub {}, t = {}.",
        dense.count,
        dense.sub,
        significant(early.effective, 3),
        early.t,
        significant(late.effective, 3),
        late.t,
        sparse.sub,
        dense.sub,
        significant(growth, 3),
        significant(exponent(0)?, 2),
        early.t,
        significant(exponent(dense.times.len() - 1)?, 2),
        late.t,
        significant(late.unknown, 2),
        dense.sub,
        significant(sparse.times.last()?.unknown, 2),
        sparse.sub,
        late.t,
    ))
}

fn saturation(accounts: &[Account]) -> Option<String> {
    let account = accounts.first()?;
    let (early, late) = (account.times.first()?, account.times.last()?);
    let sum = account.laws.iter().find(|w| w.law == "sum")?;
    let per = |observed: &crate::account::Observed| observed.matched / observed.ratio2;
    Some(format!(
        "With the noise, at sub {}: tr(AVAᵀ)/N is {} of tr(AΣAᵀ)/N at t = {}, where (σ/μ)² is {}. The γ that gives v \
         of the matched law is {} there and {} at t = {}. At t = {} the law sum has v = {}, the matched law {}.",
        account.sub,
        significant(early.unknown / account.prior, 3),
        early.t,
        significant(early.ratio2, 3),
        significant(per(early), 2),
        significant(per(late), 2),
        late.t,
        early.t,
        significant(*sum.v.first()?, 3),
        significant(early.matched + account.noise, 3),
    ))
}

fn clamping(accounts: &[Account], ended: &[Ended<'_>]) -> Option<String> {
    let of = |account: &Account| account.laws.iter().find(|w| w.law == "clamped_linear")?.v.last().copied();
    let worst = accounts.iter().max_by(|a, b| {
        let excess =
            |x: &Account| of(x).map_or(0.0, |v| v / (x.times.last().map_or(1.0, |t| t.matched) + x.noise));
        excess(a).total_cmp(&excess(b))
    })?;
    let (last, v) = (worst.times.last()?, of(worst)?);
    let end = ended.iter().find(|e| e.sub == worst.sub && e.row.law == "clamped_linear")?.row;
    let due = last.matched + worst.noise;
    Some(format!(
        "With clamping, where v of clamped_linear is the largest multiple of the matched law's: at sub {}, t = {}, \
         {} against {}, a factor of {}; guidance excess {}. The run ends as {}, RMSE over floor {}, χ = {}, \
         fluctuation ratio {}.",
        worst.sub,
        last.t,
        significant(v, 3),
        significant(due, 3),
        significant(v / due, 2),
        end.guidance_excess_late.map_or_else(|| "unknown".into(), |e| significant(e, 2)),
        end.state.replace('_', " "),
        end.floor_rmse.map_or_else(|| "unknown".into(), |f| significant(end.rmse / f, 3)),
        significant(end.misfit, 3),
        significant(end.fluctuation_ratio, 3),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trial;
    use crate::account::{Observed, Weights};
    use crate::row::tests::outcome;
    use crate::trial::tests::example;

    /// Two subs, of which the denser repeats nothing: v − s² does not grow with N.
    fn account(sub: usize, count: usize) -> Account {
        let at = |t| Observed { t, ratio2: 2.0, effective: count as f64, unknown: 0.5, matched: 0.5 };
        let law = |law: &str| Weights { law: law.into(), v: vec![0.51, 0.51] };
        let laws = vec![law("sum"), law("clamped_linear")];
        Account { sub, count, noise: 0.01, prior: 1.0, times: vec![at(0.9), at(0.1)], laws }
    }

    /// On data where no law is at fault the page says nothing of faults, only the numbers.
    #[test]
    fn what_is_printed_follows_from_the_numbers() {
        let trial = Trial { approach: "clamped_linear".parse().unwrap(), ..example() };
        let (state, floor_rmse) = ("balanced".into(), Some(1.0));
        let row = Row { state, rmse: 1.0, floor_rmse, ..outcome(&trial) };
        let told = answers(&[account(2, 64), account(4, 16)], &[Ended { sub: 4, row: &row }]).join("\n");
        for number in [
            "ends as balanced, RMSE over floor 1.00,",
            "to the power 0 at t = 0.9, 0 at t = 0.1",
            "0.510 against 0.510, a factor of 1.0",
        ] {
            assert!(told.contains(number), "{number} in {told}");
        }
        for conclusion in ["Why", "must", "no fixed power", "blur", "never", "cannot", "only", "wrong"] {
            assert!(!told.contains(conclusion), "{conclusion} in {told}");
        }
    }
}
