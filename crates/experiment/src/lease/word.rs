//! What a process says of its work in its lease, for whoever asks how far it is.

use serde::{Deserialize, Serialize};

/// Bytes that a lease has for it, so that a new word takes the place of the old one and nothing else moves.
const ROOM: usize = 1024;

/// Characters of each text that may be of any length, in a word that would find no room.
const SHORT: usize = 60;

/// How far a process is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The command line, without the program.
    pub command: String,
    /// Units that are done.
    pub done: usize,
    /// Of how many.
    pub total: usize,
    /// What is counted, in the plural.
    pub units: String,
    /// Units a second; absent before the first.
    pub rate: Option<f64>,
    /// Seconds that are left.
    pub left: Option<f64>,
    /// The unit under way.
    pub unit: String,
}

impl Word {
    /// As the second line of a lease, always of the same length.
    pub(super) fn line(word: Option<&Self>) -> Vec<u8> {
        let mut line = word.map(Self::json).unwrap_or_default();
        line.resize(ROOM - 1, b' ');
        line.push(b'\n');
        line
    }

    /// The word in what follows the first line; one that is being written is none.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line.trim_ascii()).ok()
    }

    fn json(&self) -> Vec<u8> {
        let written = |word: &Self| serde_json::to_vec(word).ok().filter(|json| json.len() < ROOM);
        let short = |text: &str| text.chars().take(SHORT).collect::<String>();
        let cut = || Self {
            command: short(&self.command),
            units: short(&self.units),
            unit: short(&self.unit),
            ..self.clone()
        };
        written(self).or_else(|| written(&cut())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_any_length_has_the_same_room() {
        let word = |command: &str| Word { command: command.into(), done: 3, total: 9, ..Word::default() };
        for (command, whole) in [("", true), ("sweep --out a", true), (&"\"é".repeat(4000), false)] {
            let line = Word::line(Some(&word(command)));
            let read = Word::of(&line).unwrap();
            assert_eq!((line.len(), line.iter().filter(|&&byte| byte == b'\n').count()), (ROOM, 1));
            assert_eq!((read.done, read.total, read.command == command), (3, 9, whole));
        }
        assert_eq!((Word::line(None).len(), Word::of(&Word::line(None))), (ROOM, None));
        assert_eq!(Word::of(b"{\"command\": \"swe"), None);
    }
}
