//! The methods against definitions, closed forms and each other.

mod conditioned;
mod example;
mod methods;
mod nonlinear;
mod path;
mod poly2;
mod probes;
