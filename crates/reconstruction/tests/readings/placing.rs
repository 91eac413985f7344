//! Which readings are taken, where they come to lie, and what is said of the others.

use crate::flow::{START, at, prior, rule};
use equipoise_data::sensors::Reading;
use equipoise_operator::TimeRule;
use equipoise_reconstruction::{Outside, PlacingRule, place};
use std::path::Path;

fn refused(periodic: bool, reading: Reading, times: TimeRule) -> String {
    let good = at(0.0, 0.0, 0.0, [0.0; 2], 0.1);
    let bad = Reading { row: 7, ..reading };
    place(&prior(periodic), Path::new("obs.csv"), &[good, bad, bad], &rule(times)).unwrap_err().to_string()
}

#[test]
fn readings_outside_are_named() {
    let both = [0.0; 2];
    let messages = [
        refused(false, at(2.6, 0.0, 0.0, both, 0.1), TimeRule::Nearest),
        refused(false, at(2.1, 0.0, 0.0, both, 0.1), TimeRule::Linear),
        refused(false, at(0.0, 0.0, 11.1, both, 0.1), TimeRule::Nearest),
        refused(false, at(0.0, -0.1, 0.0, both, 0.1), TimeRule::Nearest),
        refused(false, at(0.0, 4.0, 4.5, both, 0.1), TimeRule::Nearest),
        refused(true, at(0.0, 8.5, 0.0, both, 0.1), TimeRule::Nearest),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r"
    obs.csv: row 7: column `time`: found 10.52, expected 10 to 10.4; 2 such rows in all; --drop-outside leaves them out
    obs.csv: row 7: column `time`: found 10.42, expected 10 to 10.4 (--times nearest takes it for the nearest frame); 2 such rows in all; --drop-outside leaves them out
    obs.csv: row 7: column `x`: found 1.775, expected -1 to 1.75; 2 such rows in all; --drop-outside leaves them out
    obs.csv: row 7: column `y`: found 1.95, expected 2 to 5.5; 2 such rows in all; --drop-outside leaves them out
    obs.csv: row 7: columns `x`, `y`: found (0.125, 4), inside the cylinder, expected a place in the fluid; 2 such rows in all; --drop-outside leaves them out
    obs.csv: row 7: column `y`: found 6.25, expected 1.5 to 6; 2 such rows in all; --drop-outside leaves them out
    ");
}

#[test]
fn readings_outside_are_dropped_on_request_but_not_all_of_them() {
    let prior = prior(false);
    let dropping = PlacingRule { outside: Outside::Drop, ..rule(TimeRule::Nearest) };
    let inside = at(0.0, 0.0, 0.0, [1.0, 2.0], 0.1);
    let solid = Reading { row: 2, ..at(0.0, 4.0, 3.0, [0.0; 2], 0.1) };
    let placed = place(&prior, Path::new("obs.csv"), &[inside, solid], &dropping).unwrap();
    assert_eq!((placed.entries.len(), placed.dropped.len(), placed.dropped[0].row), (2, 1, 2));
    let message = place(&prior, Path::new("obs.csv"), &[solid], &dropping).unwrap_err().to_string();
    insta::assert_snapshot!(message, @"obs.csv: no row is left: 1 dropped, the first, row 2, because columns `x`, `y`: found (-0.25, 4), inside the cylinder, expected a place in the fluid");
}

/// H = y, W = x; one component alone; borders to rounding; a period and the cell before it.
#[test]
fn places_become_rows_columns_and_frames() {
    let place = |periodic, reading: Reading, times| {
        let placed = place(&prior(periodic), Path::new("obs.csv"), &[reading], &rule(times)).unwrap();
        placed.entries.iter().map(|e| e.sensor).collect::<Vec<_>>()
    };
    let mut reading = at(1.4, 6.5, 10.25, [1.0, 2.0], 0.1);
    reading.components[0] = None;
    let sensor = place(false, reading, TimeRule::Linear)[0];
    let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(close(sensor.frame, 1.4) && close(sensor.row, 6.5) && close(sensor.column, 10.25), "{sensor:?}");
    assert_eq!(sensor.channel, 1);
    let edge = place(false, at(2.4, 7.0 + 1e-9, -1e-9, [0.0; 2], 0.1), TimeRule::Nearest);
    assert_eq!(edge.len(), 2);
    assert_eq!(
        [edge[0].frame, edge[0].row, edge[0].column].map(f64::to_bits),
        [2.0f64, 7.0, 0.0].map(f64::to_bits)
    );
    let wrapped = place(true, at(0.0, 8.0, -0.5, [0.0; 2], 0.1), TimeRule::Nearest)[0];
    assert!(close(wrapped.row, 0.0) && close(wrapped.column, 11.5), "{wrapped:?}");
}

#[test]
fn the_reading_furthest_from_its_frame_is_known() {
    let readings: Vec<Reading> = [0.05, 0.7, 1.2]
        .iter()
        .zip(1..)
        .map(|(&t, row)| Reading { row, ..at(t, 0.0, 0.0, [0.0; 2], 0.1) })
        .collect();
    let placed = |times| place(&prior(false), Path::new("obs.csv"), &readings, &rule(times)).unwrap();
    let snap = placed(TimeRule::Nearest).snap.unwrap();
    assert_eq!((snap.row, snap.beyond), (2, 2));
    // Times near ten in steps of 0.2 keep some 1e-14 of a frame.
    assert!((snap.frames - 0.3).abs() < 1e-12, "{snap:?}");
    assert_eq!(placed(TimeRule::Linear).snap, None);
    assert!((placed(TimeRule::Linear).entries[0].time - START - 0.01).abs() < 1e-12);
}
