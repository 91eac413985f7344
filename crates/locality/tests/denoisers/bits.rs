//! The same bits whatever the portions that samples are read in and the number of threads.

use crate::{LEVEL, all, denoise, noisy, samples, training, vjp};
use equipoise_data::store::{Existing, Writer};
use equipoise_field::{Boundary, Shape};
use equipoise_locality::{Local, LocalityError, Optimal, Patch, Stored, Training};
use std::sync::Arc;

#[test]
fn portions_change_nothing() {
    let (shape, count) = (Shape::new(1, 2, 4, 6), 45);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.h5");
    let writer = Writer::create(&path, Existing::Refuse).unwrap();
    writer.write("x", &[count, 2, 4, 6], &samples(shape, count)).unwrap();
    writer.finish().unwrap();
    let (x_t, patch) = (noisy(shape, LEVEL), Patch::square(1, Boundary::Periodic));
    let in_memory = (Optimal::new(training(shape, count)), Local::new(training(shape, count), patch));
    for portion in [1, 7, 16, 45, 1000] {
        let stored = || Arc::new(Stored::open(&path, "x", portion).unwrap());
        let set = || Training::new(shape, stored()).unwrap();
        let read = (Optimal::new(set()), Local::new(set(), patch));
        assert_eq!(denoise(&read.0, &x_t, LEVEL), denoise(&in_memory.0, &x_t, LEVEL));
        assert_eq!(denoise(&read.1, &x_t, LEVEL), denoise(&in_memory.1, &x_t, LEVEL));
        assert_eq!(vjp(&read.0, &x_t, LEVEL, &x_t), vjp(&in_memory.0, &x_t, LEVEL, &x_t));
        assert_eq!(vjp(&read.1, &x_t, LEVEL, &x_t), vjp(&in_memory.1, &x_t, LEVEL, &x_t));
    }
    let missing = Stored::open(&path, "y", 1).err().unwrap();
    assert!(matches!(missing, LocalityError::Data(_)), "{missing}");
    // The elements are asked for when they are read.
    let single = Training::<f32>::new(shape, Arc::new(Stored::open(&path, "x", 4).unwrap())).unwrap();
    assert!(Optimal::new(single).weights(&[0.0; 48], LEVEL).is_err());
}

#[test]
fn threads_change_nothing() {
    let shape = Shape::new(1, 2, 4, 6);
    let x_t = noisy(shape, LEVEL);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            all(shape, 100)
                .iter()
                .map(|(_, d)| (denoise(d.as_ref(), &x_t, LEVEL), vjp(d.as_ref(), &x_t, LEVEL, &x_t)))
                .collect::<Vec<_>>()
        })
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(5));
}
