//! Entries that a configuration does not have, and those it has that are nearest.

use crate::error::fault;
use crate::{Config, Result};
use serde_json::Value;

/// Entries that one family of networks has alone.
const FAMILIES: [(&str, &[&str]); 2] =
    [("sda", &["activation", "embedding"]), ("azula", &["mod_features", "norm", "ffn_factor"])];

/// That every section and every entry is known: those of the default, which has all.
pub(super) fn check(table: &toml::Table) -> Result<()> {
    let known = serde_json::to_value(Config::default()).unwrap_or_default();
    let names = |of: &Value| -> Vec<String> {
        of.as_object().map(|entries| entries.keys().cloned().collect()).unwrap_or_default()
    };
    for (section, value) in table {
        let Some(entries) = known.get(section) else {
            let homes = names(&known).into_iter().find(|home| known[home].get(section).is_some());
            let expected = homes.map_or_else(
                || nearest(section, &names(&known), ""),
                |home| format!("`{home}.{section}`, below the section [{home}]"),
            );
            return Err(fault(section, "an entry that is not known", expected));
        };
        let Some(inner) = value.as_table() else {
            return Err(fault(section, value, format!("a section, [{section}]")));
        };
        if let Some(entry) = inner.keys().find(|entry| entries.get(entry).is_none()) {
            let expected = nearest(entry, &names(entries), &format!("{section}."));
            return Err(fault(&format!("{section}.{entry}"), "an entry that is not known", expected));
        }
    }
    Ok(())
}

/// That no entry is of the other family of networks, where it would change nothing.
pub(super) fn of_family(family: &str, table: &toml::Table) -> Result<()> {
    let stated = table.get("network").and_then(|network| network.as_table());
    let is_known = FAMILIES.iter().any(|(name, _)| *name == family);
    for (other, entries) in FAMILIES.iter().filter(|(other, _)| is_known && *other != family) {
        let found = stated.and_then(|table| entries.iter().find_map(|entry| table.get_key_value(*entry)));
        if let Some((entry, value)) = found {
            let expected = format!("none: it is of `{other}`, and network.family is `{family}`");
            return Err(fault(&format!("network.{entry}"), value, expected));
        }
    }
    Ok(())
}

/// The word that the fewest letters lead to, and all of them.
fn nearest(word: &str, words: &[String], section: &str) -> String {
    let near = words.iter().min_by_key(|other| distance(word, other)).map_or("", String::as_str);
    format!("`{section}{near}`, or another of {}", words.join(", "))
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

    #[test]
    fn distances_are_of_single_letters() {
        assert_eq!(["", "kitten"].map(|a| distance(a, "sitting")), [7, 3]);
        assert_eq!(distance("rate", "rate"), 0);
    }
}
