//! The kernel moves the fewest bytes that its outputs allow.

use crate::case::{Case, Place, Traffic};
use crate::element::{Bfloat, Element};
use crate::kernel::{Kernel, have_compiler};
use crate::laws::places;
use equipoise_likelihood_cuda::arguments::{PARTIALS, SEGMENT};
use equipoise_likelihood_cuda::variant::{Layout, Target, Weight};

/// The kernel essay's table for one sample, in bytes loaded and stored.
pub(crate) fn least<E: Element>(case: &Case) -> Traffic {
    let (count, size, samples) = (case.count() as u64, case.size() as u64, case.samples as u64);
    let (storage, real) = (E::STORAGE.bytes() as u64, E::STORAGE.real_bytes() as u64);
    let when = |condition: bool, bytes: u64| if condition { bytes * samples } else { 0 };
    let entry = case.entry();
    let listed = entry.layout == Layout::Listed;
    let field = entry.target == Target::Field;
    // Beside the tables: the neighbours of every tile but for the ends, and empty segments.
    let tiles = count.div_ceil(1024);
    let neighbours = if count == 0 { 0 } else { 2 * tiles - 2 };
    let empty = match &case.place {
        Place::Listed(size, indices) => {
            let mut held: Vec<usize> = indices.iter().map(|index| index / SEGMENT).collect();
            held.dedup();
            (size.div_ceil(SEGMENT) - held.len()) as u64
        }
        _ => 0,
    };
    // Up to 512 blocks, the last thread block reads each sum once, and writes each root once.
    let blocks = count.div_ceil(4096).max(1);
    let sums = 8 * PARTIALS as u64;
    Traffic(vec![
        ("prediction", when(true, count * storage), 0),
        ("values", when(true, count * storage), 0),
        ("variances", when(entry.weight == Weight::Each, count * real), 0),
        ("precisions", when(entry.weight == Weight::Channel, count * 8), 0),
        ("indices", when(listed, 4 * count + if field { 4 * neighbours } else { 0 }), 0),
        ("empty_segments", when(field, 4 * empty), 0),
        ("residual", 0, when(true, count * real)),
        ("gradient", 0, when(true, if field { size } else { count } * real)),
        ("partials", when(true, sums * blocks), when(true, sums * (blocks + 1))),
    ])
}

fn exact<E: Element>() {
    if !have_compiler() {
        return;
    }
    for count in [0, 1, 1025, 9001] {
        for case in places(count).into_iter().map(|case| Case { samples: 2, ..case }) {
            let found = case.check::<E>(Kernel::shipped(E::STORAGE)).unwrap();
            assert_eq!(found, least::<E>(&case), "{} {case:?}", E::STORAGE.name());
        }
    }
}

#[test]
fn every_array_is_read_once_and_written_once() {
    exact::<f32>();
    exact::<f64>();
    exact::<Bfloat>();
}

/// Four numbers of 4 bytes for each observation of a compact f32 launch.
#[test]
fn sixteen_bytes_an_observation() {
    if !have_compiler() {
        return;
    }
    let case = Case::new(Place::Compact(9_001), Target::Compact, Weight::Scalar);
    let found = case.check::<f32>(Kernel::shipped(f32::STORAGE)).unwrap();
    let arrays = ["prediction", "values", "residual", "gradient"].map(|name| found.of(name));
    assert_eq!(arrays.iter().map(|(loaded, stored)| loaded + stored).sum::<u64>(), 16 * 9_001);
}
