//! The laws against the digits that the study printed for its cylinder wake of (16, 2, 199, 399).

use equipoise_scaling::{Law, LawParameters, NConvention, PUBLISHED_REFERENCE_SUB, lattice_count};

/// σ/μ of continuous DDPM: μ² = exp(−∫β), ∫β = 0.1 t + 9.95 t².
fn linear_beta(t: f64) -> f64 {
    (0.1 * t + 9.95 * t * t).exp_m1().sqrt()
}

fn count(sub: usize, convention: NConvention) -> usize {
    lattice_count(16, 2, 199, 399, sub, convention).expect("a stride within the grid")
}

/// A law from its published base and reference, counted by floor as the study does.
fn published(law: Law, sub: usize) -> LawParameters {
    let count = |sub| count(sub, NConvention::Floor);
    law.parameters(law.published_base(), count(sub), count(PUBLISHED_REFERENCE_SUB))
}

/// Whether `value` rounds to the printed digits; the product of two decimals may miss half a unit by an ulp.
fn rounds_to(value: f64, printed: &str) -> bool {
    let decimals = printed.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
    let bound = 0.5 * 10f64.powi(-decimals) + 4.0 * f64::EPSILON * value.abs();
    (value - printed.parse::<f64>().expect("printed digits")).abs() <= bound
}

#[test]
fn counts_of_both_conventions_are_these() {
    let counts = [2, 4, 8, 16].map(|sub| [NConvention::Floor, NConvention::True].map(|c| count(sub, c)));
    assert_eq!(counts, [[630_432, 640_000], [155_232, 160_000], [37_632, 40_000], [9_216, 10_400]]);
}

/// Sections 10.3, 10.4, 13.9: std and γ at sub 2, 4, 8, 16. The rows of `linear` at sub 2 and 8 were printed
/// from ratios rounded to 4 and 1/4.
#[test]
fn parameters_round_to_the_printed_ones_but_for_two_slips() {
    let printed = [
        (Law::Dual, [["0.20", "0.04"], ["0.10", "0.01"], ["0.05", "0.0024"], ["0.024", "0.0006"]]),
        (Law::Linear, [["0.40", "0.16"], ["0.10", "0.01"], ["0.025", "0.0006"], ["0.006", "0.00004"]]),
        (Law::ClampedLinear, [["0.81", "0.66"], ["0.20", "0.04"], ["0.15", "0.02"], ["0.15", "0.02"]]),
    ];
    let mut slips = Vec::new();
    for (law, rows) in printed {
        for (sub, [std, gamma]) in [2, 4, 8, 16].into_iter().zip(rows) {
            let found = published(law, sub);
            for (value, text) in [(found.std, std), (found.gamma, gamma)] {
                if !rounds_to(value, text) {
                    slips.push((law, sub, text));
                }
            }
        }
    }
    assert_eq!(slips, [(Law::Linear, 2, "0.40"), (Law::Linear, 8, "0.025")]);
}

/// Section 8.2: σ/μ, γ(σ/μ)², and the share of the γ-term in v at sub 2 and 16, in per cent. The 65 at sub 16
/// comes from a ratio rounded to 1/16.
#[test]
fn the_gamma_term_against_time_rounds_to_the_printed_one_but_for_a_slip() {
    let printed = [
        (0.01, ["0.04", "0.00002", "0", "3"]),
        (0.10, ["0.34", "0.0012", "3", "65"]),
        (0.50, ["3.41", "0.1165", "74", "99.5"]),
        (0.90, ["58.8", "34.6", "99.9", "100"]),
    ];
    let mut slips = Vec::new();
    for (t, row) in printed {
        let rho = linear_beta(t);
        let share = |sub| {
            let law = published(Law::LikelihoodWeighting, sub);
            100.0 * law.gamma_term(rho) / law.variance(rho)
        };
        let found = [rho, published(Law::LikelihoodWeighting, 4).gamma_term(rho), share(2), share(16)];
        slips.extend(found.into_iter().zip(row).filter(|(value, text)| !rounds_to(*value, text)));
    }
    assert_eq!(slips.iter().map(|(_, text)| *text).collect::<Vec<_>>(), ["65"]);
}

/// Section 8.3: N/v relative to sub 4 at sub 2, 8, 16.
#[test]
fn the_strength_against_time_rounds_to_the_printed_one() {
    let strength = |sub, rho| {
        count(sub, NConvention::Floor) as f64 / published(Law::LikelihoodWeighting, sub).variance(rho)
    };
    for (t, row) in [
        (0.01, ["1.00", "0.99", "0.97"]),
        (0.10, ["1.08", "0.76", "0.38"]),
        (0.20, ["1.35", "0.48", "0.16"]),
        (0.50, ["3.27", "0.26", "0.06"]),
    ] {
        let rho = linear_beta(t);
        for (sub, text) in [2, 8, 16].into_iter().zip(row) {
            let found = strength(sub, rho) / strength(PUBLISHED_REFERENCE_SUB, rho);
            assert!(rounds_to(found, text), "t {t}, sub {sub}: found {found}, printed {text}");
        }
    }
}
