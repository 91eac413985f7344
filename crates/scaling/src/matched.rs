//! `matched`: the scalar variance that is best for residuals drawn from their own law.

use crate::ScalingError;

/// v = s² + tr(B·AVAᵀ)/tr B, `product` = tr(B·AVAᵀ), `weight` = tr B, B = A J Jᵀ Aᵀ, V = Cov[x given x_t].
///
/// With r ~ N(0, M), M = s²I + AVAᵀ, κ = 1/v minimises E‖JᵀAᵀ(M⁻¹ − κI)r‖².
///
/// # Errors
/// If tr B is not positive, or v is not positive and finite.
pub fn variance(std: f64, product: f64, weight: f64) -> Result<f64, ScalingError> {
    weighted("matched", std, product, weight)
}

pub(crate) fn weighted(law: &'static str, std: f64, product: f64, weight: f64) -> Result<f64, ScalingError> {
    let v = std * std + product / weight;
    if weight > 0.0 && v > 0.0 && v.is_finite() {
        return Ok(v);
    }
    Err(ScalingError::Traces { law, product, weight, std })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// E‖JᵀAᵀ(M⁻¹ − κI)r‖² = Σ b (1/m − κ)² m for commuting B and M with eigenvalues b and m.
    fn error(b: &[f64], m: &[f64], kappa: f64) -> f64 {
        b.iter().zip(m).map(|(b, m)| b * (1.0 / m - kappa).powi(2) * m).sum()
    }

    proptest! {
        #[test]
        fn no_other_scalar_does_better(
            modes in prop::collection::vec((1e-2f64..10.0, 1e-3f64..10.0), 1..8),
            std in 0.05f64..1.0,
            off in prop_oneof![-0.5f64..-1e-3, 1e-3f64..0.5],
        ) {
            let (b, ava): (Vec<f64>, Vec<f64>) = modes.into_iter().unzip();
            let m: Vec<f64> = ava.iter().map(|v| std * std + v).collect();
            let product = b.iter().zip(&ava).map(|(b, v)| b * v).sum();
            let kappa = 1.0 / variance(std, product, b.iter().sum()).unwrap();
            let (best, other) = (error(&b, &m, kappa), error(&b, &m, kappa * (1.0 + off)));
            // Away from the minimum the error grows by tr(BM) (κ·off)²; half of it is left for rounding.
            let growth: f64 = b.iter().zip(&m).map(|(b, m)| b * m).sum::<f64>() * (kappa * off).powi(2);
            prop_assert!(other >= best + 0.5 * growth);
        }
    }

    #[test]
    fn one_eigenvalue_is_met_exactly() {
        let v = variance(0.1, 3.0 * 0.5, 3.0).unwrap();
        assert!((v - (0.1 * 0.1 + 0.5)).abs() <= f64::EPSILON);
    }

    #[test]
    fn traces_without_a_variance_are_refused() {
        for (product, weight) in [(1.0, 0.0), (1.0, -1.0), (-1.0, 1.0), (f64::NAN, 1.0), (f64::INFINITY, 1.0)]
        {
            let message = variance(0.1, product, weight).unwrap_err().to_string();
            assert!(message.starts_with("law matched"), "{message}");
        }
    }
}
