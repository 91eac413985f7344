//! The definitions of the page.

use crate::Plan;
use crate::score::LEVELS;
use equipoise_experiment::{note, states};
use equipoise_metrics::expected_coverage;
use equipoise_report::significant;

pub(super) fn notes(plan: &Plan) -> Vec<(String, String)> {
    let expected = LEVELS.map(|level| {
        let expected = expected_coverage(plan.members, level).ok().flatten();
        expected.map_or_else(|| "none".into(), |e| format!("{} of {level}", significant(e, 3)))
    });
    vec![
        note(
            "CRPS ratio",
            "Fair CRPS of the ensemble on the truth over that of the exact posterior N(m, v + σ(0)²) on it, which \
             is what exact samples score in expectation. Of a point estimate the mean absolute error, the CRPS of \
             being sure of that point, over the same number. The standard error of exact samples is that of an \
             ensemble of as many, over the seeds; cases share their draws and do not lower it.",
        ),
        note(
            "RMSE/floor",
            "RMSE over members and entries against the truth, over the floor. The floor of a sampler is the RMSE \
             that exact posterior samples reach, √(mean((posterior mean − truth)²) + mean posterior variance + \
             σ(0)²), with the noise that samplers leave at t = 0; that of a point estimate is the RMSE of the \
             posterior mean, the best any point can do. Both are of the same observation.",
        ),
        note(
            "Bias",
            "‖ensemble mean − posterior mean‖ over ‖posterior standard deviation‖, the sampling error of the \
             ensemble mean taken out, not below 0.",
        ),
        note("Spread ratio", "√(mean ensemble variance / mean(posterior variance + σ(0)²))."),
        note(
            "Coverage error",
            format!(
                "How often the central 50 % and 90 % intervals of the ensemble hold exact posterior samples, less \
                 how often those of exact ensembles of {} members do ({}); the larger of the two magnitudes. \
                 scores.csv also has the coverage of the truth, which the misfit of the prior enters.",
                plan.members,
                expected.join(", ")
            ),
        ),
        note(
            "SW₂ ratio",
            "Sliced Wasserstein-2 distance of the ensemble to exact posterior samples over random directions of \
             the whole field, over the mean of that distance between two exact ensembles of the same size.",
        ),
        note(
            "Intervals",
            "mean ± t s/√n over the n seeds, s their standard deviation, t Student's 97.5 % quantile with n − 1 \
             degrees of freedom. Seeds redraw observation noise, start and noise on the way; the truth stays. Over \
             cases ratios and errors have geometric means.",
        ),
        note(
            "Explosions",
            "An ensemble of which a member exploded has no result: its errors, bias, spread and scores count as \
             infinite, here and in leaderboard.csv; scores.csv has what was measured where its runs stopped.",
        ),
        note(
            "Tuning",
            format!(
                "Every value of the grid on the validation window under seed {}, {} members each; the least CRPS, \
                 or mean absolute error of point estimates, wins among those that do not explode, the published \
                 value where all do. Once for every case.",
                plan.tuning.seed, plan.tuning.members
            ),
        ),
        note(
            "Calls and seconds",
            "Calls of the denoiser and iterations of inner solvers for one posterior sample; wall seconds for one \
             whole ensemble on the threads above, without judging it. A tuned entrant whose tuning chose the \
             published value is the published one.",
        ),
        note(
            "Priors",
            "A dataset without a further word stands under its Gaussian prior; `under optimal` and others name a \
             denoiser over the training windows, on the same observations and start draws. Under optimal floor, \
             bias and spread ratio are of its own posterior, the windows with other probabilities; what needs \
             samples of it is not judged. Under local, equivariant_local and locality no posterior is known: RMSE, \
             CRPS and coverage are on the truth, and nothing of the Gaussian stands in.",
        ),
        states(),
    ]
}
