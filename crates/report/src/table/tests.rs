//! Tests of tables in every form.

use super::*;

fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn table() -> Table {
    Table::new(
        ["σ/μ", "x", "none"],
        vec![
            vec!["a,\"b\"".into(), 640_000.0.into(), Cell::Absent],
            vec!["é".into(), f64::NAN.into(), Cell::Absent],
            vec!["c".into(), f64::NEG_INFINITY.into(), Cell::Absent],
            vec!["d".into(), 1.25e-12.into(), Cell::Absent],
            vec!["e".into(), (0.1 + 0.2).into(), Cell::Absent],
            vec!["f".into(), (-0.0).into(), Cell::Absent],
            vec!["g".into(), f64::MAX.into()],
        ],
    )
}

#[test]
fn text_is_aligned_by_characters_and_empty_columns_are_left_out() {
    insta::assert_snapshot!(text(|to| table().write_text(to, "| ")), @r#"
    | σ/μ              x
    | a,"b"       640000
    | é              nan
    | c             -inf
    | d      1.25000e-12
    | e         0.300000
    | f                0
    | g      1.79769e308
    "#);
}

#[test]
fn csv_quotes_and_keeps_every_digit() {
    insta::assert_snapshot!(text(|to| table().write_csv(to)), @r#"
    σ/μ,x,none
    "a,""b""",640000.0,
    é,nan,
    c,-inf,
    d,1.25e-12,
    e,0.30000000000000004,
    f,-0.0,
    g,1.7976931348623157e308,
    "#);
}

/// Each notation is what its users wrote before there was a table: `Display`, `Debug`, and the serialiser of records.
#[test]
fn notations_are_those_of_display_debug_and_records() {
    let values = [0.0, -0.0, 1.0, 1.25e-5, 9.9e-6, 1e-4, 1e16, 123_456_789.125, 5e-324, f64::MAX, -1e15];
    for x in values {
        let table = Table::new([("x", "")], vec![vec![x.into()]]);
        let found = |notation| String::from_utf8(table.csv(notation).unwrap()).unwrap();
        let mut records = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        records.serialize((x,)).unwrap();
        let record = String::from_utf8(records.into_inner().unwrap()).unwrap();
        assert_eq!(found(Notation::Plain), format!("x\n{x}\n"));
        assert_eq!(found(Notation::Pointed), format!("x\n{x:?}\n"));
        assert_eq!(found(Notation::Serialised), format!("x\n{record}"));
    }
    for (x, name) in [(f64::NAN, "nan"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let table = Table::new([("x", "")], vec![vec![x.into()]]);
        for notation in [Notation::Plain, Notation::Pointed, Notation::Serialised] {
            assert_eq!(table.csv(notation).unwrap(), format!("x\n{name}\n").into_bytes());
        }
        assert_eq!(table.csv(Notation::Finite).unwrap(), b"x\n\"\"\n");
    }
}

#[test]
fn json_is_null_where_lines_spell_a_number_that_is_not_finite() {
    let row = vec!["a".into(), f64::NAN.into(), Cell::Absent];
    let table = Table::new([("name", ""), ("x", ""), ("none", "")], vec![row]);
    assert_eq!(serde_json::to_string(&table).unwrap(), r#"[{"name":"a","x":null,"none":null}]"#);
    let lines: Vec<String> = table.records().map(|line| serde_json::to_string(&line).unwrap()).collect();
    assert_eq!(lines, [r#"{"name":"a","x":"nan","none":null}"#]);
}

#[test]
fn facts_have_no_head_and_go_long_with_other_tables() {
    let facts = || Table::facts([("shape", "2 × 3".into()), ("N", 6usize.into())]);
    assert_eq!(text(|to| facts().write_text(to, "")), "shape  2 × 3\nN      6\n");
    let long = Table::long(&[("file", facts()), ("x", table())]);
    let records = text(|to| long.write_csv(to));
    let lines: Vec<&str> = records.lines().collect();
    assert_eq!(lines[..3], ["section,item,quantity,value", "file,,shape,2 × 3", "file,,N,6"]);
    assert_eq!(lines.len(), 3 + 6 * 2 + 1);
    assert_eq!(lines[3], "x,\"a,\"\"b\"\"\",x,640000.0");
    assert_eq!(lines[4], "x,\"a,\"\"b\"\"\",none,");
}

#[test]
fn readers_see_titles_and_units_and_files_see_names() {
    let mut head = Head::new("seconds", "wall time");
    (head.unit, head.title) = ("s".into(), Some("time".into()));
    let table = Table::new([head], vec![vec![1.0.into()]]).digits(2);
    let mut html = String::new();
    table.write(&mut html);
    assert!(html.contains("title=\"wall time, in s\"><button type=\"button\">time</button>"), "{html}");
    assert!(!html.contains("<caption>"));
    assert_eq!(text(|to| table.write_text(to, "")), "time\n 1.0\n");
    assert_eq!(table.csv(Notation::Plain).unwrap(), b"seconds\n1\n");
}
