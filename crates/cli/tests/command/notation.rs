//! One notation in every table that a verb leaves: no column that a reader takes for another type.

use std::collections::BTreeSet;
use std::path::Path;

/// Columns of words that may look like numbers: states, and names that somebody gave.
const WORDS: [&str; 4] = ["state", "dataset", "prior", "note"];

/// Every `.csv` and `.jsonl` of a folder.
pub(crate) fn check(folder: &Path) {
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = || std::fs::read_to_string(&path).unwrap();
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => columns(&path, &text()),
            Some("jsonl") => lines(&path, &text()),
            _ => continue,
        }
        checked += 1;
    }
    assert!(checked > 0, "{}: no table", folder.display());
}

/// A column of numbers holds whole ones alone, or each with a point; `NaN` and `inf` by these names.
fn columns(path: &Path, text: &str) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    for (place, name) in header.iter().enumerate().filter(|(_, name)| !WORDS.contains(&name.as_str())) {
        let cells: Vec<&str> = rows.iter().map(|row| &row[place]).filter(|cell| !cell.is_empty()).collect();
        if cells.is_empty() || cells.iter().any(|cell| cell.parse::<f64>().is_err()) {
            continue;
        }
        let whole = |cell: &&str| cell.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
        let real = |cell: &&str| cell.contains('.') || ["NaN", "inf", "-inf"].contains(cell);
        assert!(
            cells.iter().all(whole) || cells.iter().all(real),
            "{}: column {name}: {cells:?}",
            path.display()
        );
    }
}

/// Every line has the same keys, and no number is a word.
fn lines(path: &Path, text: &str) {
    let mut keys: Option<BTreeSet<String>> = None;
    for line in text.lines() {
        let row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        let found: BTreeSet<String> = row.keys().cloned().collect();
        assert_eq!(keys.get_or_insert_with(|| found.clone()), &found, "{}", path.display());
        for (name, value) in row.iter().filter(|(name, _)| !WORDS.contains(&name.as_str())) {
            let spelled = value.as_str().is_some_and(|text| ["nan", "NaN", "inf", "-inf"].contains(&text));
            assert!(!spelled, "{}: {name} is {value}", path.display());
        }
    }
}

#[test]
#[should_panic(expected = "column rmse")]
fn a_column_that_mixes_both_is_found() {
    columns(Path::new("results.csv"), "law,rmse\na,1\nb,0.5\n");
}

#[test]
#[should_panic(expected = "rmse is")]
fn a_spelled_number_is_found() {
    lines(Path::new("results.jsonl"), "{\"rmse\":\"nan\"}\n");
}
