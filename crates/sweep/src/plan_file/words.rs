//! Approaches and seeds as a plan's file writes them.

use super::{Label, Seed};
use crate::{Approach, Protocol};
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
pub(super) fn protocols<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Protocol>>, D::Error> {
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

#[cfg(test)]
mod tests {
    use crate::PlanFile;

    /// Everything that a plan's file may say, read and written and read again.
    #[test]
    fn a_file_is_read_as_it_was_written() {
        let text = r#"
            backend = "cpu"
            subs = [2, 16]
            approaches = ["dual", { law = "sum", method = "sda:gamma=0.1" }, "mmps:iterations=3"]
            schedule = "sub_vp-exp"
            eta = 0.30000000000000004
            start = "prior"
            std = 1e-7
            gamma = 5e-324
            n_ref = 4096
            n_convention = "floor"
            precision = "f32"
            seeds = [0, "18446744073709551615"]

            [[datasets]]
            data = "test.h5"
            train = "train.h5"
            kind = "generic"
            axes = "TNCHW"
            noise_physical = [0.1, 0.2]
            priors = ["wiener", "optimal@4"]
            covariance = { model = "low_rank", rank = 3 }
            protocols = [{ steps = 3, sampler = "ddim:0.5", spacing = "log_snr" }]
        "#;
        let read = |text: &str| toml::from_str::<PlanFile>(text).unwrap();
        let found = read(text);
        assert_eq!(read(&toml::to_string(&found).unwrap()), found);
        assert_eq!((found.gamma, found.eta), (Some(5e-324), Some(0.1 + 0.2)));
        assert_eq!(found.seeds.unwrap()[1].0, u64::MAX);
        assert_eq!(found.datasets[0].protocols.as_ref().unwrap()[0].name, "custom");
        let law = found.approaches.unwrap()[1].0.scaling().unwrap();
        assert_eq!(law, Some(equipoise_scaling::Law::Sum));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let refused = |text: &str| toml::from_str::<PlanFile>(text).unwrap_err().to_string();
        let traced = refused("approaches = [{ law = 'matched', method = 'sda:gamma=0.1' }]");
        assert!(traced.contains("no gamma: v(t) of this law comes from traces"), "{traced}");
        let alone = refused("approaches = ['sda']");
        assert!(alone.contains("law: found sda, expected a law"), "{alone}");
        let twice = toml::from_str::<PlanFile>(
            "datasets = [{ embedded = 'ibpm' }, { embedded = 'ibpm', window = 2 }]",
        );
        let twice = twice.unwrap().requests().unwrap_err().to_string();
        assert_eq!(
            twice,
            "plan, dataset `ibpm`: found two datasets of this name, expected a `name` of its own for each"
        );
        assert!(refused("seeds = [-1]").contains("expected a whole number from 0"));
    }
}
