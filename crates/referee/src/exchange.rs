//! Who may stand in the truth's place: all choices of one of M + 1 in every case, or as many as are drawn.

use equipoise_stream::Stream;
use rayon::prelude::*;

/// Choices up to which all are looked at.
const ALL: usize = 20_000;

/// Choices that are drawn where there are more.
pub const DRAWN: usize = 10_000;

/// The smallest p-value of cases whose choices are `all` in number.
pub(crate) fn least(all: f64) -> f64 {
    if all <= ALL as f64 { all.recip() } else { (DRAWN as f64).recip() }
}

/// Choices of one field a case, the truth's own first.
///
/// If truth and members are exchangeable in every case, and cases are independent, then the truth's choice is as
/// likely as any other: a number that is a function of a choice has for it a uniform rank among all, whatever the
/// correlations between its parts.
///
/// References: Besag & Clifford 1989, Biometrika 76; for the largest of several statistics Westfall & Young 1993,
/// *Resampling-based multiple testing*, section 2.6 (single-step maxT).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// [choice][case].
    picks: Vec<u32>,
    cases: usize,
    /// Whether these are all.
    pub complete: bool,
}

impl Choices {
    /// Of cases with so many fields each.
    pub fn new(counts: &[usize], draws: Stream) -> Self {
        let all = counts.iter().try_fold(1usize, |all, n| all.checked_mul(*n)).filter(|all| *all <= ALL);
        let cases = counts.len();
        let picks = match all {
            Some(all) => (0..all)
                .flat_map(|mut choice| {
                    counts.iter().map(move |n| {
                        let pick = choice % n;
                        choice /= n;
                        pick as u32
                    })
                })
                .collect(),
            None => (0..DRAWN as u64)
                .flat_map(|choice| {
                    let draw = if choice == 0 { vec![0.0; cases] } else { draws.uniform(choice, cases) };
                    draw.into_iter().zip(counts).map(|(u, n)| ((u * *n as f64) as usize).min(n - 1) as u32)
                })
                .collect(),
        };
        Self { picks, cases, complete: all.is_some() }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.picks.len() / self.cases.max(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.picks.is_empty()
    }

    /// The smallest p-value that there can be.
    pub fn least(&self) -> f64 {
        least(self.len() as f64)
    }

    /// A number of each, in their order.
    pub(crate) fn each<T: Send>(&self, number: impl Fn(&[u32]) -> T + Sync) -> Vec<T> {
        self.picks.par_chunks_exact(self.cases.max(1)).map(&number).collect()
    }

    /// One after the other, a field a case.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.picks.chunks_exact(self.cases.max(1))
    }
}

/// The share of choices with at least what the first has.
pub(crate) fn p_value(values: &[f64]) -> f64 {
    p_of(values[0], values)
}

/// The share of choices with at least `found`.
pub(crate) fn p_of(found: f64, values: &[f64]) -> f64 {
    values.iter().filter(|v| **v >= found).count() as f64 / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_choices_are_all_of_them() {
        let choices = Choices::new(&[3, 2], Stream::new("choices"));
        let all: Vec<&[u32]> = choices.iter().collect();
        assert_eq!(all, [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]]);
        assert!(choices.complete && choices.len() == 6);
        let many = Choices::new(&[33; 8], Stream::new("choices"));
        assert_eq!((many.len(), many.complete), (DRAWN, false));
        assert_eq!(many.iter().next().unwrap(), [0; 8]);
        let share = many.iter().filter(|pick| pick[3] == 7).count() as f64 / DRAWN as f64;
        // A share of 1/33 among 10,000: five deviations.
        assert!((share - 1.0 / 33.0).abs() < 5.0 * (1.0 / 33.0 / DRAWN as f64).sqrt(), "{share}");
    }

    #[test]
    fn p_values_count_the_first_too() {
        assert!((p_value(&[2.0, 1.0, 3.0, 2.0]) - 0.75).abs() < 1e-15);
        assert!((p_value(&[9.0, 1.0, 3.0, 2.0]) - 0.25).abs() < 1e-15);
    }
}
