//! A plan and a row small enough for tests of the folder.

use crate::{Record, Source, number};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) datasets: Vec<Dataset>,
    pub(crate) subs: Vec<usize>,
    pub(crate) eta: f64,
    pub(crate) gamma: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Dataset {
    pub(crate) source: Source,
    pub(crate) window: usize,
}

pub(crate) fn standard() -> Plan {
    let dataset = |name: &str, window| Dataset {
        source: Source {
            dataset: name.into(),
            data_checksum: format!("data of {name}"),
            train_checksum: format!("training data of {name}"),
            kind: name.parse().unwrap(),
            axes: "NTCHW".parse().ok(),
        },
        window,
    };
    let datasets = vec![dataset("ibpm", 16), dataset("kolmogorov", 8)];
    Plan { datasets, subs: vec![2, 4, 8, 16], eta: 0.01, gamma: None }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) identity: String,
    #[serde(with = "number")]
    pub(crate) rmse: f64,
    pub(crate) note: String,
    pub(crate) seconds: f64,
    pub(crate) build: usize,
}

impl Row {
    pub(crate) fn of(place: u64) -> Self {
        let note = "a \"quoted\", two-line\nremark: σ".into();
        Self { identity: format!("{place:016x}"), rmse: 1.0e300 / 3.0, note, seconds: 0.25, build: 0 }
    }
}

impl Record for Row {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn by(self, build: usize) -> Self {
        Self { build, ..self }
    }

    fn build_mut(&mut self) -> &mut usize {
        &mut self.build
    }

    fn seconds(&self) -> f64 {
        self.seconds
    }

    fn words() -> Vec<&'static str> {
        Vec::new()
    }

    fn kinds() -> Vec<crate::Kind> {
        vec![("", crate::fields_of::<Self>())]
    }
}
