//! Laws of the preconditionings: definitions, unit variance, the Wiener filter, one schedule for another.

use super::*;
use equipoise_schedule::{Alpha, Rectified, ScheduleName, Sda, Variance, Ve, Vp};

const ALL: [Predicts; 4] = [Predicts::Epsilon, Predicts::X, Predicts::V, Predicts::Score];
const KINDS: [Preconditioning; 5] = [
    Preconditioning::Simple,
    Preconditioning::Karras,
    Preconditioning::Edm { sigma_data: 0.5 },
    Preconditioning::Appa,
    Preconditioning::Flow,
];

fn cosine() -> Option<TrainedOn> {
    Some(TrainedOn { schedule: "cos".parse().unwrap(), eta: 1e-3 })
}

/// Every preconditioner there is, with a name.
fn all() -> Vec<(String, Preconditioner)> {
    let t = TimeInput::Schedule { factor: 1.0 };
    let mut all = Vec::new();
    for predicts in ALL {
        all.push((Preconditioning::None, predicts, t, cosine()));
        all.push((Preconditioning::Simple, predicts, TimeInput::LogRatio, None));
        all.push((Preconditioning::Simple, predicts, t, cosine()));
    }
    all.extend(KINDS.map(|kind| (kind, Predicts::X, kind.usual_time().unwrap(), None)));
    let made = |(kind, predicts, time, schedule): (_, _, _, Option<TrainedOn>)| {
        let name = format!("{kind:?} {predicts:?} {time:?} {}", schedule.is_some());
        (name, Preconditioner::new(kind, predicts, time, schedule, None).unwrap())
    };
    all.into_iter().map(made).collect()
}

/// Levels of several schedules.
fn levels() -> Vec<Level> {
    let schedules: [&dyn Schedule; 4] = [
        &Sda::new(Alpha::Cos, Variance::Vp, 1e-3).unwrap(),
        &Ve::new(0.01, 100.0).unwrap(),
        &Vp::new(0.01, 0.01).unwrap(),
        &Rectified::new(0.02, 0.02).unwrap(),
    ];
    schedules.into_iter().flat_map(|s| [0.05, 0.3, 0.6, 0.95].map(|t| s.level(t))).collect()
}

/// What a network of this kind gives at its own level for an x and an ε, by its definition alone, as the factors
/// of x and of ε.
fn given(around: &Preconditioner, Level { mu, sigma }: Level) -> [f64; 2] {
    match (around.preconditioning, around.predicts) {
        (Preconditioning::Flow, _) => [-1.0, 1.0],
        // Without the filter, which is not the preconditioner's.
        (Preconditioning::Wiener, _) => [1.0, 0.0],
        (Preconditioning::None | Preconditioning::Simple, Predicts::Epsilon) => [0.0, 1.0],
        (Preconditioning::None | Preconditioning::Simple, Predicts::X) => [1.0, 0.0],
        (Preconditioning::None | Preconditioning::Simple, Predicts::V) => [-sigma, mu],
        (Preconditioning::None | Preconditioning::Simple, Predicts::Score) => [0.0, -sigma.recip()],
        (Preconditioning::Karras, _) => {
            target(mu / (mu * mu + sigma * sigma), sigma / mu.hypot(sigma), mu, sigma)
        }
        (Preconditioning::Edm { sigma_data: s }, _) => {
            target(s * s / (s * s + sigma * sigma), s * sigma / s.hypot(sigma), mu, sigma)
        }
        (Preconditioning::Appa, _) => {
            target((1.0 + sigma * sigma).recip(), sigma / sigma.hypot(1.0), mu, sigma)
        }
    }
}

/// (x − c_skip·x_t)/c_out.
fn target(skip: f64, out: f64, mu: f64, sigma: f64) -> [f64; 2] {
    [(1.0 - skip * mu) / out, -skip * sigma / out]
}

/// The network's own level of ratio ρ.
fn own(around: &Preconditioner, rho: f64) -> Level {
    let cosine = Sda::new(Alpha::Cos, Variance::Vp, 1e-3).unwrap();
    match around.preconditioning {
        Preconditioning::None | Preconditioning::Simple if around.schedule.is_some() => {
            cosine.level(times_of_ratios(&cosine, &[rho]).unwrap()[0])
        }
        Preconditioning::None
        | Preconditioning::Simple
        | Preconditioning::Karras
        | Preconditioning::Wiener => Level { mu: 1.0 / rho.hypot(1.0), sigma: rho / rho.hypot(1.0) },
        Preconditioning::Edm { .. } | Preconditioning::Appa => Level { mu: 1.0, sigma: rho },
        Preconditioning::Flow => Level { mu: 1.0 / (1.0 + rho), sigma: rho / (1.0 + rho) },
    }
}

/// The way back from the definition is x, at every level of every schedule.
#[test]
fn what_is_made_of_the_definition_is_x() {
    let (x, eps) = (0.7, -1.3);
    for (name, around) in all() {
        for level in levels() {
            let at = around.at(level).unwrap();
            let [of_x, of_eps] = given(&around, own(&around, level.ratio()));
            let (x_t, f) = (level.mu * x + level.sigma * eps, of_x * x + of_eps * eps);
            let size = (at.skip * x_t).abs() + (at.out * f).abs() + 1.0;
            // Of a few products; the network's own level of a schedule is found to a few ulps of t.
            assert!((at.skip * x_t + at.out * f - x).abs() <= 1e-11 * size, "{name}, {level:?}");
        }
    }
}

/// A Gaussian x ~ N(0, s²): the expectation of what the network gives makes the Wiener filter.
#[test]
fn ideal_networks_make_the_wiener_filter() {
    for s in [0.5f64, 1.0, 2.0] {
        for (name, around) in all() {
            for level in levels() {
                let (at, own) = (around.at(level).unwrap(), own(&around, level.ratio()));
                // E[x | x_t] and E[ε | x_t] over x_t, at the network's own level.
                let power = own.mu.powi(2) * s * s + own.sigma.powi(2);
                let [of_x, of_eps] = given(&around, own);
                let slope = (of_x * own.mu * s * s + of_eps * own.sigma) / power;
                let rescale = own.mu / level.mu;
                let gain = at.skip + at.out * slope * rescale;
                let wiener = level.mu * s * s / ((level.mu * s).powi(2) + level.sigma.powi(2));
                let size = at.skip.abs() + (at.out * slope * rescale).abs();
                assert!((gain - wiener).abs() <= 1e-11 * size, "{name}, {level:?}: {gain} {wiener}");
            }
        }
    }
}

/// Karras et al. 2022, appendix B.6: input and target have unit variance on data of deviation s.
#[test]
fn inputs_and_targets_have_unit_variance() {
    for (kind, s) in [
        (Preconditioning::Karras, 1.0),
        (Preconditioning::Edm { sigma_data: 0.5 }, 0.5),
        (Preconditioning::Appa, 1.0),
    ] {
        let around = Preconditioner::new(kind, Predicts::X, kind.usual_time().unwrap(), None, None).unwrap();
        for level in levels() {
            let at = around.at(level).unwrap();
            let own = own(&around, level.ratio());
            let [of_x, of_eps] = given(&around, own);
            let input = at.scale.powi(2) * ((level.mu * s).powi(2) + level.sigma.powi(2));
            let target = (of_x * s).powi(2) + of_eps.powi(2);
            assert!((input - 1.0).abs() <= 1e-14, "{kind:?}: {input}");
            // 1 − c_skip μ cancels at low noise.
            assert!((target - 1.0).abs() <= 1e-10, "{kind:?}, {level:?}: {target}");
        }
    }
}

/// A network sees its input and ρ alone: levels of one ρ and states of one x_t/μ are one to it.
#[test]
fn any_schedule_drives_any_network() {
    for (name, around) in all() {
        for level in levels() {
            let reference = around.at(level).unwrap();
            for mu in [0.03, 1.0] {
                let other = around.at(Level { mu, sigma: level.ratio() * mu }).unwrap();
                let close = |a: f64, b: f64| (a - b).abs() <= 1e-11 * b.abs().max(1e-300);
                assert!(close(other.scale * mu, reference.scale * level.mu), "{name}: input");
                assert!((other.time - reference.time).abs() <= 1e-11, "{name}: time");
                assert!(close(other.out, reference.out), "{name}: out");
                let skips = [other.skip * mu, reference.skip * level.mu];
                assert!((skips[0] - skips[1]).abs() <= 1e-11, "{name}: {skips:?}");
            }
        }
    }
}

/// The time that the network is told is that of its own schedule.
#[test]
fn its_own_schedule_is_inverted() {
    for name in ScheduleName::all() {
        let eta = 1e-3;
        let schedule = name.build(eta).unwrap();
        let time = TimeInput::Schedule { factor: 1000.0 };
        let trained_on = Some(TrainedOn { schedule: name, eta });
        let around =
            Preconditioner::new(Preconditioning::None, Predicts::Epsilon, time, trained_on, None).unwrap();
        for t in [0.0, 0.02, 0.3, 0.6, 0.95, 1.0] {
            let level = schedule.level(t);
            let at = around.at(level).unwrap();
            // 1 − μ² + η² loses ε/η² of σ² near 0.
            assert!((at.time - 1000.0 * t).abs() <= 1e-6, "{name}: {} at {t}", at.time);
            assert!((at.scale - 1.0).abs() <= 1e-9, "{name}: {} at {t}", at.scale);
        }
    }
}

#[test]
fn levels_beyond_the_training_are_refused() {
    let time = TimeInput::Schedule { factor: 1.0 };
    let around = Preconditioner::new(Preconditioning::None, Predicts::Epsilon, time, cosine(), None).unwrap();
    let message = around.at(Level { mu: 1e-4, sigma: 1.0 }).unwrap_err().to_string();
    assert!(message.starts_with("noise level: found sigma/mu = 10000, expected 0.001 to 1000"), "{message}");
    assert!(around.at(Level { mu: 1.0, sigma: 1e-4 }).is_err());
    // Past the end by rounding.
    assert!(around.at(Level { mu: 1.0, sigma: 1e-3 * (1.0 - 1e-12) }).is_ok());
    let ranged = |ratios| {
        Preconditioner::new(Preconditioning::Karras, Predicts::X, TimeInput::LogRatio, None, Some(ratios))
    };
    assert!(ranged([0.01, 10.0]).unwrap().at(Level { mu: 1.0, sigma: 11.0 }).is_err());
    assert!(ranged([0.01, 10.0]).unwrap().at(Level { mu: 1.0, sigma: 9.0 }).is_ok());
    assert!(ranged([1.0, 0.5]).is_err() && ranged([f64::NAN, 0.5]).is_err());
    let free = Preconditioner::new(Preconditioning::Karras, Predicts::X, TimeInput::LogRatio, None, None);
    let message = free.unwrap().at(Level { mu: 1.0, sigma: 0.0 }).unwrap_err().to_string();
    assert_eq!(message, "noise level: found sigma/mu = 0, expected a level above 0");
    for (mu, sigma) in [(0.0, 1.0), (1.0, f64::NAN), (f64::NAN, 1.0), (-1.0, 1.0), (1.0, 0.0)] {
        for (name, around) in all() {
            assert!(around.at(Level { mu, sigma }).is_err(), "{name}: {mu} {sigma}");
        }
    }
}

/// Ratios beyond the schedule's go with a network that is told no t, and with no other.
#[test]
fn ratios_are_held_to_the_schedule_where_its_t_is_asked_for() {
    let edm = Preconditioning::Edm { sigma_data: 0.5 };
    let t = TimeInput::Schedule { factor: 1.0 };
    let ranged = |kind, time, ratios| Preconditioner::new(kind, Predicts::X, time, cosine(), Some(ratios));
    let wide = ranged(edm, TimeInput::QuarterLogSigma, [1e-4, 1e4]).unwrap();
    let far = wide.at(Level { mu: 1.0, sigma: 5e3 }).unwrap();
    assert!((far.time - 0.25 * 5e3f64.ln()).abs() < 1e-12);
    for (kind, time) in [(edm, t), (Preconditioning::None, TimeInput::LogRatio)] {
        assert!(ranged(kind, time, [0.01, 100.0]).is_ok());
        let message = ranged(kind, time, [0.01, 1e4]).unwrap_err().to_string();
        assert!(message.contains("ratios: found 0.01, 10000, expected a range within"), "{message}");
        assert!(ranged(kind, time, [1e-4, 100.0]).is_err());
    }
}

#[test]
fn parts_that_do_not_go_together_are_refused() {
    let t = TimeInput::Schedule { factor: 1.0 };
    for (kind, predicts, time, schedule, named) in [
        (
            Preconditioning::Karras,
            Predicts::Epsilon,
            TimeInput::LogRatio,
            None,
            "prediction: found epsilon, expected x",
        ),
        (Preconditioning::None, Predicts::X, TimeInput::LogRatio, None, "schedule: found none, expected one"),
        (Preconditioning::Simple, Predicts::X, t, None, "schedule: found none, expected one, whose t"),
        (
            Preconditioning::Edm { sigma_data: 0.0 },
            Predicts::X,
            TimeInput::LogRatio,
            None,
            "sigma_data: found 0",
        ),
        (
            Preconditioning::None,
            Predicts::X,
            TimeInput::Schedule { factor: f64::NAN },
            cosine(),
            "time, factor: found NaN",
        ),
    ] {
        let refused = Preconditioner::new(kind, predicts, time, schedule, None).unwrap_err().to_string();
        assert!(refused.contains(named), "{refused}");
    }
    let eta = Some(TrainedOn { schedule: ScheduleName::Ve, eta: 2.0 });
    assert!(
        Preconditioner::new(Preconditioning::Appa, Predicts::X, TimeInput::TenLogSigma, eta, None).is_err()
    );
}
