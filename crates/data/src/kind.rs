//! The conventions of flows, as a table, and the handle on one of its entries.

use crate::{Attributes, DataError, NormalizerKind, Result, Symmetry};
use equipoise_field::{Axis, Boundary};
use serde::{Deserialize, Deserializer, Serialize};
use std::f64::consts::TAU;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// What all files of one kind of flow have in common. What it leaves open is up to the attributes of a file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Convention {
    /// Its name: the text of the attribute `kind` and of `--kind`.
    pub name: &'static str,
    /// The attributes that declare it together where there is no attribute `kind`, each with the word that stands
    /// in it, empty where any value will do; messages call it by the first.
    declared_by: &'static [(&'static str, &'static str)],
    /// The array axis along which x increases.
    pub x_axis: Option<Axis>,
    /// The border rule.
    pub boundary: Option<Boundary>,
    /// The length of both sides of the domain where no attribute states a spacing.
    pub side: Option<f64>,
    /// Whether there is a cylinder in it.
    pub cylinder: bool,
    /// The components, in their order; none where any number of any may stand.
    pub components: &'static [&'static str],
    /// The unit of velocity where no attribute states one.
    pub unit: Option<&'static str>,
    /// The normalizer used when none is named.
    pub normalizer: NormalizerKind,
    /// Mean and standard deviation of every component that a study (docs/references.md) prints.
    pub published: Option<[&'static [f64]; 2]>,
    /// The frames of a window where none are asked for.
    pub window: usize,
    /// k of the force sin(k y) e_x on a box of 2π, of flows that one drives; where no attribute says where the first
    /// point lies, points are at the centres of cells.
    pub forced: Option<usize>,
    /// The maps under which a field is as likely as it is.
    pub symmetries: &'static [Symmetry],
}

/// Nothing is taken for granted.
const OPEN: Convention = Convention {
    name: "generic",
    declared_by: &[],
    x_axis: None,
    boundary: None,
    side: None,
    cylinder: false,
    components: &[],
    unit: None,
    normalizer: NormalizerKind::Channel,
    published: None,
    window: 8,
    forced: None,
    symmetries: &[],
};

/// The attribute that names the format of a file which states its grid, but no kind of flow: it is taken as generic.
pub(crate) const FORMAT: &str = "read as";

/// All of them.
static ALL: [Convention; 3] = [
    // Cylinder wake of the immersed boundary projection method; constants of the study's section 12.2.
    Convention {
        name: "ibpm",
        declared_by: &[("cylinder_center_px", ""), ("cylinder_radius_px", "")],
        x_axis: Some(Axis::W),
        boundary: Some(Boundary::Open),
        cylinder: true,
        components: &["u", "v"],
        published: Some([&[0.998540, 0.0], &[0.415285, 0.207527]]),
        window: 16,
        symmetries: &Symmetry::WAKE,
        ..OPEN
    },
    // Turbulence forced by sin(4y).
    Convention {
        name: "kolmogorov",
        declared_by: &[("forcing", "kolmogorov")],
        x_axis: Some(Axis::H),
        boundary: Some(Boundary::Periodic),
        side: Some(TAU),
        components: &["u", "v"],
        normalizer: NormalizerKind::Profile,
        forced: Some(4),
        symmetries: &Symmetry::FORCED,
        ..OPEN
    },
    OPEN,
];

const NAMES: &str = "ibpm, kolmogorov or generic";

/// The kind of flow, an entry of the table of [`Convention`]s: it fixes the axis map, the border rule, the
/// geometry and the default normalizer.
///
/// It is read from the attributes of a file, never from its name: a text attribute `kind` with the name of an
/// entry; otherwise the attributes that mark one, the pair `cylinder_center_px`, `cylinder_radius_px` a wake,
/// `forcing` with the word "kolmogorov" in it Kolmogorov flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Kind(&'static str);

impl Kind {
    /// Cylinder wake of the immersed boundary projection method: H = y, W = x, open borders.
    pub const IBPM: Self = Self("ibpm");
    /// Turbulence forced by sin(4y): H = x, W = y, periodic on [0, 2π]².
    pub const KOLMOGOROV: Self = Self("kolmogorov");
    /// Anything else; its grid comes from the attributes.
    pub const GENERIC: Self = Self(OPEN.name);

    /// What its files have in common.
    pub fn convention(self) -> &'static Convention {
        ALL.iter().find(|convention| convention.name == self.0).unwrap_or(&ALL[2])
    }

    /// The normalizer used when none is named.
    pub fn default_normalizer(self) -> NormalizerKind {
        self.convention().normalizer
    }

    /// The kind that the attributes name, and the attribute that says so.
    pub(crate) fn declared(path: &Path, attributes: &Attributes) -> Result<Option<(Self, &'static str)>> {
        if let Some(name) = attributes.text(path, "kind")? {
            let refused = |_| DataError::attribute(path, "kind", format!("{name:?}"), NAMES);
            return Ok(Some((name.parse().map_err(refused)?, "kind")));
        }
        let mut found = Vec::new();
        for convention in &ALL {
            let stands = |(name, word): &(&str, &str)| match *word {
                "" => Ok(attributes.has(name)),
                _ => Ok(attributes.text(path, name)?.is_some_and(|text| text.to_lowercase().contains(word))),
            };
            let signs = convention.declared_by.iter().map(stands).collect::<Result<Vec<_>>>()?;
            if let Some((attribute, _)) = convention.declared_by.first().filter(|_| !signs.contains(&false)) {
                found.push((Self(convention.name), *attribute));
            }
        }
        if found.len() > 1 {
            let found: Vec<String> = found.iter().map(|(kind, name)| format!("{kind} (`{name}`)")).collect();
            return Err(DataError::KindAmbiguous { path: path.into(), found: found.join(" and ") });
        }
        let stated = || attributes.has(FORMAT).then_some((Self::GENERIC, FORMAT));
        Ok(found.pop().or_else(stated))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl FromStr for Kind {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self> {
        let known = ALL.iter().find(|convention| convention.name == text).map(|found| Self(found.name));
        known.ok_or_else(|| DataError::Name { field: "kind", found: text.into(), expected: NAMES })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_known_by_its_name_and_fits_itself() {
        for (i, convention) in ALL.iter().enumerate() {
            let kind: Kind = convention.name.parse().unwrap();
            assert_eq!((kind, kind.to_string()), (Kind(convention.name), convention.name.into()));
            let text = serde_json::to_string(&kind).unwrap();
            assert_eq!(text, format!("\"{}\"", convention.name));
            assert_eq!(serde_json::from_str::<Kind>(&text).unwrap(), kind);
            assert!(NAMES.contains(convention.name));
            assert!(ALL[..i].iter().all(|other| other.name != convention.name));
            for numbers in convention.published.into_iter().flatten() {
                assert_eq!(numbers.len(), convention.components.len());
            }
        }
        assert_eq!([Kind::IBPM, Kind::KOLMOGOROV, Kind::GENERIC].map(|k| k.convention().window), [16, 8, 8]);
    }
}
