//! W₂ on the line: mass goes over in order.

use crate::weights::Weights;

/// W₂² of two empirical laws on the line. Sorts its inputs.
pub(crate) fn squared_wasserstein(a: &mut [f64], b: &mut [f64]) -> f64 {
    a.sort_unstable_by(f64::total_cmp);
    b.sort_unstable_by(f64::total_cmp);
    let (n, m) = (a.len(), b.len());
    // Mass in units of 1/(nm): an atom of a weighs m, one of b weighs n.
    let (mut i, mut j, mut at, mut total) = (0, 0, 0, 0.0);
    while i < n && j < m {
        let next = ((i + 1) * m).min((j + 1) * n);
        total += (next - at) as f64 * (a[i] - b[j]).powi(2);
        at = next;
        i += usize::from(at == (i + 1) * m);
        j += usize::from(at == (j + 1) * n);
    }
    total / (n * m) as f64
}

/// Values with their weights, by value.
pub(crate) fn atoms(values: &[f64], weights: Option<&Weights>) -> Vec<(f64, f64)> {
    let equal = 1.0 / values.len() as f64;
    let weight = |m: usize| weights.map_or(equal, |weights| weights.of_members()[m]);
    let mut atoms: Vec<(f64, f64)> = values.iter().enumerate().map(|(m, v)| (*v, weight(m))).collect();
    atoms.sort_by(|a, b| a.0.total_cmp(&b.0));
    atoms
}

/// W₂² of two laws of sorted atoms (value, weight), whose weights sum to 1 but for rounding.
pub(crate) fn transported(mut a: Vec<(f64, f64)>, mut b: Vec<(f64, f64)>) -> f64 {
    let (mut i, mut j, mut total) = (0, 0, 0.0);
    while i < a.len() && j < b.len() {
        let ((x, left), (y, room)) = (a[i], b[j]);
        let mass = left.min(room);
        total += mass * (x - y).powi(2);
        a[i].1 = left - mass;
        b[j].1 = room - mass;
        i += usize::from(left <= room);
        j += usize::from(room <= left);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On the line W₂ is known: unequal sizes by hand.
    #[test]
    fn atoms_on_the_line_by_hand() {
        // Quantiles: 0 against 0 on [0, ⅓], 0 against 3 on [⅓, ½], 6 against 3 on [½, ⅔], 6 against 6.
        let square = squared_wasserstein(&mut [6.0, 0.0], &mut [3.0, 0.0, 6.0]);
        assert!((square - 9.0 / 3.0).abs() < 8.0 * f64::EPSILON, "{square}");
    }

    /// Three quarters at 0 and one at 4 become one and three: half the mass moves by 4.
    #[test]
    fn unequal_atoms_on_the_line_by_hand() {
        let square = transported(vec![(0.0, 0.75), (4.0, 0.25)], vec![(0.0, 0.25), (4.0, 0.75)]);
        assert_eq!(square.to_bits(), 8.0f64.to_bits());
        assert_eq!(atoms(&[6.0, 0.0], None), [(0.0, 0.5), (6.0, 0.5)]);
    }
}
