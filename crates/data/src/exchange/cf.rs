//! The variables of an ensemble under the CF conventions, for NetCDF-4 and Zarr alike: one a component.
//!
//! | variable | dimensions | |
//! |---|---|---|
//! | NAME | member, time, and those of a plane | members |
//! | NAME`_mean`, NAME`_std` | time, and those of a plane | where there is one |
//! | `weight` | member | where members do not count the same |
//! | `mask` | those of a plane | 1 where there is no flow and fields are NaN |

use super::Fields;
use crate::Attribute;

/// The version of the conventions.
pub(super) const CONVENTIONS: &str = "CF-1.11";

/// The attribute that says in which space numbers are, and its text; it tells what was written here.
pub(super) const SPACE: [&str; 2] = ["space", "physical units"];

/// What no component may be called.
const TAKEN: [&str; 6] = ["member", "time", "x", "y", "weight", "mask"];

/// An array with the names of its axes.
pub(super) struct Variable<'a> {
    pub(super) name: String,
    pub(super) dimensions: Vec<&'static str>,
    pub(super) texts: Vec<(&'static str, String)>,
    pub(super) values: Values<'a>,
}

/// Its numbers.
pub(super) enum Values<'a> {
    /// One component of each of these fields.
    Planes {
        of: Vec<&'a [f32]>,
        component: usize,
    },
    Reals(&'a [f64]),
    Flags(Vec<u8>),
}

/// All of them.
pub(super) fn variables<'a>(fields: &Fields<'a>) -> Vec<Variable<'a>> {
    let mut all = Vec::new();
    let [first, second] = fields.axes();
    for (component, name) in fields.names(&TAKEN).into_iter().enumerate() {
        let given = &fields.components[component];
        let mut add = |name: String, of: Vec<&'a [f32]>, single: bool, long: String| {
            let member = (!single).then_some("member");
            let mut texts = vec![("long_name", long)];
            texts.extend(fields.unit(component).map(|unit| ("units", unit.to_owned())));
            texts.push(("axes", if single { "THW".into() } else { "NTHW".into() }));
            let dimensions = member.into_iter().chain(["time", first, second]).collect();
            all.push(Variable { name, dimensions, texts, values: Values::Planes { of, component } });
        };
        if !fields.members.is_empty() {
            add(name.clone(), fields.members.clone(), false, given.clone());
        }
        if let Some(mean) = fields.mean {
            add(format!("{name}_mean"), vec![mean], true, format!("mean of {given}"));
        }
        if let Some(std) = fields.std {
            add(format!("{name}_std"), vec![std], true, format!("standard deviation of {given}"));
        }
    }
    if let Some(weights) = fields.weights {
        all.push(Variable {
            name: "weight".into(),
            dimensions: vec!["member"],
            texts: vec![("long_name", "what a member counts, in all 1".into())],
            values: Values::Reals(weights),
        });
    }
    if let Some(mask) = fields.mask {
        let flags = mask.cells().iter().map(|hidden| u8::from(*hidden)).collect();
        let texts =
            [("long_name", "cells without flow"), ("ones", "masked"), ("flag_meanings", "fluid masked")];
        all.push(Variable {
            name: "mask".into(),
            dimensions: vec![first, second],
            texts: texts.map(|(key, text)| (key, text.to_owned())).to_vec(),
            values: Values::Flags(flags),
        });
    }
    all
}

/// What the whole says of itself.
pub(super) fn globals(fields: &Fields<'_>) -> Vec<(&'static str, Attribute)> {
    let own = [("Conventions", CONVENTIONS), SPACE.into()];
    let own = own.map(|(name, text)| (name, Attribute::Text(text.into())));
    own.into_iter().chain(fields.attributes.iter().cloned()).collect()
}
