//! Datasets by path, several of them, groups, and axes in other orders.

use crate::recording::surveyed;
use crate::written::{Written, ntchw, wave};
use equipoise_data::{AxisOrder, DataError, Dataset, Kind, LoadOptions, Particulars, load};
use equipoise_field::Axis;
use std::path::{Path, PathBuf};

const SHAPE: [usize; 5] = [3, 12, 2, 3, 4];

fn options(axes: Option<&str>) -> LoadOptions {
    LoadOptions { axes: axes.map(|axes| axes.parse().unwrap()), kind: Some(Kind::GENERIC) }
}

fn at(file: &Written, datasets: &str) -> PathBuf {
    format!("{}:{datasets}", file.path().display()).into()
}

/// [`ntchw`] of [`SHAPE`] in another order of its axes, of the components `channels`.
fn ordered(order: &str, channels: std::ops::Range<usize>) -> (Vec<usize>, Vec<f32>) {
    let length = |letter: char| match letter {
        'N' => 3,
        'T' => 12,
        'C' => channels.len(),
        'H' | 'X' => 3,
        _ => 4,
    };
    let shape: Vec<usize> = order.chars().map(length).collect();
    let value = |mut i: usize| {
        let mut place = std::collections::HashMap::new();
        for letter in order.chars().rev() {
            place.insert(letter, i % length(letter));
            i /= length(letter);
        }
        let of = |letters: &str| letters.chars().find_map(|l| place.get(&l).copied()).unwrap_or(0);
        let point = ((of("C") + channels.start) * 3 + of("HX")) * 4 + of("WY");
        wave(of("N"), of("T"), point)
    };
    let values = (0..shape.iter().product()).map(value).collect();
    (shape, values)
}

/// Loaded whole and read in portions, the field is the same.
fn loaded(path: &Path, options: &LoadOptions) -> Dataset {
    let data = load(path, options).unwrap();
    let (recording, found) = surveyed(path, options, 1).unwrap();
    assert_eq!((recording.frame(), recording.grid()), (data.shape(1), data.grid()));
    assert_eq!(found.extent(), (data.trajectories(), data.frames()));
    for n in 0..data.trajectories() {
        let run = recording.run(found.order, n, 2..5).unwrap();
        assert_eq!(run, data.window(n, 2, 3).unwrap());
    }
    data
}

#[test]
fn every_order_of_axes_is_the_same_field() {
    for order in ["NTCHW", "TNCHW", "NTHWC", "TNHWC", "CTNHW", "NTCXY", "HWNTC", "NCTHW"] {
        let file = Written::new();
        let (shape, values) = ordered(order, 0..2);
        file.array("x", &shape, &values);
        let data = loaded(&file.path(), &options(Some(order)));
        assert_eq!(data.values(), ntchw(SHAPE), "{order}");
        assert_eq!(data.audit().unwrap().used.unwrap().to_string(), order);
        let x_axis = if order.contains('X') { Axis::H } else { Axis::W };
        assert_eq!(data.grid().x_axis, x_axis, "{order}");
        // What a flag says an attribute may say.
        file.text("dims", order);
        assert_eq!(load(&file.path(), &options(None)).unwrap().values(), data.values());
    }
    let (shape, values) = ordered("NTHW", 1..2);
    let file = Written::new();
    file.array("x", &shape, &values);
    let error = load(&file.path(), &options(None)).unwrap_err();
    assert!(matches!(error, DataError::Rank { .. }) && error.to_string().contains("--axes"), "{error}");
    let error = load(&file.path(), &options(Some("NTCHW"))).unwrap_err().to_string();
    assert!(error.contains("expected 5: NTCHW"), "{error}");
    let data = loaded(&file.path(), &options(Some("NTHW")));
    assert_eq!((data.channels(), data.trajectories(), data.frames()), (1, 3, 12));
}

#[test]
fn the_other_order_of_time_is_named_in_the_letters_of_the_file() {
    let (shape, values) = ordered("NTHWC", 0..2);
    let file = Written::new();
    file.array("x", &shape, &values).text("axes", "TNHWC");
    let message = load(&file.path(), &options(None)).unwrap_err().to_string();
    assert!(message.contains("declares TNHWC, but the data look like NTHWC"), "{message}");
    let order = AxisOrder::NTCHW;
    assert_eq!(load(&file.path(), &options(Some("NTHWC"))).unwrap().values(), ntchw(SHAPE), "{order}");
}

#[test]
fn datasets_side_by_side_are_components() {
    let file = Written::new();
    for (c, name) in ["Vx", "Vy", "density"].into_iter().enumerate() {
        let (shape, values) = ordered("NTXY", c..c + 1);
        file.array(&format!("fields/{name}"), &shape, &values);
    }
    let two = loaded(&at(&file, "/fields/Vx,/fields/Vy"), &options(Some("NTXY")));
    assert_eq!(two.values(), ntchw(SHAPE));
    assert_eq!(Particulars::of(&two).unwrap().velocities(2), Some([0, 1]));
    let three = loaded(&at(&file, "/fields/density,fields/Vx,/fields/Vy"), &options(Some("NTXY")));
    let told = Particulars::of(&three).unwrap();
    assert_eq!(three.channels(), 3);
    assert_eq!(
        (told.components(3), told.velocities(3)),
        (vec!["density".into(), "u".into(), "v".into()], Some([1, 2]))
    );
    let one = loaded(&at(&file, "/fields/density"), &options(Some("NTXY")));
    assert_eq!(
        (one.channels(), Particulars::of(&one).unwrap().components(1)),
        (1, vec!["density".to_owned()])
    );
    let reversed = load(&at(&file, "/fields/Vy,/fields/Vx"), &options(Some("NTXY"))).unwrap_err().to_string();
    assert!(reversed.contains("found v, u"), "{reversed}");
    let message = load(&at(&file, "/fields/Vz"), &options(None)).unwrap_err().to_string();
    assert!(message.contains("no dataset `/fields/Vz`; found [/fields/Vx, /fields/Vy"), "{message}");
    file.array("short", &[3, 11, 3, 4], &[0.5f32; 3 * 11 * 12]);
    let message = load(&at(&file, "/fields/Vx,/short"), &options(Some("NTXY"))).unwrap_err().to_string();
    assert!(
        message.contains("`short`, shape: found [3, 11, 1, 3, 4], expected [3, 12, 1, 3, 4]"),
        "{message}"
    );
}

#[test]
fn groups_one_after_the_other_are_trajectories() {
    let file = Written::new();
    let all = ntchw(SHAPE);
    for (n, values) in all.chunks(12 * 24).enumerate() {
        file.array(&format!("{n:04}/data"), &[12, 2, 3, 4], values);
    }
    file.array("grid", &[4], &[0.0f32; 4]);
    let data = loaded(&at(&file, "/*/data"), &options(Some("TCHW")));
    assert_eq!((data.trajectories(), data.values()), (3, &all[..]));
    let one = load(&at(&file, "/0001/data"), &options(Some("TCHW"))).unwrap();
    assert_eq!(one.values(), &all[288..576]);
    let message = load(&file.path(), &options(None)).unwrap_err().to_string();
    assert!(message.contains("FILE:/PATH"), "{message}");
}

/// A `*` names no component; the part before it does, where there is one.
#[test]
fn a_star_at_the_end_is_no_name() {
    for (group, path, name) in [("", "/*", "c0"), ("vorticity/", "/vorticity/*", "vorticity")] {
        let file = Written::new();
        for (n, values) in ordered("NTHW", 1..2).1.chunks(12 * 12).enumerate() {
            file.array(&format!("{group}{n:04}"), &[12, 3, 4], values);
        }
        let data = loaded(&at(&file, path), &options(Some("THW")));
        assert_eq!((data.trajectories(), data.channels()), (3, 1), "{path}");
        assert_eq!(Particulars::of(&data).unwrap().components(1), [name], "{path}");
    }
}

/// The words of xarray beside letters that say the same but for what is x; orders that differ are refused.
#[test]
fn two_attributes_may_say_the_same_order() {
    for (axes, dims) in
        [("NTCHW", "(sample, time, channel, lat, lon)"), ("NTCYX", "NTCHW"), ("NTCHW", "NTCHW")]
    {
        let file = Written::new();
        file.array("x", &SHAPE, &ntchw(SHAPE)).text("axes", axes).text("dims", dims);
        let data = loaded(&file.path(), &options(None));
        assert_eq!((data.values(), data.grid().x_axis), (&ntchw(SHAPE)[..], Axis::W), "{axes} {dims}");
        let declared = data.audit().unwrap().declared.unwrap().to_string();
        assert_eq!(declared.contains('X'), axes.contains('X') || dims.contains("lon"), "{axes} {dims}");
    }
    for (axes, dims) in
        [("NTCHW", "TNCYX"), ("NTCXY", "NTCYX"), ("NTCHW", "(sample, time, lat, lon, channel)")]
    {
        let file = Written::new();
        file.array("x", &SHAPE, &ntchw(SHAPE)).text("axes", axes).text("dims", dims);
        let error = load(&file.path(), &options(None)).unwrap_err();
        assert!(matches!(error, DataError::AxesAmbiguous { .. }), "{axes} {dims}: {error}");
    }
}
