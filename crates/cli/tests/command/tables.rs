//! `equipoise tables`.

use crate::ran::{printed, records, rounded};
use serde_json::Value;

/// Six significant digits: the formulas are a handful of f64 operations and two exponentials, good
/// to some 1e-15, and no computed value lies that close to the edge of a sixth digit.
#[test]
fn text_and_json_are_these() {
    insta::assert_snapshot!("tables", printed(&["tables"]));
    insta::assert_json_snapshot!("tables_json", rounded(&printed(&["tables", "--format", "json"]), 6));
}

#[test]
fn csv_holds_the_numbers_of_the_json_bit_for_bit() {
    let json: Value = serde_json::from_str(&printed(&["tables", "--format", "json"])).unwrap();
    let entries: Vec<(&Value, &Value)> = json
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|table| table["entries"].as_array().unwrap().iter().map(move |entry| (table, entry)))
        .collect();
    let records = records(&printed(&["tables", "--format", "csv"]));
    assert_eq!(records.len(), entries.len());
    for (record, (table, entry)) in records.iter().zip(entries) {
        assert_eq!(record["table"], table["number"].to_string());
        assert_eq!(record["space"], table["space"].as_str().unwrap());
        assert_eq!(record["quantity"], entry["quantity"].as_str().unwrap());
        assert_eq!(record["printed"], entry["printed"].as_str().unwrap());
        for name in ["sub", "t", "computed_floor", "computed_true"] {
            assert_eq!(record[name].parse().ok(), entry[name].as_f64(), "{name} of {entry}");
        }
        for name in ["flow", "law"] {
            assert_eq!(record[name], entry[name].as_str().unwrap_or_default());
        }
    }
}
