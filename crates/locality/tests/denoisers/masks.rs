//! M against its definition, and the ways of applying it against each other.

use crate::{LEVEL, assert_near, denoise, noisy, samples, stationary, training, vjp};
use equipoise_covariance::{Covariance, Structure, Weights, fit_low_rank};
use equipoise_field::Shape;
use equipoise_locality::{Pixelwise, ROWS_LIMIT};
use equipoise_schedule::Level;
use std::sync::Arc;

const SHAPE: Shape = Shape::new(2, 2, 4, 5);

/// A covariance whose structure nobody knows.
struct Opaque(Arc<dyn Covariance<f64>>);

impl Covariance<f64> for Opaque {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn eigenvalues(&self) -> &[f64] {
        self.0.eigenvalues()
    }
    fn complement(&self) -> Option<f64> {
        self.0.complement()
    }
    fn analyse(&self, v: &[f64], coefficients: &mut [f64]) {
        self.0.analyse(v, coefficients);
    }
    fn synthesise(&self, coefficients: &[f64], v: &mut [f64]) {
        self.0.synthesise(coefficients, v);
    }
    fn structure(&self) -> Structure<'_, f64> {
        Structure::General
    }
    fn apply(&self, weights: &Weights<f64>, v: &[f64], out: &mut [f64]) {
        self.0.apply(weights, v, out);
    }
}

/// W as a matrix, and from it M_nm for every n.
fn mask(covariance: &dyn Covariance<f64>, level: Level, threshold: f64) -> Vec<Vec<f64>> {
    let power = level.mu.powi(2);
    let weights = covariance.weights(&|l| power * l / (level.sigma.powi(2) + power * l));
    let dim = covariance.dim();
    let rows: Vec<Vec<f64>> = (0..dim)
        .map(|n| {
            let (mut unit, mut row) = (vec![0.0; dim], vec![0.0; dim]);
            unit[n] = 1.0;
            covariance.apply(&weights, &unit, &mut row);
            row.iter().map(|w| w / row[n]).collect()
        })
        .collect();
    let largest = rows.iter().flatten().fold(0.0f64, |most, m| most.max(m.abs()));
    let hard = |m: f64| if m.abs() >= threshold * largest { 1.0 } else { 0.0 };
    rows.into_iter()
        .map(|row| row.into_iter().map(|m| if threshold > 0.0 { hard(m) } else { m }).collect())
        .collect()
}

/// The products with M of all three forms are those of the matrix, and the denoisers are the same.
#[test]
fn every_form_is_the_matrix() {
    let values = samples(SHAPE, 30);
    let views: Vec<&[f64]> = values.chunks(SHAPE.len()).collect();
    let low_rank = fit_low_rank(&views, 6, 0.2).unwrap().covariance;
    let v: Vec<f64> = (0..SHAPE.len()).map(|i| (0.9 * i as f64).sin().powi(2)).collect();
    let x_t = noisy(SHAPE, LEVEL);
    let models: [(&str, Arc<dyn Covariance<f64>>); 2] =
        [("stationary", stationary(SHAPE, &values)), ("modes", Arc::new(low_rank))];
    for (name, covariance) in models {
        for threshold in [0.0, 0.03, 0.08] {
            let opaque: Arc<dyn Covariance<f64>> = Arc::new(Opaque(Arc::clone(&covariance)));
            let own = Pixelwise::locality(training(SHAPE, 30), Arc::clone(&covariance), threshold).unwrap();
            let rows = Pixelwise::locality(training(SHAPE, 30), opaque, threshold).unwrap();
            let matrix = mask(covariance.as_ref(), LEVEL, threshold);
            let entries = matrix.iter().flatten().filter(|m| **m != 0.0).count();
            assert!(threshold == 0.0 || (entries > 100 && entries < 6000), "{name}: {entries} say nothing");
            let expected: Vec<f64> =
                (0..SHAPE.len()).map(|m| (0..SHAPE.len()).map(|n| matrix[n][m] * v[n]).sum()).collect();
            assert_near(name, &own.masked(LEVEL, &v).unwrap(), &expected, 1e-12);
            assert_near(name, &rows.masked(LEVEL, &v).unwrap(), &expected, 1e-12);
            assert_near(name, &denoise(&own, &x_t, LEVEL), &denoise(&rows, &x_t, LEVEL), 1e-10);
            assert_near(name, &vjp(&own, &x_t, LEVEL, &v), &vjp(&rows, &x_t, LEVEL, &v), 1e-10);
        }
    }
}

/// J_mn = 0 wherever the hard mask is.
#[test]
fn a_pixel_reads_nothing_beyond_its_mask() {
    let covariance = stationary(SHAPE, &samples(SHAPE, 30));
    let matrix = mask(covariance.as_ref(), LEVEL, 0.3);
    let locality = Pixelwise::locality(training(SHAPE, 30), covariance, 0.3).unwrap();
    let x_t = noisy(SHAPE, LEVEL);
    for m in [0, 37] {
        let unit: Vec<f64> = (0..SHAPE.len()).map(|n| if n == m { 1.0 } else { 0.0 }).collect();
        let row = vjp(&locality, &x_t, LEVEL, &unit);
        let mean = row.iter().map(|j| j.abs()).sum::<f64>() / row.len() as f64;
        for n in 0..SHAPE.len() {
            let inside = matrix[n][m] != 0.0;
            // The transform leaves rounding where the stencil is 0.
            assert!(inside || row[n].abs() < 1e-11 * mean, "({m}, {n}): {}", row[n]);
        }
    }
}

#[test]
fn faults_are_named() {
    let covariance = stationary(SHAPE, &samples(SHAPE, 30));
    let message =
        |r: Result<Pixelwise<f64>, _>| r.err().map(|e: equipoise_locality::LocalityError| e.to_string());
    let refused = Pixelwise::locality(training(SHAPE, 2), Arc::clone(&covariance) as _, 1.5);
    assert_eq!(message(refused).unwrap(), "threshold of the mask: found 1.5, expected 0 (soft) to 1");
    let short = training(Shape::new(1, 1, 4, 5), 2);
    let refused = Pixelwise::locality(short, covariance, 0.0);
    assert_eq!(message(refused).unwrap(), "covariance of the mask: found length 80, expected 20");
    let long = Shape::new(1, 1, 1, ROWS_LIMIT + 1);
    let values = samples(long, 3);
    let views: Vec<&[f64]> = values.chunks(long.len()).collect();
    let modes = fit_low_rank(&views, 1, 0.1).unwrap().covariance;
    let hard = Pixelwise::locality(training(long, 1), Arc::new(modes), 0.5).unwrap();
    let refused = hard.masked(LEVEL, &values[..long.len()]).unwrap_err().to_string();
    assert!(refused.contains("found D = 8193, the limit is 8192"), "{refused}");
}
