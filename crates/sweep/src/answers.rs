//! The study's open questions, answered with the numbers of one run.

use crate::Row;
use crate::account::Account;
use equipoise_report::significant;

/// One law's row and its guidance excess at t = 0.1 at one sub.
pub(crate) struct Ended<'a> {
    pub(crate) sub: usize,
    pub(crate) row: &'a Row,
}

/// Paragraphs: what should scale with N, why the γ-term must saturate, why clamping blurs. A question
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
        "What should scale with N? Not s², which is the sensor's, but the second term of v, and only while \
         neighbouring observations repeat each other. At t = {} the {} observations of sub {} hold what {} numbers \
         hold, at t = {} what {} do. From sub {} to sub {} N grows {}-fold and v − s² of the matched law as N to the \
         power {} at t = {}, {} at t = {}: no fixed power of N is right at both. What scales is N/N_eff(t), since \
         tr(AVAᵀ)/N hardly depends on the density ({} at sub {}, {} at sub {}, t = {}).",
        early.t,
        dense.count,
        dense.sub,
        significant(early.effective, 3),
        late.t,
        significant(late.effective, 3),
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
        "Why must the γ-term saturate? V cannot exceed the prior: at t = {} it has reached {} of tr(AΣAᵀ)/N, \
         while (σ/μ)² goes on to {}. A constant γ would have to be {} there and {} at t = {} to give what the \
         matched law has at sub {}; with γ = 0.01 the law sum takes v = {} where {} is due.",
        early.t,
        significant(early.unknown / account.prior, 3),
        significant(early.ratio2, 3),
        significant(per(early), 2),
        significant(per(late), 2),
        late.t,
        account.sub,
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
        "Why does clamping blur? It keeps the sampler finite by never letting go of a large std: at sub {}, \
         t = {}, clamped_linear has v = {} where {} is due, so its pull on the data is {} of the exact one just \
         when small scales are decided (guidance excess {}). The run ends at {} times the floor with χ = {}, \
         fluctuation ratio {}.",
        worst.sub,
        last.t,
        significant(v, 3),
        significant(due, 3),
        significant(due / v, 2),
        end.guidance_excess_late.map_or_else(|| "unknown".into(), |e| significant(e, 2)),
        end.floor_rmse.map_or_else(|| "?".into(), |f| significant(end.rmse / f, 3)),
        significant(end.misfit, 3),
        significant(end.fluctuation_ratio, 3),
    ))
}
