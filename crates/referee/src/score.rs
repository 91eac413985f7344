//! How far a number stands from the others that it may be exchanged with, on one scale for all statistics.

/// The largest score: a number beside others that are all the same.
const FAR: f64 = 40.0;

/// For each of n = M + 1 numbers a score that is about standard normal where they are drawn from one normal law:
///
///   t = (v − mean of the others)/(their std √(1 + 1/M)), z = ±√(ν ln(1 + t²/ν)), ν = M − 1
///
/// z is Student's t brought near the normal law (Wallace 1959, Ann. Math. Stat. 30, its first form). Monotone in v and
/// unbounded, so that what stands far out tells how far. Positive numbers go by their logarithms where `log`. No band
/// rests on this law: it only makes statistics comparable.
pub(crate) fn scores(values: &[f64], log: bool) -> Vec<f64> {
    let logs = log && values.iter().all(|v| *v > 0.0);
    let v: Vec<f64> = values.iter().map(|v| if logs { v.ln() } else { *v }).collect();
    let n = v.len() as f64;
    let mean = v.iter().sum::<f64>() / n;
    let squares: f64 = v.iter().map(|v| (v - mean).powi(2)).sum();
    let scale = v.iter().fold(0.0f64, |most, v| most.max(v.abs()));
    let score = |v: f64| {
        let c = v - mean;
        // Of the M others: their mean is mean − c/M, their sum of squares about it what is left.
        let (away, left) = (c * n / (n - 1.0), squares - c * c * n / (n - 1.0));
        let rounding = 64.0 * f64::EPSILON * scale;
        if away.abs() <= rounding {
            return 0.0;
        }
        let degrees = n - 2.0;
        let std = (left.max(0.0) / degrees).sqrt().max(rounding);
        let t = away / (std * (n / (n - 1.0)).sqrt());
        (degrees * (t * t / degrees).ln_1p()).sqrt().min(FAR).copysign(c)
    };
    v.into_iter().map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;

    /// By hand for three numbers: 0 and 2 beside 5 have mean 1, std √2 and t = 4/(√2 √1.5), ν = 1.
    #[test]
    fn scores_are_those_of_the_others() {
        let found = scores(&[5.0, 0.0, 2.0], false);
        let t: f64 = 4.0 / (2f64.sqrt() * 1.5f64.sqrt());
        assert!((found[0] - (1.0 + t * t).ln().sqrt()).abs() < 1e-12, "{found:?}");
        assert!(found[1] < 0.0);
        let logs = scores(&[5f64.exp(), 1.0, 2f64.exp()], true);
        assert!(logs.iter().zip(&found).all(|(a, b)| (a - b).abs() < 1e-12));
        assert_eq!(scores(&[3.0, 3.0, 3.0], false), vec![0.0; 3]);
        assert!(scores(&[3.1, 3.0, 3.0], false)[0] > 5.0);
    }

    /// Normal numbers have scores of variance near one: within 6 % at M = 32, five errors of 4000 squares beside.
    #[test]
    fn normal_numbers_have_normal_scores() {
        let rounds = 4000;
        let square = |k| scores(&Stream::new("score").normal::<f64>(k, 33), false)[0].powi(2);
        let mean = (0..rounds).map(square).sum::<f64>() / rounds as f64;
        assert!((mean - 1.0).abs() < 0.06 + 5.0 * (2.0 / rounds as f64).sqrt(), "{mean}");
    }
}
