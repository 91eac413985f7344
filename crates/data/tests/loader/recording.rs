//! Recordings that are read in portions say what the loader says.

use crate::written::{Written, ntchw, tnchw};
use equipoise_data::samples::Sample;
use equipoise_data::{
    AxisOrder, DataError, LoadOptions, Normalizer, NormalizerKind, Offset, Recording, Survey, Surveyed, load,
};
use std::path::Path;

/// Portions of at most `bytes`, all surveyed.
pub(crate) fn surveyed(
    path: &Path,
    options: &LoadOptions,
    bytes: usize,
) -> Result<(Recording, Surveyed), DataError> {
    let recording = Recording::open(path, options)?;
    let mut survey = Survey::new(&recording);
    recording.for_each_lines(bytes, |lines| {
        survey.add(&lines);
        Ok::<_, DataError>(())
    })?;
    let surveyed = survey.finish()?;
    Ok((recording, surveyed))
}

fn close(a: f64, b: f64) -> bool {
    // Sums of up to 2^21 numbers in two orders.
    (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
}

/// Statistics, audit, grid and normalizers are those of the loader to rounding, whatever the portions.
#[test]
fn a_survey_is_the_audit_and_the_normalizer_of_the_loader() {
    for sample in [Sample::IbpmTrain, Sample::KolmogorovTrain] {
        let path = sample.path().unwrap();
        let data = load(&path, &LoadOptions::default()).unwrap();
        let (recording, survey) = surveyed(&path, &LoadOptions::default(), 20 << 20).unwrap();
        assert_eq!((recording.kind(), recording.grid()), (data.kind(), data.grid()));
        assert_eq!((survey.geometry.as_ref(), survey.notes.as_slice()), (data.geometry(), data.notes()));
        assert_eq!(survey.extent(), (data.trajectories(), data.frames()));
        let (a, b) = (&survey.audit, data.audit().unwrap());
        assert_eq!(
            (a.used, a.inferred, a.declared, a.evidence()),
            (b.used, b.inferred, b.declared, b.evidence())
        );
        for (a, b) in a.channels.iter().zip(&b.channels) {
            assert!(close(a.std, b.std) && (a.mean - b.mean).abs() < 1e-12 * b.std, "{a:?} {b:?}");
            assert_eq!((a.min, a.max), (b.min, b.max));
        }
        let kind = data.kind().default_normalizer();
        let normalizer = Normalizer::surveyed(kind, &recording, &survey).unwrap();
        let expected = Normalizer::fit(kind, &data).unwrap();
        assert!(normalizer.scale().iter().zip(expected.scale()).all(|(a, b)| close(*a, *b)));
        let flat = |n: &Normalizer| match n.offset() {
            Offset::Channel(mean) => mean.clone(),
            Offset::Profile { mean, .. } => mean.concat(),
        };
        for (a, b) in flat(&normalizer).iter().zip(flat(&expected)) {
            assert!((a - b).abs() < 1e-12 * expected.scale()[0], "{a} {b}");
        }
        let whole = surveyed(&path, &LoadOptions::default(), usize::MAX).unwrap().1;
        assert_eq!(format!("{whole:?}"), format!("{survey:?}"), "portions changed a bit");
    }
}

/// Both orders of the leading axes, f64 on disk, profiles along either axis, and runs of frames.
#[test]
fn either_order_gives_the_same_frames() {
    let shape = [3, 12, 2, 3, 4];
    let swapped = [12, 3, 2, 3, 4];
    for (axes, stored, values) in [("NTCHW", shape, ntchw(shape)), ("TNCHW", swapped, tnchw(shape))] {
        for x_axis in ["x", "y"] {
            let file = Written::new();
            let wide: Vec<f64> = values.iter().map(|&x| f64::from(x)).collect();
            file.array("x", &stored, &wide).text("axes", axes).text("kind", "generic");
            file.text("H_axis", x_axis).text("boundary", "periodic");
            let data = load(&file.path(), &LoadOptions::default()).unwrap();
            let (recording, survey) = surveyed(&file.path(), &LoadOptions::default(), 1).unwrap();
            let order = axes.parse::<AxisOrder>().unwrap();
            assert_eq!(survey.order, order);
            assert_eq!(survey.extent(), (3, 12));
            for n in 0..3 {
                assert_eq!(recording.run(order, n, 2..9).unwrap(), data.window(n, 2, 7).unwrap());
            }
            let found = Normalizer::surveyed(NormalizerKind::Profile, &recording, &survey).unwrap();
            let expected = Normalizer::fit(NormalizerKind::Profile, &data).unwrap();
            assert!(found.scale().iter().zip(expected.scale()).all(|(a, b)| close(*a, *b)));
            let (Offset::Profile { along, mean }, Offset::Profile { along: axis, mean: profiles }) =
                (found.offset(), expected.offset())
            else {
                panic!("a profile was asked for");
            };
            assert_eq!(along, axis);
            for (a, b) in mean.iter().flatten().zip(profiles.iter().flatten()) {
                assert!((a - b).abs() < 1e-12, "{a} {b}");
            }
        }
    }
}

/// Lines come by channel and line, whole, and a portion holds no more than it may.
#[test]
fn portions_cover_every_line_once() {
    let shape = [3, 12, 2, 700, 4];
    let file = Written::new();
    file.series(shape, &ntchw(shape)).text("axes", "NTCHW").text("kind", "generic");
    let recording = Recording::open(&file.path(), &LoadOptions::default()).unwrap();
    assert_eq!(recording.least_portion(), 4 * 36 * 256 * 4);
    for (bytes, expected) in [(0, 3), (2 * recording.least_portion(), 2), (usize::MAX, 1)] {
        let mut seen = Vec::new();
        recording
            .for_each_lines(bytes, |portion| {
                let row = portion.lines.len() * 4;
                for channel in portion.channels.clone() {
                    let (values, pitch) = portion.of(channel);
                    let at = portion.lines.start * 4 + channel * 2800;
                    assert_eq!(values[pitch * 13..][..row], ntchw(shape)[13 * 5600 + at..][..row]);
                    seen.push((channel, portion.lines.clone()));
                }
                Ok::<_, DataError>(())
            })
            .unwrap();
        assert_eq!(seen.len(), 2 * expected);
        assert_eq!(recording.portions(bytes), seen.len());
        for channel in 0..2 {
            let mut lines = seen.iter().filter(|s| s.0 == channel).map(|s| s.1.clone());
            assert_eq!(lines.try_fold(0, |end, l| (l.start == end).then_some(l.end)), Some(700));
        }
    }
}

/// Chunks that hold several channels are decompressed once where memory allows: their channels come in one
/// portion, whose numbers are those of the file.
#[test]
fn the_channels_of_a_chunk_come_together() {
    let shape = [3, 12, 3, 512, 4];
    let file = Written::new();
    let stored = hdf5::File::create(file.path()).unwrap();
    let builder = stored.new_dataset::<f32>().shape(shape).chunk([1, 4, 2, 256, 4]).shuffle().deflate(1);
    builder.create("x").unwrap().write_raw(&ntchw(shape)).unwrap();
    drop(stored);
    file.text("axes", "NTCHW").text("kind", "generic");
    let recording = Recording::open(&file.path(), &LoadOptions::default()).unwrap();
    let least = recording.least_portion();
    // A block of lines of one channel; of both channels of a chunk; all lines of these.
    for (bytes, portions) in [(0, 6), (least, 6), (2 * least, 4), (4 * least, 2), (usize::MAX, 2)] {
        let mut seen = 0;
        recording
            .for_each_lines(bytes, |portion| {
                seen += 1;
                for channel in portion.channels.clone() {
                    let (values, pitch) = portion.of(channel);
                    let (at, row) = (channel * 2048 + portion.lines.start * 4, portion.lines.len() * 4);
                    for r in [0, 35] {
                        assert_eq!(values[pitch * r..][..row], ntchw(shape)[r * 6144 + at..][..row]);
                    }
                }
                Ok::<_, DataError>(())
            })
            .unwrap();
        assert_eq!((seen, recording.portions(bytes)), (portions, portions), "{bytes} bytes");
    }
}

#[test]
fn a_channel_that_does_not_vary_is_named() {
    let shape = [2, 9, 2, 3, 4];
    let values: Vec<f32> = (0..2 * 9 * 24).map(|i| if i % 24 < 12 { (i / 24) as f32 } else { 0.1 }).collect();
    let file = Written::new();
    file.series(shape, &values).text("axes", "NTCHW").text("kind", "generic");
    let (recording, survey) = surveyed(&file.path(), &LoadOptions::default(), 1).unwrap();
    let error = Normalizer::surveyed(NormalizerKind::Channel, &recording, &survey).unwrap_err();
    assert!(matches!(error, DataError::ConstantChannel { channel: 1, .. }), "{error}");
    let error = Normalizer::surveyed(NormalizerKind::Profile, &recording, &survey).unwrap_err();
    assert!(matches!(error, DataError::NormalizerRefused { .. }), "{error}");
}
