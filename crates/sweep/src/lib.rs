//! Plan, trials, journal and results of a sweep.
