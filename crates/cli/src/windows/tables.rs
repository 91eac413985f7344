//! What was found as tables.

use equipoise_report::{Caption, Cell, Table, significant};
use equipoise_stability::Verdict;
use equipoise_windows::{Bounded, End, Estimate, Found, Outcome, Surveyed};

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

fn table(text: &str, columns: &[(&str, &str)], rows: Vec<Vec<Cell>>) -> Table {
    let columns = columns.iter().map(|&(name, meaning)| (name.to_owned(), meaning.to_owned()));
    Table::new(columns, rows).captioned(caption(text))
}

fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

/// Prior, fold and window of every row.
const WHICH: [(&str, &str); 3] =
    [("prior", ""), ("fold", "which frame of which window"), ("window", "w, frames")];

fn which<T>(found: &Found<T>) -> Vec<Cell> {
    vec![text(&found.prior), text(&found.fold), Cell::Count(found.window as u64)]
}

/// How dense readings are.
const DENSITY: [(&str, &str); 2] = [
    ("every", "frames from one that is read to the next"),
    ("sub", "points from one that is read to the next"),
];

fn density<T>(found: &Found<T>) -> Vec<Cell> {
    [found.every, found.sub].map(|of| of.map_or(Cell::Absent, |of| Cell::Count(of as u64))).to_vec()
}

/// x̂ and J by level.
pub(super) fn costs(found: &Surveyed) -> Table {
    let rows = found.costs.iter().map(|one| {
        let cost = &one.found;
        let frames = &cost.by_frame;
        let ends = [frames.first(), frames.get(frames.len() / 2), frames.last()];
        let numbers = [cost.ratio, cost.excess, cost.jacobian, cost.asymmetry, cost.lowest, cost.positive];
        let ends = ends.map(|x| x.map_or(Cell::Absent, |x| Cell::Number(*x)));
        [which(one), numbers.map(Cell::Number).to_vec(), ends.to_vec(), vec![text(SPACE)]].concat()
    });
    let columns = [
        ("sigma_over_mu", "σ/μ"),
        ("excess", "E‖x̂ − x‖² over that of the exact denoiser, less 1"),
        ("jacobian", "‖J − J*‖/‖J*‖ of Frobenius"),
        ("asymmetry", "‖J − Jᵀ‖/‖J‖"),
        ("lowest", "lowest eigenvalue of μ(J + Jᵀ)/2 over the parts looked at; 0 to 1 for a covariance"),
        ("positive", "‖V⁺ − V*‖/‖V*‖ of the V that is positive by construction"),
        ("first", "excess of the first frame"),
        ("middle", "excess of the middle frame"),
        ("last", "excess of the last frame"),
        ("space", ""),
    ];
    table("What the composite misses of x̂ and J.", &[&WHICH[..], &columns].concat(), rows.collect())
}

/// The least k, a column a level.
pub(super) fn needed(found: &Surveyed) -> Table {
    let least = |least: equipoise_windows::Least| match least {
        equipoise_windows::Least::Enough(k) => text(k.to_string()),
        equipoise_windows::Least::Beyond(k) => text(format!("> {k}")),
    };
    let mut columns: Vec<(String, String)> = [("prior", ""), ("fold", ""), ("target", "the excess allowed")]
        .map(|(name, meaning)| (name.into(), meaning.into()))
        .to_vec();
    let ratios = found.needed.first().map_or(&[][..], |one| &one.found.by_ratio);
    columns.extend(ratios.iter().map(|(ratio, _)| (format!("k at {ratio}"), format!("at σ/μ = {ratio}"))));
    columns.push(("k of a run".into(), "at every level of a run, and those to the left".into()));
    let rows = found.needed.iter().map(|one| {
        let first = vec![text(&one.prior), text(&one.fold), Cell::Number(one.found.target)];
        let levels = one.found.by_ratio.iter().map(|(_, k)| least(*k)).collect();
        [first, levels, vec![least(one.found.throughout)]].concat()
    });
    let rows = rows.collect();
    let columns: Vec<(&str, &str)> = columns.iter().map(|(name, meaning)| (&**name, &**meaning)).collect();
    table("The least k whose excess stays within the target.", &columns, rows)
}

/// Whether moment matching is well posed.
pub(super) fn moments(found: &Surveyed) -> Table {
    let rows = found.definite.iter().map(|one| {
        let of = &one.found;
        let share = |count: usize| Cell::Number(count as f64 / of.levels as f64);
        let shares = vec![share(of.indefinite), share(of.unbounded), share(of.indefinite_positive)];
        let lowest = vec![Cell::Number(of.lowest), Cell::Number(of.lowest_positive)];
        [which(one), density(one), vec![Cell::Count(of.levels as u64)], shares, lowest].concat()
    });
    let columns = [
        ("levels", "levels of a run"),
        (
            "indefinite",
            "share of levels at which s²I + AVAᵀ, V = (σ²/μ)J, is not positive in a part that was run",
        ),
        ("unbounded", "share at which some solve passes ‖r‖/s²"),
        ("indefinite_positive", "share at which it is not positive with V⁺"),
        ("lowest", "lowest eigenvalue of its symmetric part over s²"),
        ("lowest_positive", "the same with V⁺"),
    ];
    let caption = "Moment matching on the composite. Shares and lowest are over the parts that were run.";
    table(caption, &[&WHICH[..], &DENSITY, &columns].concat(), rows.collect())
}

/// Whole runs.
pub(super) fn runs(found: &Surveyed, numbers: Numbers) -> Table {
    let [scored, _] = numbers.scored();
    let rows = found.runs.iter().map(|one| {
        let of = &one.found;
        let law = [density(one), vec![text(one.law.unwrap_or_default()), text(verdict(of))]].concat();
        let figures =
            [of.wasserstein, of.crps, of.crps_exact, of.sigma_w, of.field].map(Cell::Number).to_vec();
        let rest = vec![
            Cell::Count(of.unbounded as u64),
            of.refused.as_ref().map_or(Cell::Absent, text),
            text(scored),
            text(SPACE),
        ];
        [which(one), law, figures, rest].concat()
    });
    let columns = [
        ("law", "guidance; exact is that of the exact denoiser"),
        ("verdict", "by σ_W and the field at the end"),
        ("w2", "√(E W₂²/D) to the exact posterior"),
        ("crps", "mean CRPS against the truth, per crps_of"),
        ("crps_exact", "the exact posterior's own"),
        ("sigma_w", "largest amplification of the parts that were run, in units of the prior's marginals"),
        ("field", "√(E‖x‖²/tr Σ) at the end"),
        ("unbounded", "levels at which a solve passes ‖r‖/s² in a part that was run"),
        ("refused", "why the run has no end"),
        ("crps_of", "the number whose CRPS it is"),
        ("space", ""),
    ];
    table(
        "Whole runs against the exact posterior. σ_W and the verdict are the largest over the parts that were run.",
        &[&WHICH[..], &DENSITY, &columns].concat(),
        rows.collect(),
    )
}

/// W2 by law, a column a law: a word where the run has no end or explodes.
pub(super) fn by_law(found: &Surveyed) -> Table {
    let mut laws: Vec<&'static str> = Vec::new();
    found.runs.iter().filter_map(|one| one.law).for_each(|law| {
        if law != "exact" && !laws.contains(&law) {
            laws.push(law);
        }
    });
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let keys = |one: &Found<Outcome>| (one.prior.clone(), one.fold.clone(), one.window, one.every, one.sub);
    let mut seen = Vec::new();
    for one in found.runs.iter().filter(|one| one.law != Some("exact")) {
        if seen.contains(&keys(one)) {
            continue;
        }
        seen.push(keys(one));
        let exact = found.runs.iter().find(|e| {
            e.law == Some("exact") && e.prior == one.prior && (e.every, e.sub) == (one.every, one.sub)
        });
        let mut row = [which(one), density(one)].concat();
        row.push(exact.map_or(Cell::Absent, |exact| Cell::Number(exact.found.wasserstein)));
        row.extend(laws.iter().map(|law| {
            let of = found.runs.iter().find(|run| run.law == Some(law) && keys(run) == keys(one));
            of.map_or(Cell::Absent, |run| match verdict(&run.found) {
                word @ ("refused" | "explodes") => text(word),
                _ => Cell::Number(run.found.wasserstein),
            })
        }));
        rows.push(row);
    }
    let columns = [&WHICH[..], &DENSITY, &[("exact", "exact guidance and denoiser")]].concat();
    let columns = [columns, laws.iter().map(|law| (*law, "W2")).collect()].concat();
    table("W2 to the exact posterior by law.", &columns, rows)
}

/// A number, or its bound.
fn bounded(of: Bounded) -> Cell {
    match of {
        Bounded::Is(number) => Cell::Number(number),
        Bounded::AtLeast(number) => text(format!("> {}", significant(number, 3))),
        Bounded::AtMost(number) => text(format!("< {}", significant(number, 3))),
        Bounded::Unknown => Cell::Absent,
    }
}

/// γ of one window.
pub(super) fn calibrations(found: &Surveyed) -> Table {
    let rows = found.calibrations.iter().map(|one| {
        let of = &one.found;
        let gamma = [of.window, of.exact, of.composite].map(|best| match best.end {
            None => Cell::Number(best.gamma),
            Some(End::Low) => bounded(Bounded::AtMost(best.gamma)),
            Some(End::High) => bounded(Bounded::AtLeast(best.gamma)),
        });
        let ratios = [of.ratio, of.length, of.composing].map(bounded);
        let w2 = [of.window, of.exact, of.composite].map(|best| Cell::Number(best.wasserstein));
        let lost = vec![Cell::Number(of.transferred), of.lost.map_or(Cell::Absent, bounded)];
        [which(one), density(one), gamma.to_vec(), ratios.to_vec(), w2.to_vec(), lost].concat()
    });
    let columns = [
        ("gamma_window", "γ with the least W2 on one window"),
        ("gamma_exact", "γ with the least W2 under the exact denoiser of all frames"),
        ("gamma", "γ with the least W2 on the composite"),
        ("ratio", "gamma_window over gamma"),
        ("length", "gamma_window over gamma_exact: length, and where a window is read"),
        ("composing", "gamma_exact over gamma: composing alone"),
        ("w2_window", "W2 of the one window, under its γ"),
        ("w2_exact", "W2 under the exact denoiser and its γ"),
        ("w2", "W2 of the composite under its own γ"),
        ("w2_transferred", "W2 of the composite under the window's γ"),
        ("lost", "that over the composite's own, less 1"),
    ];
    let caption = "γ of v = s² + γ(σ/μ)². A window is read from its first frame on; < and > are bounds, where the best γ \
                   lies beyond 1e-5 to 1e3.";
    table(caption, &[&WHICH[..], &DENSITY, &columns].concat(), rows.collect())
}

/// Drawn runs.
pub(super) fn drawn(found: &Surveyed, numbers: Numbers) -> Table {
    let [_, scored] = numbers.scored();
    let rows = found.drawn.iter().map(|one| {
        let of = &one.found;
        let both = |e: Estimate| [e.mean, e.error].map(Cell::Number).to_vec();
        let law = [density(one), vec![text(one.law.unwrap_or_default())]].concat();
        let rest = vec![
            Cell::Count(of.diverged as u64),
            of.refused.as_ref().map_or(Cell::Absent, text),
            text(scored),
            text(SPACE),
        ];
        [which(one), law, both(of.crps), both(of.square), rest].concat()
    });
    let columns = [
        ("law", "guidance"),
        ("crps", "mean CRPS against the truth, per crps_of"),
        ("crps_error", "its standard error over truths"),
        ("square", "E‖x − E[x given y]‖² over tr Cov[x given y]; 1 for exact draws"),
        ("square_error", "its standard error"),
        ("diverged", "truths with a number that is not finite"),
        ("refused", "why there are none"),
        ("crps_of", "the number whose CRPS it is"),
        ("space", ""),
    ];
    table("Drawn runs.", &[&WHICH[..], &DENSITY, &columns].concat(), rows.collect())
}
