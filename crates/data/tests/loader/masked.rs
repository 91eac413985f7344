//! Cells under a mask: whatever stands there, nothing depends on it.

use crate::recording::surveyed;
use crate::written::{Written, ntchw};
use equipoise_data::{
    DataError, Described, Fingerprints, LoadOptions, Normalizer, NormalizerKind, Particulars, Recording,
    Suspicion, load,
};
use equipoise_field::Shape;

const SHAPE: [usize; 5] = [3, 12, 2, 3, 4];
const HIDDEN: [usize; 3] = [0, 5, 11];

/// Waves with other numbers under a mask that its words explain.
fn with(garbage: f32, ones: &str, boundary: &str) -> Written {
    let mut values = ntchw(SHAPE);
    for plane in values.chunks_mut(12) {
        HIDDEN.iter().for_each(|i| plane[*i] = garbage);
    }
    let file = Written::new();
    let open = ["fluid", "valid"].contains(&ones);
    let mask: Vec<u8> = (0..12).map(|i| u8::from(HIDDEN.contains(&i) != open)).collect();
    file.array("x", &SHAPE, &values).array("mask", &[3, 4], &mask).said("mask", "ones", ones);
    for (name, text) in [("axes", "NTCHW"), ("kind", "generic"), ("boundary", boundary)] {
        file.said("x", name, text);
    }
    file
}

#[test]
fn nothing_depends_on_what_stands_under_a_mask() {
    for kind in [NormalizerKind::Channel, NormalizerKind::Profile] {
        let of = |garbage, ones| {
            let path = with(garbage, ones, "periodic");
            let data = load(&path.path(), &LoadOptions::default()).unwrap();
            let normalizer = Normalizer::fit(kind, &data).unwrap();
            let (recording, found) = surveyed(&path.path(), &LoadOptions::default(), 1).unwrap();
            let in_portions = Normalizer::surveyed(kind, &recording, &found).unwrap();
            assert_eq!(in_portions.mask(), data.mask());
            for (a, b) in normalizer.scale().iter().zip(in_portions.scale()) {
                assert!((a - b).abs() < 1e-12 * a, "{a} {b}");
            }
            let mut field = data.values().to_vec();
            normalizer.normalise(data.shape(36), &mut field).unwrap();
            (data, normalizer, field)
        };
        let (first, normalizer, field) = of(0.25, "land");
        assert_eq!(first.mask().unwrap().count(), 3);
        assert_eq!(first.solid().unwrap().iter().filter(|hidden| **hidden).count(), 3);
        for (garbage, ones) in [(f32::NAN, "solid"), (1e33, "valid"), (-999.0, "fluid"), (0.0, "invalid")] {
            let (data, other, values) = of(garbage, ones);
            assert_eq!((data.values(), &other, &values), (first.values(), &normalizer, &field), "{garbage}");
            assert_eq!(Particulars::of(&data).unwrap(), Particulars::of(&first).unwrap());
            assert_eq!(data.warnings(), first.warnings());
        }
        assert!(field.chunks(12).all(|plane| HIDDEN.iter().all(|i| plane[*i] == 0.0)));
    }
}

/// Mean and standard deviation are those of the other cells, counted by hand.
#[test]
fn statistics_are_those_of_the_cells_without_a_mask() {
    let data = load(&with(7.0, "land", "open").path(), &LoadOptions::default()).unwrap();
    let normalizer = Normalizer::fit(NormalizerKind::Channel, &data).unwrap();
    let waves = ntchw(SHAPE);
    for channel in 0..2 {
        let open = |(i, x): (usize, &f32)| {
            (i / 12 % 2 == channel && !HIDDEN.contains(&(i % 12))).then_some(f64::from(*x))
        };
        let cells: Vec<f64> = waves.iter().enumerate().filter_map(open).collect();
        let mean = cells.iter().sum::<f64>() / cells.len() as f64;
        let std = (cells.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / cells.len() as f64).sqrt();
        assert_eq!(cells.len(), 36 * 9);
        assert!((normalizer.scale()[channel] / std - 1.0).abs() < 1e-12);
        let audited = data.audit().unwrap().channels[channel];
        assert!((audited.mean - mean).abs() < 1e-12 && audited.max <= 1.0, "{audited:?}");
    }
    let mut field = vec![3.0f32; 24];
    normalizer.restore(Shape::new(1, 2, 3, 4), &mut field).unwrap();
    assert!((f64::from(field[5]) - normalizer.moments()[0].mean).abs() < 1e-7);
}

#[test]
fn a_mask_that_says_nothing_is_refused_and_a_nan_elsewhere_too() {
    let refused = |file: &Written| load(&file.path(), &LoadOptions::default()).unwrap_err();
    let error = refused(&with(0.0, "ones", "open"));
    assert!(matches!(error, DataError::Mask { .. }) && error.to_string().contains("what 1 means"), "{error}");
    let mut values = ntchw(SHAPE);
    values[13] = f32::NAN;
    let file = Written::new();
    file.array("x", &SHAPE, &values).array("mask", &[3, 4], &[0i32, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    file.said("mask", "flag_meanings", "sea land").said("x", "axes", "NTCHW").said("x", "kind", "generic");
    assert!(load(&file.path(), &LoadOptions::default()).is_ok());
    let file = Written::new();
    file.array("x", &SHAPE, &values).array("mask", &[3, 4], &[1i32, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    file.said("mask", "ones", "land").said("x", "axes", "NTCHW").said("x", "kind", "generic");
    assert!(matches!(refused(&file), DataError::NotFinite { index: [0, 0, 1, 0, 1], count: 1, .. }));
    for (shape, mask) in [(&[4, 3][..], vec![0u8; 12]), (&[3, 4], vec![2; 12]), (&[3, 4], vec![1; 12])] {
        let file = Written::new();
        file.array("x", &SHAPE, &ntchw(SHAPE)).array("mask", shape, &mask).said("mask", "ones", "land");
        file.said("x", "axes", "NTCHW").said("x", "kind", "generic");
        assert!(matches!(refused(&file), DataError::Mask { .. }), "{shape:?}");
    }
}

#[test]
fn a_mask_belongs_to_both_files_or_to_the_reference_alone() {
    let masked = load(&with(0.5, "land", "open").path(), &LoadOptions::default()).unwrap();
    let file = Written::new();
    file.array("x", &SHAPE, &ntchw(SHAPE));
    for (name, text) in [("axes", "NTCHW"), ("kind", "generic"), ("boundary", "open")] {
        file.said("x", name, text);
    }
    let bare = load(&file.path(), &LoadOptions::default()).unwrap();
    let (taken, remarks) = Described::of(&masked).unwrap().align(bare.clone(), 2).unwrap();
    assert_eq!(taken.mask(), masked.mask());
    assert!(remarks.iter().any(|r| r.text().contains("does not state a mask")), "{remarks:?}");
    assert!(Described::of(&masked).unwrap().align(masked.clone(), 2).is_ok());
    let message = Described::of(&bare).unwrap().align(masked, 2).unwrap_err().to_string();
    assert!(message.contains("mask: found 3 cells, expected none"), "{message}");
}

/// A frame is known again in another file, whatever fills the masked cells of either.
#[test]
fn frames_are_known_again_by_the_cells_without_a_mask() {
    let train = with(f32::NAN, "land", "open");
    let own = load(&train.path(), &LoadOptions::default()).unwrap();
    let last = Written::new();
    last.array("x", &[1, 12, 2, 3, 4], &own.values()[2 * 288..]);
    for (name, text) in [("axes", "NTCHW"), ("kind", "generic"), ("boundary", "open")] {
        last.said("x", name, text);
    }
    let mask: Vec<u8> = (0..12).map(|i| u8::from(HIDDEN.contains(&i))).collect();
    last.array("mask", &[3, 4], &mask).said("mask", "ones", "land");
    let data = load(&last.path(), &LoadOptions::default()).unwrap();
    assert_ne!(data.values()[0].to_bits(), own.values()[2 * 288].to_bits());
    let (_, remarks) = Described::of(&own).unwrap().receive(data, 2).unwrap();
    assert!(remarks.iter().any(|r| r.text().contains("all 12 frames stand bit for bit")), "{remarks:?}");
    let recording = Recording::open(&train.path(), &LoadOptions::default()).unwrap();
    let mut in_portions = Fingerprints::new(&recording);
    recording
        .for_each_lines(1, |lines| {
            in_portions.add(&lines);
            Ok::<_, DataError>(())
        })
        .unwrap();
    assert_eq!(in_portions.finish(), Particulars::of(&own).unwrap().frames);
}

/// What is odd is so in cells without a mask: neither does the fill repeat a number, nor does it hide that a frame
/// holds one.
#[test]
fn the_census_counts_no_masked_cells() {
    let warnings = |spoil: &dyn Fn(usize, usize) -> Option<f32>| {
        let mut values = ntchw(SHAPE);
        for (i, x) in values.iter_mut().enumerate() {
            *x = spoil(i / 24, i % 12).unwrap_or(*x);
        }
        let file = Written::new();
        let mask: Vec<u8> = (0..12).map(|i| u8::from(HIDDEN.contains(&i))).collect();
        file.array("x", &SHAPE, &values).array("mask", &[3, 4], &mask).said("mask", "ones", "land");
        file.said("x", "axes", "NTCHW").said("x", "kind", "generic").said("x", "boundary", "periodic");
        let data = load(&file.path(), &LoadOptions::default()).unwrap();
        let (_, found) = surveyed(&file.path(), &LoadOptions::default(), 1).unwrap();
        assert_eq!(found.warnings, data.warnings());
        // The waves come back after some frames.
        let repeats = |w: &&Suspicion| matches!(w, Suspicion::RepeatedFrames { .. });
        data.warnings().iter().filter(|w| !repeats(w)).cloned().collect::<Vec<_>>()
    };
    let coast = warnings(&|_, cell| (cell == 1).then_some(0.0));
    assert!(coast.is_empty(), "{coast:?}");
    // The first number without a mask, which fills masked cells.
    let alone = warnings(&|frame, cell| (frame == 0 && cell == 1).then_some(9.0));
    assert_eq!(alone.len(), 2, "{alone:?}");
    assert!(alone.iter().all(|w| matches!(w, Suspicion::Apart { count: 1, .. })), "{alone:?}");
    let uniform = warnings(&|frame, _| (frame == 7).then_some(0.25));
    assert!(matches!(uniform[..], [Suspicion::UniformFrames { count: 1, .. }]), "{uniform:?}");
}

/// A dataset of this name that means something else stops the file with what to do; a group is another matter.
#[test]
fn something_else_that_is_called_mask_is_named() {
    let file = Written::new();
    file.array("x", &SHAPE, &ntchw(SHAPE)).array("mask", &[12, 3, 4], &[1u8; 144]);
    file.said("x", "axes", "NTCHW").said("x", "kind", "generic");
    let message = load(&file.path(), &LoadOptions::default()).unwrap_err().to_string();
    let expected = "dataset `mask`: found shape [12, 3, 4], expected (H, W) = [3, 4]; rename it where it means \
                    something else";
    assert!(message.ends_with(expected), "{message}");
    let file = Written::new();
    file.array("x", &SHAPE, &ntchw(SHAPE)).array("mask/seen", &[12, 3, 4], &[1u8; 144]);
    file.said("x", "axes", "NTCHW").said("x", "kind", "generic");
    assert_eq!(load(&file.path(), &LoadOptions::default()).unwrap().mask(), None);
}
