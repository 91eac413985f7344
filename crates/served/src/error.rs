//! What can go wrong with a child.

use crate::Ending;
use crate::said::indented;

/// What comes of work that may fail with a [`ServedError`].
pub type Result<T, E = ServedError> = std::result::Result<T, E>;

/// A served model that could not be asked, or did not answer as the protocol says.
///
/// After every fault of a conversation ([`Fault::ends`]) the child is stopped, and later calls tell the same
/// error.
#[derive(Clone, Debug, thiserror::Error)]
#[error("served model `{command}`: {fault}{}", indented(.said))]
pub struct ServedError {
    /// The command as it was given.
    pub command: String,
    /// What is wrong.
    pub fault: Box<Fault>,
    /// The last lines of the child on its standard error.
    pub said: Vec<String>,
}

impl ServedError {
    /// A fault before any child ran.
    pub(crate) fn before(command: &str, fault: Fault) -> Self {
        Self { command: command.to_owned(), fault: Box::new(fault), said: Vec::new() }
    }
}

/// What is wrong.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A number of seconds in a variable of the environment.
    #[error("{name}: found `{found}`, expected a positive number of seconds")]
    Seconds {
        /// The variable.
        name: &'static str,
        /// Its value.
        found: String,
    },
    /// No process.
    #[error("found no process, expected `sh -c` to start one: {reason}")]
    Start {
        /// The system's words.
        reason: String,
    },
    /// The child said no more.
    #[error("found {ending}, expected {expected}")]
    Ended {
        /// How it was found.
        ending: Ending,
        /// What it should have said.
        expected: String,
    },
    /// The child closed its standard input.
    #[error("found the child's standard input closed, expected it to read requests to their end")]
    Deaf,
    /// No answer in time.
    #[error("found no word for {seconds} s, expected {expected}; {variable} sets how long it may take")]
    Silent {
        /// What it should have said.
        expected: String,
        /// How long was waited.
        seconds: f64,
        /// The variable that sets it.
        variable: &'static str,
    },
    /// Text where the protocol was expected.
    #[error(
        "found the text `{text}` on the child's standard output, expected {expected}; a program that prints there must print to standard error"
    )]
    Prose {
        /// Its beginning.
        text: String,
        /// What it should have been.
        expected: String,
    },
    /// A first line without end.
    #[error("hello: found more than {limit} bytes in the first line, expected one short line of JSON")]
    Endless {
        /// The longest line that is read.
        limit: usize,
    },
    /// A hello that does not say what it should.
    #[error("hello, {field}: found {found}, expected {expected}")]
    Hello {
        /// The key.
        field: &'static str,
        /// Its value.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// An answer that does not fit its request.
    #[error("answer to {asked}, {field}: found {found}, expected {expected}")]
    Answer {
        /// The request.
        asked: &'static str,
        /// The part of the answer.
        field: &'static str,
        /// What it says.
        found: String,
        /// What it should say.
        expected: String,
    },
    /// An answer cut off.
    #[error("found {found} of {expected} bytes of an answer, then {ending}")]
    Cut {
        /// Bytes that came.
        found: usize,
        /// Bytes announced.
        expected: usize,
        /// How the child was found.
        ending: Ending,
    },
    /// An answer that nobody asked for.
    #[error(
        "found an answer of kind {kind} to request {request} that nobody waits for, expected silence until the next request"
    )]
    Unasked {
        /// Its kind.
        kind: u8,
        /// The request that it names.
        request: u64,
    },
    /// The child's own error.
    #[error("{asked}: the child answered with an error: {text}")]
    Model {
        /// The request.
        asked: &'static str,
        /// Its words.
        text: String,
    },
    /// An answer with an entry that is no finite number.
    #[error(
        "{what} of member {member}, frame {frame}, component {component}, point ({row}, {column}): found {found}, expected a finite number"
    )]
    NotFinite {
        /// x̂ or a product.
        what: &'static str,
        /// The member of the batch.
        member: usize,
        /// The frame.
        frame: usize,
        /// The component.
        component: usize,
        /// The index along H.
        row: usize,
        /// The index along W.
        column: usize,
        /// What stands there.
        found: f64,
    },
    /// A number that depends on how it is asked for.
    #[error(
        "{what} of member {member} in a batch of {batch}: found {found}, expected {expected} as it is {otherwise}; {advice}", advice = advice(*.batch)
    )]
    Bits {
        /// x̂ or Jᵀv.
        what: &'static str,
        /// What the hello says.
        batch: usize,
        /// The member.
        member: usize,
        /// An entry of it.
        found: f64,
        /// The other way.
        otherwise: &'static str,
        /// The same entry asked for in that way.
        expected: f64,
    },
    /// A noise level that the model was not trained for.
    #[error("σ/μ: found {found}, expected {lowest} to {highest}, the levels that the model says it knows")]
    Level {
        /// The level asked for.
        found: f64,
        /// The lowest.
        lowest: f64,
        /// The highest.
        highest: f64,
    },
}

impl Fault {
    /// Whether nothing that the child says from now on can be trusted. A model's own error, a number that is
    /// not finite and a refused level are faults of one request.
    pub fn ends(&self) -> bool {
        !matches!(self, Self::Model { .. } | Self::NotFinite { .. } | Self::Level { .. })
    }
}

fn advice(batch: usize) -> &'static str {
    if batch > 1 {
        "answer with batches filled up to one size, as the helpers of examples/ do, or say 1 in the hello"
    } else {
        "answer denoise by the x̂ of linearise"
    }
}
