//! One sensor table in the dialects that programs write: the same readings, and a note where there was a choice.

use crate::sensors::velocities;
use equipoise_data::DataError;
use equipoise_data::sensors::{Reading, Table, read_sensors};

const PLAIN: &str = "time,x,y,u,v,noise\n0,0.5,2,0.25,-0.125,0.1\n0.5,1.5,0.25,4,1e-3,0.2\n";

fn read(bytes: &[u8]) -> Result<Table, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("obs.csv");
    std::fs::write(&path, bytes).unwrap();
    read_sensors(&path, None, &velocities())
}

fn rowless(table: &Table) -> Vec<Reading> {
    table.readings.iter().map(|r| Reading { row: 0, ..*r }).collect()
}

/// What is refused, after the path.
fn refused(text: &str) -> String {
    let text = read(text.as_bytes()).unwrap_err().to_string();
    text.split_once(": ").unwrap().1.to_owned()
}

#[test]
fn every_dialect_means_the_same_readings() {
    let expected = rowless(&read(PLAIN.as_bytes()).unwrap());
    let dialects = [
        ("lines", PLAIN.replace('\n', "\r\n")),
        ("old lines", PLAIN.replace('\n', "\r")),
        ("byte order mark", format!("\u{feff}{PLAIN}")),
        ("blanks", PLAIN.replace(',', " , ")),
        (
            "quoted",
            PLAIN
                .replace(',', "\",\"")
                .replace('\n', "\"\n\"")
                .trim_end_matches('"')
                .replacen("time", "\"time", 1),
        ),
        ("semicolons", PLAIN.replace(',', ";")),
        ("decimal commas", PLAIN.replace(',', ";").replace('.', ",")),
        ("tabs", PLAIN.replace(',', "\t")),
        ("tabs and decimal commas", PLAIN.replace(',', "\t").replace('.', ",")),
        ("fixed width", PLAIN.replace(',', "   ")),
        ("header in a comment", format!("# made by hand, in haste\n# {PLAIN}")),
        (
            "prose behind the header",
            format!("# {}", PLAIN.replacen('\n', "\n# x and y in m, u and v in m/s\n", 1)),
        ),
        ("tabs, header in a comment", format!("# {}", PLAIN.replace(',', "\t"))),
        (
            "header in a comment, separated otherwise",
            format!("# {}", PLAIN.replacen("time,x,y,u,v,noise", "time; x; y; u; v; noise", 1)),
        ),
        ("percent", format!("% {}", PLAIN.replace(',', " "))),
        ("capitals", PLAIN.replacen("time,x,y,u,v,noise", "Time,X,Y,U,V,Noise", 1)),
        ("units", PLAIN.replacen("time,x,y,u,v,noise", "time [s],x (m), y (m),u[m/s],v [m/s],noise", 1)),
        ("units between blanks", PLAIN.replacen("time,x", "time [s],x [m]", 1).replace(',', "  ")),
        (
            "index",
            "a,time,x,y,u,v,noise\n9,0,0.5,2,0.25,-0.125,0.1\n9,0.5,1.5,0.25,4,1e-3,0.2\n"
                .replacen('a', "", 1),
        ),
        ("last comma", PLAIN.replace('\n', ",\n")),
        (
            "further columns",
            "s,time,x,y,u,v,noise\n\"1,5\",0,0.5,2,0.25,-0.125,0.1\nb,0.5,1.5,0.25,4,1e-3,0.2\n".into(),
        ),
        ("Fortran", PLAIN.replace("1e-3", "1.0D-03")),
        ("minus", PLAIN.replace('-', "\u{2212}")),
        ("Excel", format!("sep=;\n{}", PLAIN.replace(',', ";"))),
        ("empty lines", PLAIN.replace('\n', "\n\n")),
    ];
    let mut notes = String::new();
    for (name, text) in dialects {
        let table = read(text.as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(rowless(&table), expected, "{name}");
        assert!(table.warnings.is_empty(), "{name}: {:?}", table.warnings);
        if !table.notes.is_empty() {
            notes += &format!("{name}: {}\n", table.notes.join("; "));
        }
    }
    insta::assert_snapshot!(notes, @r"
    semicolons: cells are separated by `;`
    decimal commas: cells are separated by `;`, numbers have decimal commas
    tabs: cells are separated by tabs
    tabs and decimal commas: cells are separated by tabs, numbers have decimal commas
    fixed width: cells are separated by blanks
    header in a comment: line 2, a comment, names the columns
    prose behind the header: line 1, a comment, names the columns
    tabs, header in a comment: line 1, a comment, names the columns; cells are separated by tabs
    header in a comment, separated otherwise: line 1, a comment, names the columns
    percent: line 1, a comment, names the columns; cells are separated by blanks
    units: units in the header (time in s, length in m, velocity in m/s) are taken for those of the flow that they are held against
    units between blanks: cells are separated by blanks; units in the header (time in s, length in m) are taken for those of the flow that they are held against
    index: columns ignored: column 1 (without a name); known are time, x, y, u, v, noise, noise_u, noise_v
    last comma: columns ignored: column 7 (without a name); known are time, x, y, u, v, noise, noise_u, noise_v
    further columns: columns ignored: `s`; known are time, x, y, u, v, noise, noise_u, noise_v
    Excel: cells are separated by `;`
    ");
}

/// What may mean two things is refused, and what means one thing is said.
#[test]
fn nothing_is_guessed() {
    let semicolons = |rows: &str| refused(&format!("time;x;y;u;noise\n{rows}"));
    let messages = [
        semicolons("0;1;1;1,234;0,1\n0;1;1;1.5;0,1\n"),
        semicolons("0;1;1;1,234;2,125\n"),
        semicolons("0;1;1;1,234,567;0,1\n"),
        refused("time,x,y,u,noise\n0,1,1,\"1,234\",0.1\n"),
        refused("time x y u noise\n0 1 1 1,5 0.1\n"),
        refused("time,x,y,u,noise\n0;1;1;2;0.1\n"),
        refused("# time x y u noise\n0,1,1,2,0.1,0\n"),
        refused("time,x,y,u,noise\n0,1,1,2,0.1,\n"),
        refused("time;x,y;u\n"),
        refused("0,1,1,2,0.1\n"),
        refused("#DaVis 8.4.0 2D-vector 16 16 16 \"\" \"mm\" \"mm\" \"m/s\"\n1,5;2,5;0,1;0,2\n"),
        refused("# x\ty\tu\tv\tflags\tmask\n1\t2\t0.1\t0.2\t0\t0\n"),
        refused("Time,x,y,U,u,noise\n0,1,1,2,3,0.1\n"),
        refused("time,x,y,u,sigma\n0,1,1,2,0.1\n"),
        refused("time,x [m],y [mm],u,noise\n0,1,1,2,0.1\n"),
        refused("time,x,y,u [m/s],noise [%]\n0,1,1,2,0.1\n"),
        refused("time,x,y,u,noise\n0,1,1,\0,0.1\n"),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    sensor table: row 2: found `1,234`, and `1.5` in row 3; expected decimal points or decimal commas alone, and digits that are not grouped
    sensor table: row 2: found `1,234`, expected decimal points, or decimal commas that cannot be taken for grouped digits
    sensor table: row 2: found `1,234,567`, expected decimal points, or decimal commas that cannot be taken for grouped digits
    sensor table, row 2, column `u`: found "1,234", expected a finite number with a decimal point and no commas between digits
    sensor table, row 2, column `u`: found "1,5", expected a finite number with a decimal point and no commas between digits
    sensor table: row 2: found 1 cells, expected 5, one a column; the header is separated by `,`, this row by `;`
    sensor table: row 2: found 1 cells, expected 5, one a column
    sensor table: row 2: found 6 cells, expected 5, one a column; it ends with `,`, which the header does not
    sensor table: found columns [time, x,y, u], expected a column `x`
    sensor table: row 1: found numbers, expected a line before them that names the columns: time, x, y, u, v, noise, noise_u, noise_v
    the unit of length is not stated; the unit of velocity is not stated; state {"length_units": "mm" or "px", "units": "mm/s" or "px/frame"} in a file obs.json beside it
    the unit of length is not stated; the unit of velocity is not stated; state {"length_units": "mm" or "px", "units": "mm/s" or "px/frame"} in a file obs.json beside it
    sensor table: found columns [Time, x, y, U, u, noise], expected `u` once
    sensor table: found columns [time, x, y, u, sigma], expected a column `noise`, `noise_u` or `noise_v`, or --noise
    sensor table: found columns [time, x [m], y [mm], u, noise], expected the same unit under `x [m]` (m) and `y [mm]` (mm): nothing is converted
    sensor table: found columns [time, x, y, u [m/s], noise [%]], expected the same unit under `u [m/s]` (m/s) and `noise [%]` (%): nothing is converted
    sensor table: found a zero byte, expected a CSV or HDF5 file
    "#);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(PLAIN.bytes().flat_map(|b| [b, 0])).collect();
    assert!(read(&utf16).unwrap_err().to_string().ends_with("found UTF-16 text, expected UTF-8"));
}

#[test]
fn readings_that_may_be_none_are_named() {
    let warnings = |text: &str| read(text.as_bytes()).unwrap().warnings.join("\n");
    let rows = "0,1,1,2,3,0.1,0\n0,2,1,0,0,0.1,1\n0,3,1,-1,2,0.1,0\n0,4,1,0,0,0.1,1\n";
    insta::assert_snapshot!(warnings(&format!("time,x,y,u,v,noise,flags\n{rows}")), @r"
    column `flags` is ignored, but it tells rows apart (row 3 from row 2): leave out the rows that it marks as invalid
    2 of 4 rows with both components have u = v = 0 exactly (row 3, 5): OpenPIV and others write masked or invalid vectors so; leave out those that were not measured
    ");
    insta::assert_snapshot!(
        warnings("time [s],x [mm],y [mm],u [m/s],noise\n0,1,1,2,0.1\n0,2,1,2,0.1\n0,3,1,2,0.1\n0,4,1,2,0.1\n"),
        @r"
    the header states time in s, length in mm and velocity in m/s: nothing is converted, so the flow that they are held against must have them so
    column `u`: all 4 numbers are 2
    "
    );
    insta::assert_snapshot!(warnings("time,x,y,u,noise\n0,1,1,2,0.1\n0,2,1,-999,0.1\n0,3,1,1,0.1\n"), @"fill values or what looks like them, 1 in all: 999 in size in row 3, all others at most 2; leave such cells empty");
    assert_eq!(warnings("time,x,y,u,noise\n0,1,1,999,0.1\n0,2,1,900,0.1\n"), "");
    assert_eq!(warnings("time,x,y,u,v,noise,mask\n0,1,1,2,3,0.1,0\n0,2,1,0,1,0.1,0\n"), "");
}

/// A pipe can be read once, from beginning to end.
#[cfg(target_os = "linux")]
#[test]
fn a_table_may_come_from_a_pipe() {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    let piped = |bytes: &[u8]| {
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(bytes).unwrap();
        drop(writer);
        read_sensors(format!("/proc/self/fd/{}", reader.as_raw_fd()).as_ref(), None, &velocities())
    };
    assert_eq!(piped(PLAIN.as_bytes()).unwrap(), read(PLAIN.as_bytes()).unwrap());
    let refused = piped(b"\x89HDF\r\n\x1a\n and more").unwrap_err().to_string();
    assert!(refused.ends_with("found HDF5 from a pipe, expected a file or text"), "{refused}");
}
