//! Flags that had another name: still understood, with a note that says the new one.

use std::ffi::OsString;

/// A flag of some verbs that means the same under a new name.
struct Renamed {
    verbs: &'static [&'static str],
    old: &'static str,
    new: &'static str,
}

const RENAMED: [Renamed; 3] = [
    Renamed { verbs: &["sweep", "stability", "benchmark"], old: "--seed", new: "--seeds" },
    Renamed { verbs: &["reconstruct"], old: "--start", new: "--start-time" },
    Renamed { verbs: &["windows"], old: "--prior", new: "--prior-file" },
];

/// The words of a call under the names of today, and what is to be said of those that changed.
pub(crate) fn current(words: impl Iterator<Item = OsString>) -> (Vec<OsString>, Vec<String>) {
    let (mut current, mut notes, mut verb, mut flags) = (Vec::new(), Vec::new(), None, true);
    for word in words {
        let text = word.to_str().unwrap_or_default();
        flags &= text != "--";
        if verb.is_none() && !current.is_empty() && !text.starts_with('-') {
            verb = Some(text.to_owned());
        }
        let named = |renamed: &&Renamed| {
            verb.as_deref().is_some_and(|verb| renamed.verbs.contains(&verb))
                && text.split('=').next() == Some(renamed.old)
        };
        match RENAMED.iter().find(named).filter(|_| flags) {
            Some(Renamed { old, new, .. }) => {
                let note = format!("note: {old} is now {new}");
                if !notes.contains(&note) {
                    notes.push(note);
                }
                current.push(text.replacen(old, new, 1).into());
            }
            None => current.push(word),
        }
    }
    (current, notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> (String, String) {
        let (words, notes) = current(["equipoise"].into_iter().chain(line.split(' ')).map(OsString::from));
        let words: Vec<_> = words.iter().skip(1).map(|word| word.to_string_lossy()).collect();
        (words.join(" "), notes.join("; "))
    }

    #[test]
    fn old_names_are_understood_where_they_meant_the_same() {
        let told = |line: &str, words: &str, note: &str| assert_eq!(of(line), (words.into(), note.into()));
        told("sweep --seed 0,1", "sweep --seeds 0,1", "note: --seed is now --seeds");
        told(
            "-q benchmark --seed=0 --seed 1",
            "-q benchmark --seeds=0 --seeds 1",
            "note: --seed is now --seeds",
        );
        told("reconstruct --start -1", "reconstruct --start-time -1", "note: --start is now --start-time");
        // The same words mean something else, or nothing, elsewhere.
        for line in [
            "denoise --seed 3",
            "sweep --start prior",
            "reconstruct --start-time 2 --seed 1",
            "sweep --seeds 1 -- --seed",
            "sweep --prior serve:--seed=3",
        ] {
            told(line, line, "");
        }
    }
}
