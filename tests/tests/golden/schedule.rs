//! Signal and noise scales against SDA's and azula's.

use crate::ledger::Check;
use crate::problem::{SUBS, TIMES};
use equipoise_schedule::{Alpha, Cosine, Decay, Rectified, Schedule, Sda, Variance, Ve, Vp};
use equipoise_tests::{Golden, Visits};

pub(crate) const CHECK: Check = Check {
    name: "schedule",
    compares: &[
        "schedule/sda/*/*/eta=*/mu",
        "schedule/sda/*/*/eta=*/sigma",
        "schedule/azula/*/mu",
        "schedule/azula/*/sigma",
        "gaussian_score/sub=*/azula/t=*/mu",
        "gaussian_score/sub=*/azula/t=*/sigma",
    ],
    takes: &["schedule/t"],
    run,
};

/// A handful of roundings: the scales are of order one and both codes follow the same formula.
const TOLERANCE: f64 = 16.0 * f64::EPSILON;

#[test]
fn scales_agree() {
    run();
}

fn run() -> Visits {
    let mut golden = Golden::open();
    let times = golden.given("schedule/t");
    for (variance, v) in
        [(Variance::Vp, "vp"), (Variance::SubVp, "sub_vp"), (Variance::SubSubVp, "sub_sub_vp")]
    {
        for (alpha, a) in [(Alpha::Lin, "lin"), (Alpha::Cos, "cos"), (Alpha::Exp, "exp")] {
            for eta in [0.001, 0.01] {
                let schedule = Sda::new(alpha, variance, eta).unwrap();
                compare(&mut golden, &format!("schedule/sda/{v}/{a}/eta={eta}"), &schedule, &times);
            }
        }
    }
    let defaults: [(&str, &dyn Schedule); 5] = [
        ("ve", &Ve::default()),
        ("vp", &Vp::default()),
        ("cosine", &Cosine::default()),
        ("rectified", &Rectified::default()),
        ("decay", &Decay::default()),
    ];
    for (name, schedule) in defaults {
        compare(&mut golden, &format!("schedule/azula/{name}"), schedule, &times);
    }
    let cosine = Cosine::new(0.01, 0.01).unwrap();
    for (sub, t) in SUBS.iter().flat_map(|sub| TIMES.map(|t| (sub, t))) {
        compare(&mut golden, &format!("gaussian_score/sub={sub}/azula/t={t}"), &cosine, &[t]);
    }
    golden.into_visits()
}

fn compare(golden: &mut Golden, group: &str, schedule: &dyn Schedule, times: &[f64]) {
    let levels: Vec<_> = times.iter().map(|&t| schedule.level(t)).collect();
    let (mu, sigma): (Vec<f64>, Vec<f64>) = levels.iter().map(|l| (l.mu, l.sigma)).unzip();
    golden.compare(&format!("{group}/mu"), &mu, TOLERANCE);
    golden.compare(&format!("{group}/sigma"), &sigma, TOLERANCE);
}
