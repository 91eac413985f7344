//! One number of a reference table: what the study printed and what its formula gives.

use crate::{Law, NConvention};
use serde::Serialize;

/// One table of the study, as entries that each stand alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReferenceTable {
    /// The number of the table in this project's list, from 1.
    pub number: u8,
    /// What it tabulates.
    pub title: &'static str,
    /// The study's sections that print it.
    pub sections: &'static str,
    /// The units and the space of its numbers.
    pub space: &'static str,
    /// What recomputing it showed.
    pub note: &'static str,
    /// Its numbers, in the study's order.
    pub entries: Vec<Entry>,
}

/// One number of a reference table. Flat, so that it is one line of a CSV file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// What the number is.
    pub quantity: &'static str,
    /// The flow, `ibpm` or `kolmogorov`; none for numbers of the schedule alone.
    pub flow: Option<&'static str>,
    /// The law, where one applies.
    pub law: Option<Law>,
    /// The stride of the observations.
    pub sub: Option<usize>,
    /// Diffusion time.
    pub t: Option<f64>,
    /// The study's digits; none where it printed nothing.
    pub printed: Option<&'static str>,
    /// The formula with observations counted by floor; none for measured outcomes.
    pub computed_floor: Option<f64>,
    /// The formula with the operator's true number of observations.
    pub computed_true: Option<f64>,
    /// Which of the two rounds to the printed digits.
    pub agreement: Agreement,
}

/// Which computed values round to the printed digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// Both counting conventions.
    Both,
    /// The floor convention only.
    Floor,
    /// The true count only.
    True,
    /// Neither.
    Neither,
    /// There is nothing to compare.
    NotCompared,
}

impl Entry {
    /// A number without law, stride or time, not yet computed.
    pub(super) fn of(quantity: &'static str) -> Self {
        Self {
            quantity,
            flow: None,
            law: None,
            sub: None,
            t: None,
            printed: None,
            computed_floor: None,
            computed_true: None,
            agreement: Agreement::NotCompared,
        }
    }

    /// With the study's digits.
    pub(super) fn printed(mut self, text: &'static str) -> Self {
        self.printed = Some(text);
        self
    }

    /// With `value` under both conventions, compared to the printed digits.
    pub(super) fn computed(mut self, value: impl Fn(NConvention) -> f64) -> Self {
        let (floor, operator) = (value(NConvention::Floor), value(NConvention::True));
        self.computed_floor = Some(floor);
        self.computed_true = Some(operator);
        self.agreement = match self.printed {
            None => Agreement::NotCompared,
            Some(text) => match (rounds_to(floor, text), rounds_to(operator, text)) {
                (true, true) => Agreement::Both,
                (true, false) => Agreement::Floor,
                (false, true) => Agreement::True,
                (false, false) => Agreement::Neither,
            },
        };
        self
    }
}

/// Whether `value` lies within half a unit of the last printed digit. In a count with thousands
/// separators the trailing zeros are taken as rounding: "630,000" is good to 10,000.
fn rounds_to(value: f64, text: &str) -> bool {
    let digits = text.replace(',', "");
    let unit = match digits.split_once('.') {
        Some((_, decimals)) => 10f64.powi(-(decimals.len() as i32)),
        None if text.contains(',') => 10f64.powi((digits.len() - digits.trim_end_matches('0').len()) as i32),
        None => 1.0,
    };
    // The product of two decimals may miss half a unit by an ulp of the value.
    let bound = 0.5 * unit + 4.0 * f64::EPSILON * value.abs();
    digits.parse::<f64>().is_ok_and(|printed| (value - printed).abs() <= bound)
}

#[cfg(test)]
mod tests {
    use super::rounds_to;

    #[test]
    fn printed_digits_set_the_bound() {
        assert!(rounds_to(0.0447, "0.04") && !rounds_to(0.0451, "0.04"));
        assert!(rounds_to(630_432.0, "630,000") && !rounds_to(640_000.0, "630,000"));
        assert!(rounds_to(16_384.0, "16,384") && !rounds_to(16_385.0, "16,384"));
        assert!(rounds_to(65.4, "65") && !rounds_to(65.6, "65"));
    }
}
