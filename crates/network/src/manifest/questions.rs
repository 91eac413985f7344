//! What is not settled about a network, each with the flags that answer it.

use std::fmt;

/// Something that neither the weights nor what stands beside them settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The flag that answers it, with its values.
    pub flag: &'static str,
    /// What is asked, and why it matters.
    pub asked: String,
}

/// All that is not settled, at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions(pub Vec<Question>);

impl Questions {
    pub(super) fn ask(&mut self, flag: &'static str, asked: impl Into<String>) {
        self.0.push(Question { flag, asked: asked.into() });
    }

    /// The answer, or nothing and a question.
    pub(super) fn need<T>(
        &mut self,
        answer: Option<T>,
        flag: &'static str,
        asked: impl Into<String>,
    ) -> Option<T> {
        if answer.is_none() {
            self.ask(flag, asked);
        }
        answer
    }
}

impl fmt::Display for Questions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|question| question.flag.chars().count()).max().unwrap_or(0);
        self.0.iter().try_for_each(|Question { flag, asked }| write!(f, "\n  {flag:<width$}  {asked}"))
    }
}
