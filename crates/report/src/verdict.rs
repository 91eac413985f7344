//! The state of a trial as a page shows it: a word, and a tone that colours the word.

use crate::markup::escape;

/// What kind of outcome a state is; it chooses the colour, the word says which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// As it should be.
    Good,
    /// The observations weigh too much.
    Strong,
    /// The prior weighs too much.
    Weak,
    /// Wrong in another way.
    Poor,
    /// Not a usable result at all.
    Broken,
}

impl Tone {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Strong => "strong",
            Self::Weak => "weak",
            Self::Poor => "poor",
            Self::Broken => "broken",
        }
    }
}

/// The state of a trial.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// The state's name.
    pub label: String,
    /// What kind of outcome it is.
    pub tone: Tone,
}

impl Verdict {
    pub(crate) fn html(&self) -> String {
        format!("<span class=\"verdict {}\">{}</span>", self.tone.class(), escape(&self.label))
    }
}
