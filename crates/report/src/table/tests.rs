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
    é,NaN,
    c,-inf,
    d,1.25e-12,
    e,0.30000000000000004,
    f,-0.0,
    g,1.7976931348623157e308,
    "#);
}

/// One notation: it reads back to the same bits, and nothing in it is taken for a whole number or for words.
#[test]
fn real_numbers_have_a_point_and_read_back_the_same() {
    let values =
        [0.0, -0.0, 1.0, 1.25e-5, 9.9e-6, 1e-4, 1e-7, 1e16, 123_456_789.125, 5e-324, f64::MAX, -1e15];
    for x in values {
        let table = Table::new([("x", "")], vec![vec![x.into()]]);
        let found = String::from_utf8(table.csv().unwrap()).unwrap();
        let cell = found.strip_prefix("x\n").unwrap().trim_end();
        assert_eq!(cell.parse::<f64>().unwrap().to_bits(), x.to_bits(), "{cell}");
        assert_eq!(cell.matches('.').count(), 1, "{cell}");
        assert!(!cell.starts_with('.') && !cell.contains(".e") && !cell.ends_with('.'), "{cell}");
    }
    for (x, name) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let table = Table::new([("x", "")], vec![vec![x.into()]]);
        assert_eq!(table.csv().unwrap(), format!("x\n{name}\n").into_bytes());
    }
}

#[test]
fn json_is_null_where_a_number_is_not_finite_or_absent() {
    let row = vec!["a".into(), f64::NAN.into(), Cell::Absent];
    let table = Table::new([("name", ""), ("x", ""), ("none", "")], vec![row]);
    assert_eq!(serde_json::to_string(&table).unwrap(), r#"[{"name":"a","x":null,"none":null}]"#);
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
    assert_eq!(table.csv().unwrap(), b"seconds\n1.0\n");
}
