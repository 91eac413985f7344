//! What was found as tables.

use equipoise_report::{Caption, Cell, Column, Table, significant};
use equipoise_stability::Verdict;
use equipoise_windows::{
    Best, Bounded, Calibration, Cost, Definite, Drawn, End, Found, Least, Needed, Outcome, Surveyed,
};

/// The space of W2 and CRPS.
pub(super) const SPACE: &str = "normalised units";

/// What the series are numbers of. W2 is the same in any of these, CRPS is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// Points themselves.
    Points,
    /// Coefficients of wavenumbers: CRPS in closed form is that of a grid value, drawn that of a coefficient.
    Wavenumbers,
    /// Coefficients of modes, and of what is across them.
    Modes,
}

impl Numbers {
    /// What CRPS is of, in closed form and drawn.
    pub(super) const fn scored(self) -> [&'static str; 2] {
        match self {
            Self::Points => ["number", "number"],
            Self::Wavenumbers => ["grid value", "coefficient (wavenumber)"],
            Self::Modes => ["coefficient (mode or the rest)", "coefficient (mode or the rest)"],
        }
    }
}

/// What became of a run, in a word: by σ_W and the field at the end alone, peaks on the way not looked at.
pub(super) fn verdict(outcome: &Outcome) -> &'static str {
    match &outcome.refused {
        Some(_) => "refused",
        None => Verdict::of(outcome.sigma_w, 0.0, outcome.field, f64::from(f32::EPSILON)).name(),
    }
}

/// A caption in this verb's words.
pub(super) fn caption(text: &str) -> Caption {
    let space = format!("{SPACE} for W2, per number, and CRPS, per crps_of; the others are pure numbers");
    Caption { text: text.into(), space, n_convention: "the operator's own".into() }
}

type At<'a, T> = Column<'a, Found<T>>;

fn table<'a, 'r, T: 'r>(
    text: &str,
    columns: impl IntoIterator<Item = At<'a, T>>,
    rows: impl IntoIterator<Item = &'r Found<T>>,
) -> Table {
    let columns: Vec<At<'a, T>> = columns.into_iter().collect();
    Table::of(&columns, rows).captioned(caption(text))
}

/// A column of what was found.
fn of<'a, T, C: Into<Cell>>(
    name: &'static str,
    meaning: &'static str,
    get: impl Fn(&T) -> C + 'a,
) -> At<'a, T> {
    At::new(name, meaning, move |one: &Found<T>| get(&one.found))
}

/// Prior, fold and window of every row.
fn which<'a, T>() -> Vec<At<'a, T>> {
    vec![
        At::new("prior", "", |one: &Found<T>| one.prior.clone()),
        At::new("fold", "which frame of which window", |one: &Found<T>| one.fold.clone()),
        At::new("window", "w, frames", |one: &Found<T>| one.window),
    ]
}

/// The same, and how dense readings are.
fn seen<'a, T>() -> Vec<At<'a, T>> {
    let mut columns = which();
    columns.extend([
        At::new("every", "frames from one that is read to the next", |one: &Found<T>| one.every),
        At::new("sub", "points from one that is read to the next", |one: &Found<T>| one.sub),
    ]);
    columns
}

fn law<'a, T>(meaning: &'static str) -> At<'a, T> {
    At::new("law", meaning, |one: &Found<T>| one.law.unwrap_or_default())
}

/// Of which number CRPS is, and in which space.
fn scored<'a, T>(numbers: &'static str) -> [At<'a, T>; 2] {
    [of("crps_of", "the number whose CRPS it is", move |_: &T| numbers), of("space", "", |_: &T| SPACE)]
}

/// x̂ and J by level.
pub(super) fn costs(found: &Surveyed) -> Table {
    let columns = [
        of("sigma_over_mu", "σ/μ", |cost: &Cost| cost.ratio),
        of("excess", "E‖x̂ − x‖² over that of the exact denoiser, less 1", |cost: &Cost| cost.excess),
        of("jacobian", "‖J − J*‖/‖J*‖ of Frobenius", |cost: &Cost| cost.jacobian),
        of("asymmetry", "‖J − Jᵀ‖/‖J‖", |cost: &Cost| cost.asymmetry),
        of(
            "lowest",
            "lowest eigenvalue of μ(J + Jᵀ)/2 over the parts looked at; 0 to 1 for a covariance",
            |cost: &Cost| cost.lowest,
        ),
        of(
            "positive",
            "‖V⁺ − V*‖/‖V*‖ of the V that is positive by construction",
            |cost: &Cost| cost.positive,
        ),
        of("first", "excess of the first frame", |cost: &Cost| cost.by_frame.first().copied()),
        of("middle", "excess of the middle frame", |cost: &Cost| {
            cost.by_frame.get(cost.by_frame.len() / 2).copied()
        }),
        of("last", "excess of the last frame", |cost: &Cost| cost.by_frame.last().copied()),
        of("space", "", |_: &Cost| SPACE),
    ];
    table("What the composite misses of x̂ and J.", which().into_iter().chain(columns), &found.costs)
}

/// The least k, a column a level.
pub(super) fn needed(found: &Surveyed) -> Table {
    let least = |least: Least| match least {
        Least::Enough(k) => k.to_string(),
        Least::Beyond(k) => format!("> {k}"),
    };
    let mut columns = vec![
        At::new("prior", "", |one: &Found<Needed>| one.prior.clone()),
        At::new("fold", "", |one: &Found<Needed>| one.fold.clone()),
        of("target", "the excess allowed", |needed: &Needed| needed.target),
    ];
    let ratios = found.needed.first().map_or(&[][..], |one| &one.found.by_ratio);
    columns.extend(ratios.iter().enumerate().map(|(at, (ratio, _))| {
        let k = move |one: &Found<Needed>| one.found.by_ratio.get(at).map(|(_, k)| least(*k));
        At::new(format!("k at {ratio}"), format!("at σ/μ = {ratio}"), k)
    }));
    columns.push(of(
        "k of a run",
        "at every level of a run, and those to the left",
        move |needed: &Needed| least(needed.throughout),
    ));
    table("The least k whose excess stays within the target.", columns, &found.needed)
}

/// Whether moment matching is well posed.
pub(super) fn moments(found: &Surveyed) -> Table {
    let share = |count: usize, of: &Definite| count as f64 / of.levels as f64;
    let columns = [
        of("levels", "levels of a run", |of: &Definite| of.levels),
        of(
            "indefinite",
            "share of levels at which s²I + AVAᵀ, V = (σ²/μ)J, is not positive in a part that was run",
            move |of: &Definite| share(of.indefinite, of),
        ),
        of("unbounded", "share at which some solve passes ‖r‖/s²", move |of: &Definite| {
            share(of.unbounded, of)
        }),
        of("indefinite_positive", "share at which it is not positive with V⁺", move |of: &Definite| {
            share(of.indefinite_positive, of)
        }),
        of("lowest", "lowest eigenvalue of its symmetric part over s²", |of: &Definite| of.lowest),
        of("lowest_positive", "the same with V⁺", |of: &Definite| of.lowest_positive),
    ];
    let caption = "Moment matching on the composite. Shares and lowest are over the parts that were run.";
    table(caption, seen().into_iter().chain(columns), &found.definite)
}

/// Whole runs.
pub(super) fn runs(found: &Surveyed, crps_of: &'static str) -> Table {
    let columns = [
        law("guidance; exact is that of the exact denoiser"),
        of("verdict", "by σ_W and the field at the end", |of: &Outcome| verdict(of)),
        of("w2", "√(E W₂²/D) to the exact posterior", |of: &Outcome| of.wasserstein),
        of("crps", "mean CRPS against the truth, per crps_of", |of: &Outcome| of.crps),
        of("crps_exact", "the exact posterior's own", |of: &Outcome| of.crps_exact),
        of(
            "sigma_w",
            "largest amplification of the parts that were run, in units of the prior's marginals",
            |of: &Outcome| of.sigma_w,
        ),
        of("field", "√(E‖x‖²/tr Σ) at the end", |of: &Outcome| of.field),
        of(
            "unbounded",
            "levels at which a solve passes ‖r‖/s² in a part that was run",
            |of: &Outcome| of.unbounded,
        ),
        of("refused", "why the run has no end", |of: &Outcome| of.refused.clone()),
    ];
    let columns = seen().into_iter().chain(columns).chain(scored(crps_of));
    table(
        "Whole runs against the exact posterior. σ_W and the verdict are the largest over the parts that were run.",
        columns,
        &found.runs,
    )
}

/// W2 by law, a column a law: a word where the run has no end or explodes.
pub(super) fn by_law(found: &Surveyed) -> Table {
    let keys = |one: &Found<Outcome>| (one.prior.clone(), one.fold.clone(), one.window, one.every, one.sub);
    let (mut laws, mut rows): (Vec<&'static str>, Vec<&Found<Outcome>>) = (Vec::new(), Vec::new());
    for one in found.runs.iter().filter(|one| one.law != Some("exact")) {
        laws.extend(one.law.filter(|law| !laws.contains(law)));
        if rows.iter().all(|known| keys(known) != keys(one)) {
            rows.push(one);
        }
    }
    let mut columns = seen();
    columns.push(At::new("exact", "exact guidance and denoiser", |one: &Found<Outcome>| {
        let same = |e: &&Found<Outcome>| e.prior == one.prior && (e.every, e.sub) == (one.every, one.sub);
        found.runs.iter().filter(same).find(|e| e.law == Some("exact")).map(|exact| exact.found.wasserstein)
    }));
    columns.extend(laws.into_iter().map(|law| {
        At::new(law, "W2", move |one: &Found<Outcome>| {
            let run = found.runs.iter().find(|run| run.law == Some(law) && keys(run) == keys(one));
            run.map(|run| match verdict(&run.found) {
                word @ ("refused" | "explodes") => Cell::from(word),
                _ => Cell::Number(run.found.wasserstein),
            })
        })
    }));
    table("W2 to the exact posterior by law.", columns, rows)
}

/// A number, or its bound.
fn bounded(of: Bounded) -> Cell {
    match of {
        Bounded::Is(number) => Cell::Number(number),
        Bounded::AtLeast(number) => format!("> {}", significant(number, 3)).into(),
        Bounded::AtMost(number) => format!("< {}", significant(number, 3)).into(),
        Bounded::Unknown => Cell::Absent,
    }
}

/// γ of one window.
pub(super) fn calibrations(found: &Surveyed) -> Table {
    let gamma = |best: Best| match best.end {
        None => Cell::Number(best.gamma),
        Some(End::Low) => bounded(Bounded::AtMost(best.gamma)),
        Some(End::High) => bounded(Bounded::AtLeast(best.gamma)),
    };
    let columns = [
        of("gamma_window", "γ with the least W2 on one window", move |of: &Calibration| gamma(of.window)),
        of(
            "gamma_exact",
            "γ with the least W2 under the exact denoiser of all frames",
            move |of: &Calibration| gamma(of.exact),
        ),
        of("gamma", "γ with the least W2 on the composite", move |of: &Calibration| gamma(of.composite)),
        of("ratio", "gamma_window over gamma", |of: &Calibration| bounded(of.ratio)),
        of(
            "length",
            "gamma_window over gamma_exact: length, and where a window is read",
            |of: &Calibration| bounded(of.length),
        ),
        of("composing", "gamma_exact over gamma: composing alone", |of: &Calibration| bounded(of.composing)),
        of("w2_window", "W2 of the one window, under its γ", |of: &Calibration| of.window.wasserstein),
        of("w2_exact", "W2 under the exact denoiser and its γ", |of: &Calibration| of.exact.wasserstein),
        of("w2", "W2 of the composite under its own γ", |of: &Calibration| of.composite.wasserstein),
        of("w2_transferred", "W2 of the composite under the window's γ", |of: &Calibration| of.transferred),
        of("lost", "that over the composite's own, less 1", |of: &Calibration| of.lost.map(bounded)),
    ];
    let caption = "γ of v = s² + γ(σ/μ)². A window is read from its first frame on; < and > are bounds, where the best γ \
                   lies beyond 1e-5 to 1e3.";
    table(caption, seen().into_iter().chain(columns), &found.calibrations)
}

/// Drawn runs.
pub(super) fn drawn(found: &Surveyed, crps_of: &'static str) -> Table {
    let columns = [
        law("guidance"),
        of("crps", "mean CRPS against the truth, per crps_of", |of: &Drawn| of.crps.mean),
        of("crps_error", "its standard error over truths", |of: &Drawn| of.crps.error),
        of(
            "square",
            "E‖x − E[x given y]‖² over tr Cov[x given y]; 1 for exact draws",
            |of: &Drawn| of.square.mean,
        ),
        of("square_error", "its standard error", |of: &Drawn| of.square.error),
        of("diverged", "truths with a number that is not finite", |of: &Drawn| of.diverged),
        of("refused", "why there are none", |of: &Drawn| of.refused.clone()),
    ];
    let columns = seen().into_iter().chain(columns).chain(scored(crps_of));
    table("Drawn runs.", columns, &found.drawn)
}
