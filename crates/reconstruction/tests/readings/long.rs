//! Trajectories that are composed of windows: readings along them, who draws, and runs that are stopped.

use crate::flow::{SHAPE, START, at, prior, rule, scattered};
use equipoise_composition::Fold;
use equipoise_data::sensors::Reading;
use equipoise_experiment::Setup;
use equipoise_field::{Boundary, Shape, sum};
use equipoise_operator::{LinearOperator, Sensors, TimeRule};
use equipoise_reconstruction::{
    Begun, Check, Choice, Composite, Ensemble, Followed, Keeping, PlacingRule, Problem, Sampling, place,
};
use equipoise_sampler::{Outcome, SamplerName};
use equipoise_schedule::Spacing;
use equipoise_solver::Watch;
use equipoise_stream::Stream;
use std::path::Path;
use std::time::Duration;

const FRAMES: usize = 9;

fn sampling(choice: &str, members: usize) -> Sampling {
    Sampling {
        choice: choice.parse().unwrap(),
        members,
        seed: 5,
        setup: Setup {
            schedule: "cos".parse().unwrap(),
            eta: 0.01,
            sampler: SamplerName::Exponential,
            spacing: Spacing::Uniform,
            steps: 8,
            corrections: 0,
            tau: Setup::TAU,
        },
    }
}

/// Sensors that change from frame to frame, between frames too, and frames without any.
fn readings(count: usize) -> Vec<Reading> {
    let places = scattered(count);
    let times = [0.0, 0.6, 2.0, 3.25, 3.5, 4.0, 7.9];
    let reading = |(k, &(h, w)): (usize, &(f64, f64))| {
        let t = times[k % times.len()];
        // One of the waves of the training flow.
        let phase = std::f64::consts::TAU * (w - t) / 12.0;
        at(t, h, w, [1.5 + 1.5 * phase.sin(), -0.5 + phase.cos()], 0.2)
    };
    places.iter().enumerate().map(reading).collect()
}

fn composed(periodic: bool, frames: usize, fold: Fold, times: TimeRule) -> Problem {
    let (prior, path, readings) = (prior(periodic), Path::new("obs.csv"), readings(42));
    let rule = PlacingRule { frames, ..rule(times) };
    let readings: Vec<_> =
        readings.into_iter().filter(|r| r.time <= START + 0.2 * (frames - 1) as f64).collect();
    let placed = place(&prior, path, &readings, &rule).unwrap();
    let composite = Composite::new(frames, SHAPE.frames, fold).unwrap();
    Problem::composed(prior, path, placed, times, composite, None).unwrap()
}

/// A reading of a normalised field is that of the same field in physical units, between frames too.
#[test]
fn readings_along_a_trajectory_are_those_of_the_physical_field() {
    for periodic in [false, true] {
        let problem = composed(periodic, FRAMES, Fold::Centre, TimeRule::Linear);
        let shape = Shape { frames: FRAMES, ..SHAPE };
        assert_eq!((problem.shape, problem.unread().frames), (shape, 2));
        let x: Vec<f32> = Stream::new("x").normal(0, shape.len());
        let places: Vec<_> = problem.placed.entries.iter().map(|entry| entry.sensor).collect();
        let boundary = if periodic { Boundary::Periodic } else { Boundary::Open };
        let sensors = Sensors::new(shape, boundary, TimeRule::Linear, &places).unwrap();
        let mut expected = vec![0.0f32; places.len()];
        sensors.apply(&problem.restored(x.clone()).unwrap(), &mut expected);
        for (found, expected) in problem.read(&x).iter().zip(expected) {
            // A few roundings of numbers of size one in f32.
            assert!((found - f64::from(expected)).abs() < 2e-6, "{found} {expected}");
        }
    }
}

/// A trajectory of one window is the window: moment matching has the members of the closed problem.
#[test]
fn one_window_is_the_window() {
    for periodic in [false, true] {
        let alone = composed(periodic, SHAPE.frames, Fold::Centre, TimeRule::Linear);
        let path = Path::new("obs.csv");
        let window = Problem::new(prior(periodic), path, alone.placed.clone(), TimeRule::Linear).unwrap();
        let member = |problem: &Problem| {
            let drawn = sampling("mmps:iterations=60", 1).draw(problem, Watch::NONE).unwrap();
            drawn.into_outcomes()[0].x().to_vec()
        };
        let (found, expected) = (member(&alone), member(&window));
        let error = sum::squared_distance(&found, &expected).sqrt() / sum::norm(&expected);
        // Conjugate gradients in f32, eight times.
        assert!(error < 1e-3, "{periodic}: {error:e}");
    }
}

/// Every fold draws finite members near the readings, under both models.
#[test]
fn members_of_a_composite_meet_the_readings() {
    let folds = [
        Fold::Centre,
        Fold::Symmetrical { stride: 2 },
        Fold::Causal { stride: 3 },
        Fold::Average { stride: 1 },
    ];
    for (periodic, fold) in [false, true].into_iter().flat_map(|p| folds.map(|fold| (p, fold))) {
        let problem = composed(periodic, FRAMES, fold, TimeRule::Linear);
        let choice = Choice::of_composite(&problem);
        assert_eq!(choice.to_string(), "sda");
        let drawn = sampling("sda", 3).draw(&problem, Watch::NONE).unwrap();
        let ensemble = Ensemble::of(&problem, &choice, drawn).unwrap();
        let blank = problem.read(&vec![0.0; problem.shape.len()]);
        let entries = &problem.placed.entries;
        let square = |i: usize| ((entries[i].measured.value - blank[i]) / entries[i].measured.noise).powi(2);
        let before = (sum::of(entries.len(), square) / entries.len() as f64).sqrt();
        assert!(ensemble.chi < 2.0 && before > 3.0, "{periodic} {fold}: {} {before}", ensemble.chi);
        assert!(problem.closed().unwrap_err().to_string().contains("9 frames composed of windows of 3"));
    }
}

/// Modes take any sensors: draws of the posterior along their Gauss–Markov prior lie about its mean as its deviation
/// says, and χ of the filter's innovations is known. One chain a wavenumber takes lattices only: then nothing is known,
/// by name.
#[test]
fn the_chain_of_the_windows_stands_beside_the_composite() {
    let problem = composed(false, FRAMES, Fold::Centre, TimeRule::Linear);
    let Check::Chain(chained) = Check::of_composite(&problem) else { panic!("no chain") };
    assert!(chained.innovations.degrees > 80.0 && chained.log_evidence.is_finite(), "{chained:?}");
    let (choice, n) = (Choice::Posterior, 48);
    let drawn = sampling("posterior", n).draw(&problem, Watch::NONE).unwrap();
    let ensemble = Ensemble::of(&problem, &choice, drawn).unwrap();
    let (mean, std) = (ensemble.mean(), ensemble.std().unwrap());
    let deviate = |x: &Vec<f32>| {
        let z = |i: usize| (f64::from(x[i] - mean[i]) / f64::from(std[i])).powi(2);
        sum::of(x.len(), z) / x.len() as f64
    };
    let square = ensemble.members.iter().map(deviate).sum::<f64>() / n as f64;
    // Squares of some twelve modes in nine frames, correlated, 48 times.
    assert!((square - 1.0).abs() < 5.0 * (2.0 / (12.0 * n as f64)).sqrt(), "{square}");
    let waves = composed(true, FRAMES, Fold::Centre, TimeRule::Linear);
    let Check::Unknown(why) = Check::of_composite(&waves) else { panic!("sensors are no lattice") };
    assert!(why.starts_with("the Gauss–Markov prior of the windows: "), "{why}");
    assert_eq!(sampling("posterior", 1).draw(&waves, Watch::NONE).unwrap_err().to_string(), why);
}

#[test]
fn lengths_that_windows_do_not_fill_name_the_nearest() {
    let told = |frames, window, fold| Composite::new(frames, window, fold).unwrap_err().to_string();
    let expected = "--frames: found 20, expected 5 + a multiple of the stride 4, so that the last window ends with it; \
                    the nearest is 21";
    assert_eq!(told(20, 5, Fold::Causal { stride: 4 }), expected);
    assert!(told(18, 5, Fold::Causal { stride: 4 }).ends_with("the nearest is 17"));
    assert!(told(3, 5, Fold::Centre).ends_with("the nearest is 5"));
    assert!(told(9, 4, Fold::Centre).contains("found a window of 4 frames"));
    assert!(told(9, 4, Fold::Average { stride: 5 }).starts_with("stride: found 5"));
    assert_eq!(
        Composite::new(21, 5, Fold::Causal { stride: 4 }).unwrap().to_string(),
        "5 windows of 5 frames, stride 4, fold causal, over 21 frames"
    );
}

fn fields(followed: Followed) -> Vec<Outcome<f32>> {
    match followed {
        Followed::Ended(drawn) => drawn.into_outcomes(),
        Followed::Stopped(at) => panic!("stopped at {at:?}"),
    }
}

/// A run that is stopped over and over, at every level, by 1 and 2 threads in turn, ends with the bits of one that
/// was not, member by member, and those of a drawing that nobody followed.
#[test]
fn a_stopped_run_goes_on_with_its_bits() {
    let problem = composed(true, FRAMES, Fold::Symmetrical { stride: 2 }, TimeRule::Linear);
    for (choice, sampler) in [("sda", SamplerName::Exponential), ("sda", SamplerName::Ddim { eta: 1.0 })] {
        let sampling = sampling(choice, 2);
        let setup = Setup { sampler, steps: 4, ..sampling.setup };
        let sampling = Sampling { setup, ..sampling };
        let whole = sampling.draw(&problem, Watch::NONE).unwrap().into_outcomes();
        let unkept = fields(sampling.follow(&problem, None, &|_| true).unwrap());
        assert_eq!(unkept, whole);
        let folder = tempfile::tempdir().unwrap();
        let identity = vec![("seed".to_owned(), "5".to_owned())];
        let keeping = Keeping::new(&folder.path().join("out"), Duration::from_secs(3600), identity);
        let mut stops = 0;
        let found = loop {
            let before = keeping.begun().unwrap();
            let go_on = |at: equipoise_reconstruction::Progress| {
                let kept = before.iter().find(|begun| begun.member == at.member as u64);
                at.done <= kept.map_or(0, |begun| begun.done)
            };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1 + stops % 2).build().unwrap();
            match pool.install(|| sampling.follow(&problem, Some(&keeping), &go_on)).unwrap() {
                Followed::Stopped(_) => stops += 1,
                ended => break fields(ended),
            }
            assert!(stops < 40, "no end");
        };
        assert_eq!(found, whole, "{sampler}");
        // Three levels between the four steps of each member.
        assert_eq!((stops, keeping.begun().unwrap().len()), (6, 2));
        assert_eq!(keeping.begun().unwrap()[0], Begun { member: 0, done: 4 });
        keeping.clear().unwrap();
        assert!(keeping.begun().unwrap().is_empty());
    }
}

#[test]
fn a_method_with_a_loop_of_its_own_is_not_kept() {
    let problem = composed(true, FRAMES, Fold::Centre, TimeRule::Linear);
    let (dps, sda) = (sampling("dps", 1), sampling("sda", 1));
    assert!(sda.is_kept() && !dps.is_kept() && !sampling("posterior", 1).is_kept());
    let refused = dps.follow(&problem, None, &|_| true).unwrap_err().to_string();
    assert!(refused.starts_with("method dps: found a loop of its own"), "{refused}");
    assert_eq!(dps.draw(&problem, Watch::NONE).unwrap().len(), 1);
}

/// A filter that nobody waits for is refused by its work, before it is made: 10 Σ_τ (r + n_τ)³, where frames 0 and 1 carry
/// the readings between them.
#[test]
fn a_filter_that_takes_too_long_is_not_run() {
    let (prior, path) = (prior(false), Path::new("obs.csv"));
    let rule = PlacingRule { frames: FRAMES, ..rule(TimeRule::Linear) };
    let modes = prior.spectrum().0.len() as f64;
    let places = scattered(2000);
    let readings: Vec<_> = places.iter().map(|&(h, w)| at(0.5, h, w, [1.5, -0.5], 0.2)).collect();
    let placed = place(&prior, path, &readings, &rule).unwrap();
    let work = 10.0 * (2.0 * (modes + 4000.0).powi(3) + (FRAMES as f64 - 2.0) * modes.powi(3));
    let composite = Composite::new(FRAMES, SHAPE.frames, Fold::Centre).unwrap();
    let problem = Problem::composed(prior, path, placed, TimeRule::Linear, composite, None).unwrap();
    let Check::Unknown(why) = Check::of_composite(&problem) else { panic!("{work:e} operations") };
    let expected = format!(
        "the filter would take about {} operations for so many readings between frames, expected at most 1e12",
        equipoise_report::significant(work, 1)
    );
    assert_eq!(why, expected);
}
