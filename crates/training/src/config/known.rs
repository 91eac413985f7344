//! Entries that a configuration does not have, and those it has that are nearest.

use crate::TrainingError;
use crate::error::fault;

/// Entries that one family of networks has alone.
const FAMILIES: [(&str, &[&str]); 2] =
    [("sda", &["activation", "embedding"]), ("azula", &["mod_features", "norm", "ffn_factor"])];

/// Every entry of every section.
const KNOWN: [(&str, &[&str]); 8] = [
    (
        "network",
        &[
            "family",
            "window",
            "widths",
            "blocks",
            "kernel",
            "stride",
            "padding",
            "activation",
            "embedding",
            "mod_features",
            "norm",
            "ffn_factor",
            "context",
            "preconditioning",
            "prediction",
            "time",
            "schedule",
        ],
    ),
    ("gaussian", &["file", "normalizer", "model", "rank", "ridge"]),
    ("noise", &["law", "low", "high", "mean", "deviation", "share"]),
    ("loss", &["error", "weighting", "gamma", "sigma_data"]),
    (
        "optimiser",
        &[
            "steps",
            "batch",
            "rate",
            "schedule",
            "warm_up",
            "floor",
            "decay",
            "beta1",
            "beta2",
            "epsilon",
            "clip",
            "ema",
            "ema_warm_up",
            "seed",
        ],
    ),
    ("windows", &["stride", "held_out", "augment"]),
    ("validation", &["every", "windows", "ratios"]),
    ("output", &["every", "precision"]),
];

/// That every section and every entry is known.
pub(super) fn check(table: &toml::Table) -> Result<(), TrainingError> {
    let sections: Vec<&str> = KNOWN.iter().map(|(section, _)| *section).collect();
    for (section, value) in table {
        let Some((_, entries)) = KNOWN.iter().find(|(name, _)| name == section) else {
            let home = KNOWN.iter().find(|(_, entries)| entries.contains(&section.as_str()));
            let expected = home.map_or_else(
                || format!("`{}`, or another of {}", nearest(section, &sections), sections.join(", ")),
                |(home, _)| format!("`{home}.{section}`, below the section [{home}]"),
            );
            return Err(fault(section, "an entry that is not known", expected));
        };
        let Some(inner) = value.as_table() else {
            return Err(fault(section, value, format!("a section, [{section}]")));
        };
        if let Some(entry) = inner.keys().find(|entry| !entries.contains(&entry.as_str())) {
            let near = nearest(entry, entries);
            let expected = format!("`{section}.{near}`, or another of {}", entries.join(", "));
            return Err(fault(&format!("{section}.{entry}"), "an entry that is not known", expected));
        }
    }
    Ok(())
}

/// That no entry is of the other family of networks, where it would change nothing.
pub(super) fn of_family(family: &str, table: &toml::Table) -> Result<(), TrainingError> {
    let stated = table.get("network").and_then(|network| network.as_table());
    for (other, entries) in FAMILIES.iter().filter(|(other, _)| *other != family) {
        let found = stated.and_then(|table| entries.iter().find_map(|entry| table.get_key_value(*entry)));
        if let Some((entry, value)) = found {
            let expected = format!("none: it is of `{other}`, and network.family is `{family}`");
            return Err(fault(&format!("network.{entry}"), value, expected));
        }
    }
    Ok(())
}

/// The word that the fewest letters lead to.
fn nearest<'a>(word: &str, words: &[&'a str]) -> &'a str {
    words.iter().copied().min_by_key(|other| distance(word, other)).unwrap_or_default()
}

/// Letters to put in, take out or change (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    /// A table is no value of any entry: what serde does not know it says so, of what it knows it says something else.
    #[test]
    fn the_list_is_that_of_the_types() {
        for (section, entries) in KNOWN {
            for entry in entries {
                let text = format!("[{section}]\n{entry} = {{ a = {{ b = 1 }} }}\n");
                let error = toml::from_str::<Config>(&text).unwrap_err().to_string();
                assert!(
                    !error.contains("unknown field `{entry}`") && !error.contains("unknown field"),
                    "{error}"
                );
            }
            let error =
                toml::from_str::<Config>(&format!("[{section}]\nnone = 1\n")).unwrap_err().to_string();
            let listed = error.matches('`').count() / 2 - 1;
            let shown = error.lines().find(|line| line.contains("unknown field")).unwrap_or_default();
            assert!(shown.matches('`').count() / 2 - 1 == entries.len(), "{section}: {listed}: {error}");
        }
    }

    #[test]
    fn distances_are_of_single_letters() {
        assert_eq!(["", "kitten"].map(|a| distance(a, "sitting")), [7, 3]);
        assert_eq!(distance("rate", "rate"), 0);
    }
}
