//! Whether an ensemble of fields can be trusted, whoever made it.
//!
//! Everything rests on **exchangeability**: if members are draws of the posterior that the truth is a draw of, each may
//! stand in the truth's place, with readings H x + noise of its own. Any statistic that compares one with the others
//! then has for the truth a uniform rank among M + 1, whatever the correlations between sensors or cells. Bands come
//! from that and from nothing else.
//!
//! | step | what |
//! |---|---|
//! | [`Withheld`], [`Fields`] | one case, frame by frame: statistics of the truth and of each member in its place |
//! | [`Case`] | what one case says |
//! | [`Choices`] | who may stand in the truth's place in every case: all choices, or 10,000 of them |
//! | [`Judgement`] | statistics over independent cases, their bands and p-values, the verdict |
//! | [`write_folds`] | without withheld readings: which sensors to leave out, and what to run again |

mod border;
mod copies;
mod error;
mod exchange;
mod fields;
mod finding;
mod folds;
mod hearing;
mod judgement;
mod members;
mod page;
mod places;
mod pooled;
mod score;
mod slip;
mod statistic;
mod walls;
mod weights;
mod withheld;
mod written;

pub use copies::distinct;
pub use error::RefereeError;
pub use exchange::{Choices, DRAWN};
pub use fields::Fields;
pub use finding::{Fact, Finding, Hearing};
pub use folds::{Fold, fold_files, write_folds};
pub use hearing::{Files, Heard, Reading, hear};
pub use judgement::{Cases, INTERVAL, Judgement, PlaceRow, Row, Verdict};
pub use members::Members;
pub use statistic::{Case, KINDS, Kind, Place, Scope, Statistic};
pub use walls::Walls;
pub use withheld::Withheld;
pub use written::{FILES, write};

/// What every function of this crate returns.
pub type Result<T> = std::result::Result<T, RefereeError>;
