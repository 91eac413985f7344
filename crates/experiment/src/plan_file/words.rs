//! Approaches and seeds as a plan's file writes them.

use super::{Label, Protocol, Seed};
use crate::Approach;
use equipoise_schedule::Spacing;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Label(String),
    Both { law: String, method: String },
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let label = self.0.label();
        match label.parse::<Approach>() {
            Ok(same) if same == self.0 => to.serialize_str(&label),
            _ => self.0.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let expected = "a law, a method, or { law = …, method = … }";
        let found =
            match Said::deserialize(from).map_err(|_| D::Error::custom(format!("expected {expected}")))? {
                Said::Label(label) => label.parse::<Approach>(),
                Said::Both { law, method } => Approach::named(&law, &method),
            };
        let found = found.and_then(|approach| approach.scaling().map(|_| approach));
        found.map(Self).map_err(D::Error::custom)
    }
}

/// A protocol in a plan's file: what it leaves out is that of `fast`, under the name `custom`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Partly {
    name: Option<String>,
    steps: Option<usize>,
    corrections: Option<usize>,
    tau: Option<f64>,
    sampler: Option<String>,
    spacing: Option<Spacing>,
}

/// Protocols of which anything may be left out.
///
/// # Errors
/// Those of the reader, and a sampler that does not exist.
pub fn protocols<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Protocol>>, D::Error> {
    let fast = Protocol::fast();
    let whole = |found: Partly| {
        Ok(Protocol {
            name: found.name.unwrap_or_else(|| "custom".into()),
            steps: found.steps.unwrap_or(fast.steps),
            corrections: found.corrections.unwrap_or(fast.corrections),
            tau: found.tau.unwrap_or(fast.tau),
            sampler: found.sampler.map_or(Ok(fast.sampler), |name| name.parse()).map_err(D::Error::custom)?,
            spacing: found.spacing.unwrap_or(fast.spacing),
        })
    };
    Vec::deserialize(from)?.into_iter().map(whole).collect::<Result<_, _>>().map(Some)
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(self.0) {
            Ok(seed) => to.serialize_i64(seed),
            Err(_) => to.serialize_str(&self.0.to_string()),
        }
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(u64),
            Text(String),
        }
        let fault =
            |_| D::Error::custom("expected a whole number from 0 to 2^64 - 1, as a text from 2^63 on");
        match Either::deserialize(from).map_err(fault)? {
            Either::Number(seed) => Ok(Self(seed)),
            Either::Text(text) => text.parse().map(Self).map_err(D::Error::custom),
        }
    }
}
