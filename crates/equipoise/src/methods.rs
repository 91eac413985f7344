//! The methods of the table, one name each: as published (`Dps`), or with a parameter (`Dps::zeta(0.3)`).

use crate::Lawful;
use crate::recipe::{Bound, MethodOf, Recipe};
use equipoise_field::Real;
use equipoise_scaling::Law;
use equipoise_solver::Inference;

macro_rules! methods {
    ($($(#[$about:meta])* $method:ident = $name:literal {
        $($(#[$of:meta])* $parameter:ident: $number:ty,)*
    })*) => {
        $(
            $(#[$about])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub struct $method;

            impl $method {
                $(
                    $(#[$of])*
                    pub fn $parameter($parameter: $number) -> Recipe {
                        Recipe::named($name).with(stringify!($parameter), $parameter as f64)
                    }
                )*
            }

            impl<R: Real> MethodOf<R> for $method {
                fn bind(&self, on: &Inference<R>) -> Bound<R> {
                    Recipe::named($name).bind(on)
                }
            }
        )*

        /// Every name with the parameters that it has a function for.
        #[cfg(test)]
        const NAMES: &[(&str, &[&str])] = &[$(($name, &[$(stringify!($parameter),)*]),)*];
    };
}

methods! {
    /// SDA's Gaussian score, by itself under the law `sum` (Rozet & Louppe 2023, arXiv 2306.10574).
    Sda = "sda" {
        /// γ of v(t) = s² + γ(σ/μ)², above 0; published 0.01.
        gamma: f64,
    }
    /// The exact guidance: of a Gaussian prior, or of one on finitely many fields
    /// ([`Posterior::empirical`](crate::Posterior::empirical)).
    Exact = "exact" {}
    /// Moment matching by conjugate gradients, for any denoiser (Rozet et al. 2024, arXiv 2405.13712): the
    /// model forward once and k + 1 products with its Jacobian an evaluation.
    Mmps = "mmps" {
        /// Iterations of conjugate gradients, at least 1; published 1.
        iterations: usize,
    }
    /// The best quadratic in the innovation covariance of a Gaussian prior.
    Poly2 = "poly2" {}
    /// Tweedie moment projection, diagonal (Boys et al. 2024, arXiv 2310.06721).
    Tmpd = "tmpd" {}
    /// The likelihood score of pseudoinverse guidance (Song et al. 2023, ICLR).
    PigdmScore = "pigdm_score" {}
    /// Moment matching of a Gaussian prior without a Jacobian (azula).
    Jfps = "jfps" {}
    /// A proximal step on the data at x̂ (Zhu et al. 2023, arXiv 2305.08995).
    DiffPir = "diffpir" {
        /// λ, the weight of the prior, above 0; published 10.
        lambda: f64,
    }
    /// An ancestral step, then one along the gradient of the misfit (Chung et al. 2023, arXiv 2209.14687).
    Dps = "dps" {
        /// ζ, the length of the step, above 0; published 1.
        zeta: f64,
    }
    /// SDA's variant of DPS (Rozet & Louppe 2023, arXiv 2306.10574).
    SdaDps = "sda_dps" {
        /// ζ, the weight of the gradient, above 0; published 1.
        zeta: f64,
    }
    /// A step of fixed length towards the data (Yang et al. 2024, arXiv 2402.03201).
    Dsg = "dsg" {
        /// The share of the step that the gradient turns, 0 to 1; published 1.
        weight: f64,
    }
    /// DPS, then A x replaced by noisy y (Chung et al. 2022, arXiv 2206.00941).
    Mcg = "mcg" {
        /// ζ, the length of the step, above 0; published 1.
        zeta: f64,
    }
    /// Pseudoinverse guidance of a DDIM step (Song et al. 2023, ICLR).
    Pigdm = "pigdm" {
        /// η, the share of fresh noise in a step's variance, 0 to 1; published 0.
        eta: f64,
    }
    /// A step per singular direction of A (Kawar et al. 2022, arXiv 2201.11793).
    Ddrm = "ddrm" {
        /// η, the share of fresh noise in a step, 0 to 1; published 0.85.
        eta: f64,
    }
    /// x̂ replaced by y where A sees it (Wang et al. 2023, arXiv 2212.00490).
    Ddnm = "ddnm" {
        /// η, the share of fresh noise in a step, 0 to 1; published 0.85.
        eta: f64,
    }
    /// A point estimate by alternating directions (Chan et al. 2017, arXiv 1605.01710): its members' spread says
    /// nothing of the posterior's.
    PnpAdmm = "pnp_admm" {
        /// λ, the weight of the denoiser, above 0; published 0.23.
        lambda: f64,
    }
    /// A point estimate by stochastic gradient descent (Mardani et al. 2024, arXiv 2305.04391): its members'
    /// spread says nothing of the posterior's.
    RedDiff = "red_diff" {
        /// α, the length of a step, in units of the field, above 0; published 0.1.
        rate: f64,
        /// λ, the weight of the regularisation, above 0; published 0.25.
        lambda: f64,
    }
    /// Decoupled annealing, x drawn by Langevin steps (Zhang et al. 2025, arXiv 2407.01521).
    Daps = "daps" {
        /// η₀, the size of the first Langevin steps, above 0; published 1e-4.
        rate: f64,
        /// Langevin steps in each step of the annealing, at least 1; published 100.
        steps: usize,
        /// What is left of the rate at the last time, above 0; published 0.01.
        decay: f64,
        /// Steps of the flow to x̂₀, at least 1; published 5.
        flow_steps: usize,
    }
    /// Decoupled annealing, x drawn exactly (Zhang et al. 2025, arXiv 2407.01521).
    DapsExact = "daps_exact" {
        /// Steps of the flow to x̂₀, at least 1; published 5.
        flow_steps: usize,
    }
}

impl Sda {
    /// Under another law.
    pub const fn law(law: Law) -> Lawful {
        Lawful::new(law)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_solver::Method;

    /// The table of methods and these names are one: each method with each parameter, and nothing else.
    #[test]
    fn every_method_has_its_name_with_all_parameters() {
        let table: Vec<_> = Method::all().map(|method| (method.name(), method.spec().parameters)).collect();
        assert_eq!(table.len(), NAMES.len());
        for ((method, parameters), (name, functions)) in table.iter().zip(NAMES) {
            let parameters: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
            assert_eq!((method, &parameters[..]), (name, *functions));
        }
    }

    #[test]
    fn published_values_lead_back_to_their_text() {
        for method in Method::all() {
            for parameter in method.spec().parameters {
                let recipe = Recipe::from(method).with(parameter.name, parameter.published.number());
                assert_eq!(recipe.to_string().parse::<Recipe>().unwrap(), recipe, "{recipe}");
                assert_eq!(recipe.resolve().unwrap().value(parameter.name), Some(parameter.published));
            }
        }
    }
}
