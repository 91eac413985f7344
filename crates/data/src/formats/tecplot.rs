//! Tecplot's text files of one ordered zone, as `ibpm` writes them.

use crate::{DataError, Result};
use std::path::Path;

/// A table on a grid: `variables` columns, x fastest.
#[derive(Debug, PartialEq)]
pub(crate) struct Zone {
    pub(crate) variables: Vec<String>,
    /// Points along x and y.
    pub(crate) points: [usize; 2],
    /// `SOLUTIONTIME`.
    pub(crate) time: Option<f64>,
    /// Rows of one number a variable.
    pub(crate) rows: Vec<f64>,
}

/// Whether a file begins as one does.
pub(crate) fn begins(path: &Path) -> bool {
    let Ok(start) = super::text::start(path) else { return false };
    let start = start.trim_start().to_ascii_uppercase();
    ["TITLE", "VARIABLES", "ZONE"].iter().any(|word| start.starts_with(word)) && start.contains("VARIABLES")
}

impl Zone {
    /// Reads a file.
    ///
    /// # Errors
    /// [`DataError::Array`].
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|source| DataError::io(path, source))?;
        let refused = |found: String| DataError::Array {
            path: path.into(),
            name: "Tecplot file".into(),
            found: found.into(),
        };
        Self::parse(&text).map_err(refused)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let is_number =
            |line: &&str| line.split_whitespace().next().is_some_and(|word| word.parse::<f64>().is_ok());
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let body = lines.iter().position(is_number).ok_or("no line of numbers")?;
        let head = lines[..body].join(" ");
        if lines[body..].iter().any(|line| line.to_ascii_uppercase().starts_with("ZONE")) {
            return Err("more zones than one".into());
        }
        let upper = head.to_ascii_uppercase();
        let length = |key: &str| {
            let refused = |text: &str| format!("{key} = {text}");
            value(&upper, key).map_or(Ok(1), |text| text.parse::<usize>().map_err(|_| refused(text)))
        };
        let points = [length("I")?, length("J")?];
        let deep = length("K")?;
        if deep != 1 {
            return Err(format!("K = {deep} planes, expected one"));
        }
        let packing = value(&upper, "DATAPACKING").or_else(|| value(&upper, "F"));
        if let Some(packing) = packing.filter(|packing| *packing != "POINT") {
            return Err(format!("packing {packing}, expected POINT"));
        }
        let variables = variables(&head);
        let numbers = lines[body..].iter().flat_map(|line| line.split_whitespace());
        let number = |word: &str| word.parse::<f64>().map_err(|_| format!("`{word}`, expected a number"));
        let rows: Vec<f64> = numbers.map(number).collect::<Result<_, _>>()?;
        let [i, j] = points;
        let expected = i.checked_mul(j).and_then(|points| points.checked_mul(variables.len()));
        if rows.is_empty() || expected != Some(rows.len()) {
            return Err(format!(
                "{} numbers, expected {i} x {j} of {} variables",
                rows.len(),
                variables.len()
            ));
        }
        let time = value(&upper, "SOLUTIONTIME").and_then(|text| text.parse().ok());
        Ok(Self { variables, points, time, rows })
    }

    /// One variable in all points.
    pub(crate) fn column(&self, name: &str) -> Option<impl Iterator<Item = f64>> {
        let at = self.variables.iter().position(|own| own.eq_ignore_ascii_case(name))?;
        Some(self.rows.iter().skip(at).step_by(self.variables.len()).copied())
    }
}

/// What stands behind a key of a header in capitals: `I=199`, `DATAPACKING=POINT`; the older word for the latter is F.
fn value<'a>(upper: &'a str, key: &str) -> Option<&'a str> {
    let stands = |at: usize| at == 0 || !upper.as_bytes()[at - 1].is_ascii_alphanumeric();
    let mut places = upper.match_indices(key).map(|(at, _)| (at, upper[at + key.len()..].trim_start()));
    let rest = places.find_map(|(at, rest)| rest.strip_prefix('=').filter(|_| stands(at)))?;
    rest.trim_start().split([' ', ',', '(']).next()
}

/// The names behind the word VARIABLES, in quotes or not.
fn variables(head: &str) -> Vec<String> {
    let Some(at) = head.to_ascii_uppercase().find("VARIABLES") else { return Vec::new() };
    let rest = head[at + "VARIABLES".len()..].trim_start().trim_start_matches('=');
    let end = rest.to_ascii_uppercase().find("ZONE").unwrap_or(rest.len());
    let rest = &rest[..end];
    let names: Vec<&str> = match rest.contains('"') {
        true => rest.split('"').skip(1).step_by(2).collect(),
        false => rest.split([' ', ',']).filter(|name| !name.is_empty()).collect(),
    };
    names.into_iter().map(|name| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "VARIABLES = x, y, u\nZONE I=2, J=1, F=POINT, SOLUTIONTIME=0.5\n";

    #[test]
    fn headers_in_either_style_are_read() {
        let zone = Zone::parse(&format!("TITLE = \"a\"\n{HEAD}0 0 1\n1 0 2\n")).unwrap();
        assert_eq!((zone.points, zone.time, zone.rows.len()), ([2, 1], Some(0.5), 6));
        assert_eq!(zone.column("U").unwrap().collect::<Vec<_>>(), [1.0, 2.0]);
        assert!(zone.column("v").is_none());
        for (text, expected) in [
            (format!("{HEAD}0 0 1\n1 0\n"), "5 numbers, expected 2 x 1 of 3 variables"),
            (format!("{HEAD}0 0 1\n1 0 2\nZONE I=2\n0 0 1\n1 0 2\n"), "more zones"),
            (HEAD.replace("POINT", "BLOCK") + "0 0 1\n1 0 2\n", "packing BLOCK"),
            (HEAD.replace("J=1", "J=1, K=3") + "0 0 1\n1 0 2\n", "3 planes"),
            (format!("{HEAD}0 0 1\n1 0 x\n"), "`x`"),
            (
                HEAD.replace("I=2", "I=9223372036854775809").replace("J=1", "J=2") + "0 0 1\n1 0 2\n",
                "6 numbers, expected",
            ),
        ] {
            let found = Zone::parse(&text).unwrap_err();
            assert!(found.contains(expected), "{found}");
        }
    }
}
