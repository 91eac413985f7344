//! Approaches and seeds as a plan's file writes them.

use super::{Label, Seed};
use crate::Approach;
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
