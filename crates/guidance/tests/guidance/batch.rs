//! Every method gives a member of a batch the bits that it has alone, whoever its neighbours are.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use crate::batch_methods::{DIM, LEVEL, MEMBERS, Named, methods, states};
use equipoise_denoiser::Tape;
use equipoise_guidance::{Evidence, Guidance, GuidanceError, Scratch, States};
use equipoise_observation::Breakdown;

/// What a method makes of one member: the bits of ε_y and of g, and the evidence of both.
type Made = (Vec<u32>, Vec<u32>, [String; 2]);

/// g and its evidence at the states of a batch, through the trait's own door.
fn gradients(
    method: &dyn Guidance<f32>,
    x_t: &[f32],
    scratch: &mut Scratch<f32>,
) -> Result<(Vec<f32>, Vec<Evidence>), GuidanceError> {
    let (mut x_hat, mut tape) = (vec![f32::NAN; x_t.len()], Tape::new());
    let mut local = method.denoiser().linearise(x_t, LEVEL, &mut x_hat, &mut tape)?;
    let (mut g, mut evidence) = (vec![7.0; x_t.len()], vec![Evidence::default(); x_t.len() / DIM]);
    let mut at = States { x_t, level: LEVEL, x_hat: &x_hat, local: &mut *local };
    method.gradients(&mut at, &mut g, &mut evidence, scratch)?;
    Ok((g, evidence))
}

/// The members named in `order`, in batches of `size`, all with one scratch.
fn made(method: &dyn Guidance<f32>, order: &[usize], size: usize) -> Vec<(usize, Made)> {
    let (scratch, mut all) = (&mut Scratch::new(), Vec::new());
    for batch in order.chunks(size) {
        let x_t: Vec<f32> = batch.iter().flat_map(|k| states()[*k].clone()).collect();
        let (mut eps, mut of_eps) = (vec![7.0; x_t.len()], vec![Evidence::default(); batch.len()]);
        method.noise_estimates(&x_t, LEVEL, &mut eps, &mut of_eps, scratch).unwrap();
        let (g, of_g) = gradients(method, &x_t, scratch).unwrap();
        let bits = |v: &[f32]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let members = eps.chunks(DIM).zip(g.chunks(DIM)).zip(of_eps.iter().zip(&of_g));
        let members = members.map(|((e, g), (of_e, of_g))| (bits(e), bits(g), [of_e, of_g].map(said)));
        all.extend(batch.iter().copied().zip(members));
    }
    all
}

/// Evidence bit for bit; NaN as itself.
fn said(evidence: &Evidence) -> String {
    format!("{evidence:?}")
}

fn compare(named: &Named) {
    let Named { name, guidance } = named;
    let straight: Vec<usize> = (0..MEMBERS).collect();
    let mixed: Vec<usize> = (0..MEMBERS).map(|k| (11 * k + 5) % MEMBERS).collect();
    let alone: Vec<Made> = straight.iter().map(|k| made(&**guidance, &[*k], 1).remove(0).1).collect();
    for order in [&straight, &mixed] {
        for size in [1, 2, 5, 16] {
            for (k, found) in made(&**guidance, order, size) {
                assert_eq!(found, alone[k], "{name}: member {k} in batches of {size}");
            }
        }
    }
}

#[test]
fn a_member_of_a_batch_has_the_bits_that_it_has_alone() {
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| methods().iter().for_each(compare));
    }
}

/// The members of the batch above do end their inner solves at different iterations, one at once, one with
/// numbers that are none, and some by a direction of non-positive curvature.
#[test]
fn the_inner_solves_of_a_batch_end_apart() {
    let x_t = states().concat();
    let found = |name: &str| {
        let named = methods().into_iter().find(|m| m.name == name).unwrap();
        gradients(&*named.guidance, &x_t, &mut Scratch::new()).unwrap().1
    };
    let evidence = found("mmps, lattice");
    let mut iterations: Vec<usize> = evidence.iter().map(|e| e.iterations).collect();
    iterations.sort_unstable();
    iterations.dedup();
    assert!(iterations.len() >= 3, "{iterations:?}");
    let broken: Vec<Breakdown> = evidence.iter().filter_map(|e| e.breakdown).collect();
    assert!(!broken.is_empty() && broken.len() < MEMBERS, "{broken:?}");
    assert!(evidence.iter().any(|e| e.residual.is_some_and(f64::is_nan)));
    assert!(evidence.iter().any(|e| e.iterations == 0 && e.residual == Some(0.0)));
    assert!(found("tmpd, mixture").iter().any(|e| e.floors > 0));
}

/// Buffers that do not fit are an error of every method, not a panic; nor do they spoil its scratch.
#[test]
fn lengths_that_do_not_fit_are_named() {
    let whole = states().concat();
    for Named { name, guidance } in methods() {
        let scratch = &mut Scratch::new();
        for (states, room, members) in [
            (DIM - 1, DIM - 1, 1),
            (2 * DIM, DIM, 1),
            (DIM, 2 * DIM, 1),
            (DIM, DIM, 2),
            (2 * DIM, 2 * DIM, 1),
        ] {
            let (x_t, mut out) = (&whole[..states], vec![0.0; room]);
            let mut evidence = vec![Evidence::default(); members];
            let refused = |found: Result<(), GuidanceError>| {
                let is = matches!(found, Err(GuidanceError::Length(_)));
                assert!(is, "{name}, {states} numbers in {room} of {members}: {found:?}");
            };
            refused(guidance.noise_estimates(x_t, LEVEL, &mut out, &mut evidence, scratch));
            refused(guidance.plain_noise_estimates(x_t, LEVEL, &mut out, &mut evidence, scratch));
            if members == 1 {
                refused(guidance.noise_estimate(x_t, LEVEL, &mut out, scratch).map(drop));
                refused(guidance.gradient(x_t, LEVEL, &mut out, scratch).map(drop));
            }
            if states % DIM == 0 {
                let (mut x_hat, mut tape) = (vec![0.0; states], Tape::new());
                let local = guidance.denoiser().linearise(x_t, LEVEL, &mut x_hat, &mut tape);
                let mut at = States { x_t, level: LEVEL, x_hat: &x_hat, local: &mut *local.unwrap() };
                refused(guidance.gradients(&mut at, &mut out, &mut evidence, scratch));
            }
        }
        assert_eq!(gradients(&*guidance, &[], scratch).unwrap().0, [0.0; 0], "{name}");
    }
}
