//! The methods against definitions, closed forms and each other.

mod batch;
mod batch_methods;
mod calls;
mod conditioned;
mod example;
mod foreign;
mod lean;
mod methods;
mod nonlinear;
mod path;
mod poly2;
mod probes;
