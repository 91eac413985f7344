//! An oscillating series of two numbers a frame, against figures of another program: NumPy, in x rather than x/μ.

use super::{near, oscillating, windows};
use crate::{Course, Guide, Readings, Start, Windows, costs, runs};
use equipoise_scaling::LawParameters;
use equipoise_schedule::{Alpha, Sda, Variance};
use ndarray::array;

#[test]
fn costs_are_those_of_another_program() {
    let cases = [
        (
            "symmetrical:2",
            5,
            0.5,
            [0.0044896685, 0.0503746321, 0.0684359364, 0.2559777685, 0.1340695351, 0.0000073331],
        ),
        (
            "symmetrical:2",
            5,
            2.0,
            [0.0448004881, 0.2018851276, 0.2377837308, -0.0403770493, 0.2287295224, 0.0042868809],
        ),
        (
            "average:2",
            5,
            0.5,
            [0.0274809149, 0.1458980589, 0.1275687196, 0.2857142857, 0.1340695351, 0.0000073331],
        ),
        (
            "average:2",
            5,
            2.0,
            [0.0696232128, 0.2544101595, 0.2336104251, 0.0243902439, 0.2287295224, 0.0042868809],
        ),
        (
            "causal:4",
            9,
            0.5,
            [0.0235075200, 0.1336392195, 0.1208181666, 0.2857141041, 0.0879675650, 0.0000000005],
        ),
        (
            "causal:4",
            9,
            2.0,
            [0.0520522582, 0.2170111758, 0.2270752585, 0.0240847328, 0.1394346305, 0.0000339762],
        ),
    ];
    for (fold, window, ratio, expected) in cases {
        let cost = &costs(&[oscillating()], windows(window, fold), &[ratio]).unwrap()[0];
        let last = cost.by_frame[12];
        let found = [cost.excess, cost.jacobian, cost.asymmetry, cost.lowest, cost.positive, last];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 2e-10, "{fold}, σ/μ = {ratio}: {found} {expected}");
        }
    }
}

/// W2, CRPS and σ_W of runs of 8 steps of the cosine schedule, every third frame seen by x_1 + x_2/2, s = 0.3.
#[test]
fn runs_are_those_of_another_program() {
    let sum = Guide::Scalar { parameters: LawParameters { std: 0.3, gamma: 0.01 }, factor: 1.0 };
    let guides = [sum, Guide::Matched, Guide::Active, Guide::Moments, Guide::Positive];
    let normal = [
        [204.7433950946, 57.8313333562, 537.2449791315, 68.27308755454722],
        [0.2782990084, 0.4156675413, 1.3744296692, 0.981983385148243],
        [0.2736307433, 0.4148104011, 1.3734376080, 0.9914536232353666],
        [0.2503875373, 0.4104903052, 1.3558932846, 0.9857298018735837],
        [0.2366100489, 0.4088929110, 1.3612721873, 0.9802174869640911],
    ];
    let prior = [204.8270496311, 0.2783991628, 0.2737018192, 0.2503543353, 0.2366700984];
    let schedule = Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap();
    let readings = Readings { every: 3, rows: vec![Some(array![[1.0, 0.5]])], std: 0.3 };
    let run = |windows: Windows, start: Start, guides: &[Guide]| {
        let course = Course::uniform(&schedule, 8, start).unwrap();
        runs(&[oscillating()], &readings, windows, &course, guides).unwrap()
    };
    let short = windows(5, "symmetrical:2");
    for (outcome, expected) in run(short, Start::Normal, &guides).iter().zip(normal) {
        let found = [outcome.wasserstein, outcome.crps, outcome.sigma_w, outcome.field];
        found
            .iter()
            .zip(expected)
            .for_each(|(found, expected)| near(*found, expected, 1e-7, "x_1 ~ N(0, I)"));
        near(outcome.crps_exact, 0.3948679237, 1e-9, "exact CRPS");
    }
    for (outcome, expected) in run(short, Start::Prior, &guides).iter().zip(prior) {
        near(outcome.wasserstein, expected, 1e-7, "x_1 ~ prior");
    }
    let exact = &run(Windows::whole(13), Start::Normal, &[Guide::Moments])[0];
    near(exact.wasserstein, 0.1303569505, 1e-7, "exact guidance");
    assert_eq!((exact.unbounded, &exact.refused), (0, &None));
}
