//! The beginnings of text files, and the order of files of one series.

use std::cmp::Ordering;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes in which a format shows.
const START: u64 = 4096;

/// The first lines of a text file.
///
/// # Errors
/// Of reading; of what is no text.
pub(crate) fn start(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(START).read_to_end(&mut bytes)?;
    if bytes.contains(&0) {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    // Columns may be titled in an older code; what is told by the start is not.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// The files of a folder for which `is_one` holds, in the order of their names, numbers in them by their value:
/// `u_2.txt` comes before `u_10.txt`.
///
/// # Errors
/// Of reading the folder.
pub(crate) fn series(folder: &Path, is_one: impl Fn(&Path) -> bool) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> =
        entries.into_iter().map(|entry| entry.path()).filter(|path| is_one(path)).collect();
    files.sort_by(|a, b| by_number(&name(a), &name(b)));
    Ok(files)
}

/// A sentence where numbers in the names of a series are not equally far apart, as where files are missing.
pub(crate) fn gap(files: &[PathBuf]) -> Option<String> {
    let number = |path: &PathBuf| {
        let name = name(path);
        let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
        let digits = stem.rfind(|c: char| !c.is_ascii_digit()).map_or(stem, |at| &stem[at + 1..]);
        digits.parse::<u64>().ok()
    };
    let numbers: Vec<u64> = files.iter().map(number).collect::<Option<_>>()?;
    let steps: Vec<u64> = numbers.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    let least = *steps.iter().min()?;
    let at = steps.iter().position(|step| *step != least)?;
    Some(format!(
        "names of files skip numbers ({}, then {}), but frames are taken to follow each other",
        name(&files[at]),
        name(&files[at + 1])
    ))
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Compares names piece by piece, runs of digits by their value, then by all their letters.
fn by_number(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a, b);
    while let (Some(p), Some(q)) = (piece(&mut x), piece(&mut y)) {
        let digits = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let order = if digits(p) && digits(q) {
            let [p, q] = [p, q].map(|text| text.trim_start_matches('0'));
            p.len().cmp(&q.len()).then(p.cmp(q))
        } else {
            p.cmp(q)
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    x.len().cmp(&y.len()).then(a.cmp(b))
}

/// Takes the digits, or what is none, from the beginning of a text.
fn piece<'a>(text: &mut &'a str) -> Option<&'a str> {
    let first = text.chars().next()?.is_ascii_digit();
    let end = text.find(|c: char| c.is_ascii_digit() != first).unwrap_or(text.len());
    let (piece, rest) = text.split_at(end);
    *text = rest;
    Some(piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_ordered_by_value() {
        let mut names = ["u_10.txt", "u_2.txt", "u_002.txt", "v_1.txt", "u_9.txt", "u.txt", "u_10b.txt"];
        names.sort_by(|a, b| by_number(a, b));
        assert_eq!(names, ["u.txt", "u_002.txt", "u_2.txt", "u_9.txt", "u_10.txt", "u_10b.txt", "v_1.txt"]);
    }
}
