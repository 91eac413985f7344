//! Schedules behind a pointer, which stand wherever one by value does.

use crate::{Level, Schedule};
use std::sync::Arc;

impl<S: Schedule + ?Sized> Schedule for Box<S> {
    fn mu(&self, t: f64) -> f64 {
        (**self).mu(t)
    }

    fn sigma(&self, t: f64) -> f64 {
        (**self).sigma(t)
    }

    fn level(&self, t: f64) -> Level {
        (**self).level(t)
    }
}

impl<S: Schedule + ?Sized> Schedule for Arc<S> {
    fn mu(&self, t: f64) -> f64 {
        (**self).mu(t)
    }

    fn sigma(&self, t: f64) -> f64 {
        (**self).sigma(t)
    }

    fn level(&self, t: f64) -> Level {
        (**self).level(t)
    }
}
