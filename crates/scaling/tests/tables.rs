//! The reference tables against the study's printed digits, and as a snapshot.

use equipoise_scaling::Law;
use equipoise_scaling::tables::{Agreement, Entry, reference_tables};

/// σ/μ of continuous DDPM: μ² = exp(−∫β), ∫β = 0.1 t + 9.95 t².
fn linear_beta(t: f64) -> f64 {
    (0.1 * t + 9.95 * t * t).exp_m1().sqrt()
}

fn entries() -> impl Iterator<Item = (u8, Entry)> {
    reference_tables(linear_beta)
        .into_iter()
        .flat_map(|table| table.entries.into_iter().map(move |entry| (table.number, entry)))
}

#[test]
fn the_floor_convention_reproduces_every_printed_digit_but_the_known_slips() {
    let slips: Vec<_> = entries()
        .filter(|(_, entry)| matches!(entry.agreement, Agreement::True | Agreement::Neither))
        .map(|(table, e)| (table, e.law, e.quantity, e.sub, e.printed))
        .collect();
    let expected = [
        (1, None, "N", Some(16), Some("9,600")),
        (2, Some(Law::LikelihoodWeighting), "share of the γ-term in v [%]", Some(16), Some("65")),
        (4, Some(Law::Linear), "std", Some(2), Some("0.40")),
        (4, Some(Law::Linear), "std", Some(8), Some("0.025")),
    ];
    assert_eq!(slips, expected);
}

#[test]
fn counts_are_these() {
    let counts: Vec<_> = entries()
        .filter(|(table, _)| *table == 1)
        .map(|(_, e)| (e.computed_floor.unwrap() as usize, e.computed_true.unwrap() as usize))
        .collect();
    let wake = [(630_432, 640_000), (155_232, 160_000), (37_632, 40_000), (9_216, 10_400)];
    let kolmogorov = [16_384, 4_096, 1_024, 256].map(|n| (n, n));
    assert_eq!(counts, [wake, kolmogorov].concat());
}

#[test]
fn tables_are_these() {
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.4e}"));
    let lines: Vec<String> = entries()
        .map(|(table, e)| {
            let law = e.law.map_or("-", Law::name);
            let sub = e.sub.map_or("-".to_owned(), |sub| sub.to_string());
            let t = e.t.map_or("-".to_owned(), |t| format!("{t:.2}"));
            let (floor, operator) = (number(e.computed_floor), number(e.computed_true));
            let (flow, printed) = (e.flow.unwrap_or("-"), e.printed.unwrap_or("-"));
            format!(
                "{table} | {} | {flow} | {law} | {sub} | {t} | {printed} | {floor} | {operator} | {:?}",
                e.quantity, e.agreement
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn an_entry_serialises_flat() {
    let (_, entry) = entries().next().unwrap();
    let json = serde_json::to_value(entry).unwrap();
    assert!(json.as_object().unwrap().values().all(|value| !value.is_object() && !value.is_array()));
}
