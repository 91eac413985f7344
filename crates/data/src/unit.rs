//! Units as files write them, brought to a scale and to powers of base units, so that two can be compared.

/// Base units: metre, second, pixel, frame.
const BASES: usize = 4;
const METRE: usize = 0;
const SECOND: usize = 1;
const PIXEL: usize = 2;
const FRAME: usize = 3;

/// Names of a base unit with their size; a plural s and the prefixes of [`PREFIXES`] may be added.
const NAMES: [(&str, usize, f64); 19] = [
    ("m", METRE, 1.0),
    ("meter", METRE, 1.0),
    ("metre", METRE, 1.0),
    ("micron", METRE, 1e-6),
    ("in", METRE, 0.0254),
    ("inch", METRE, 0.0254),
    ("ft", METRE, 0.3048),
    ("foot", METRE, 0.3048),
    ("feet", METRE, 0.3048),
    ("s", SECOND, 1.0),
    ("sec", SECOND, 1.0),
    ("second", SECOND, 1.0),
    ("min", SECOND, 60.0),
    ("minute", SECOND, 60.0),
    ("h", SECOND, 3600.0),
    ("hr", SECOND, 3600.0),
    ("hour", SECOND, 3600.0),
    ("d", SECOND, 86400.0),
    ("day", SECOND, 86400.0),
];

/// Names of what is no unit of the SI.
const COUNTED: [(&str, usize); 4] = [("px", PIXEL), ("pixel", PIXEL), ("frame", FRAME), ("snapshot", FRAME)];

/// Prefixes, short ones for m and s, long ones for their full names.
const PREFIXES: [(&str, &str, f64); 6] = [
    ("k", "kilo", 1e3),
    ("d", "deci", 1e-1),
    ("c", "centi", 1e-2),
    ("m", "milli", 1e-3),
    ("u", "micro", 1e-6),
    ("n", "nano", 1e-9),
];

/// Metres per second of a knot.
const KNOT: f64 = 1852.0 / 3600.0;

/// scale · Π base^power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit {
    scale: f64,
    powers: [i32; BASES],
}

impl Unit {
    const NONE: Self = Self { scale: 1.0, powers: [0; BASES] };

    /// Reads `m/s`, `mm s-1`, `cm s^-1`, `m*s**-1`, `metres per second`, `px/frame`, `1` and the like;
    /// `None` for what it does not know.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let plain = text
            .trim()
            .replace("**", "^")
            .replace("⁻¹", "^-1")
            .replace(" per ", "/")
            .replace(['µ', 'μ'], "u");
        if ["1", "-", "dimensionless", "nondimensional", "non-dimensional"].contains(&plain.as_str()) {
            return Some(Self::NONE);
        }
        let (mut unit, mut sign) = (Self::NONE, 1);
        for part in plain.split('/') {
            for factor in part.split([' ', '*', '·', '.', '(', ')']).filter(|factor| !factor.is_empty()) {
                unit = unit.times(factor, sign)?;
                sign = 1;
            }
            // Before, between and after strokes stands one factor at least.
            if part.trim().is_empty() {
                return None;
            }
            sign = -1;
        }
        (unit != Self::NONE).then_some(unit)
    }

    /// The number by which numbers in this unit become numbers in `other`; `None` where the two measure
    /// different things.
    pub(crate) fn to(&self, other: &Self) -> Option<f64> {
        (self.powers == other.powers).then_some(self.scale / other.scale)
    }

    /// Whether two units are known and not the same, however they are spelt.
    pub(crate) fn differ(found: &str, expected: &str) -> bool {
        let known = Self::parse(found).zip(Self::parse(expected));
        let factor = known.map_or(Some(1.0), |(found, expected)| found.to(&expected));
        factor.is_none_or(|factor| (factor - 1.0).abs() > 1e-12)
    }

    /// With a further factor such as `mm`, `s-1` or `s^-1`.
    fn times(self, factor: &str, sign: i32) -> Option<Self> {
        let digits = factor.find(|c: char| c == '^' || c == '-' || c == '+' || c.is_ascii_digit());
        let (name, power) = factor.split_at(digits.unwrap_or(factor.len()));
        let power = match power.trim_start_matches('^') {
            "" if !power.is_empty() => return None,
            "" => sign,
            digits => sign * digits.parse::<i32>().ok().filter(|p| p.abs() <= 9)?,
        };
        let Self { scale, powers } = named(name)?;
        let mut unit = Self { scale: self.scale * scale.powi(power), ..self };
        unit.powers.iter_mut().zip(powers).for_each(|(sum, p)| *sum += power * p);
        Some(unit)
    }
}

fn named(name: &str) -> Option<Unit> {
    let of = |base: usize, scale: f64| {
        let mut powers = [0; BASES];
        powers[base] = 1;
        Unit { scale, powers }
    };
    if ["knot", "knots", "kn", "kt"].contains(&name) {
        return Some(Unit { scale: KNOT, powers: [1, -1, 0, 0] });
    }
    let lower = name.to_lowercase();
    let matches =
        |known: &str, name: &str| name == known || known.len() > 1 && name.strip_suffix('s') == Some(known);
    for (known, base, scale) in NAMES {
        if name == known || known.len() > 1 && matches(known, &lower) {
            return Some(of(base, scale));
        }
        for (short, long, size) in PREFIXES {
            let prefix = if known.len() == 1 { short } else { long };
            let prefixed =
                if known.len() == 1 { name.strip_prefix(prefix) } else { lower.strip_prefix(prefix) };
            if ["m", "meter", "metre", "s", "second"].contains(&known)
                && prefixed.is_some_and(|rest| matches(known, rest))
            {
                return Some(of(base, size * scale));
            }
        }
    }
    COUNTED.into_iter().find(|(known, _)| matches(known, &lower)).map(|(_, base)| of(base, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_unit_are_one_unit() {
        let speed = Unit::parse("m/s").unwrap();
        for text in [
            "m s-1",
            "m s^-1",
            "m s**-1",
            "m.s-1",
            "m·s⁻¹",
            "m*s^-1",
            "metres per second",
            "meter/second",
            "Meters/Second",
            " m / s ",
        ] {
            assert_eq!(Unit::parse(text), Some(speed), "{text}");
        }
        for (text, factor) in [
            ("mm/s", 1e-3),
            ("cm s-1", 1e-2),
            ("km/h", 1.0 / 3.6),
            ("knots", KNOT),
            ("um/s", 1e-6),
            ("µm/s", 1e-6),
            ("m/ms", 1e3),
            ("ft/min", 0.00508),
            ("millimetres per second", 1e-3),
        ] {
            let found = Unit::parse(text).unwrap_or_else(|| panic!("{text}")).to(&speed).unwrap();
            assert!((found / factor - 1.0).abs() < 1e-12, "{text}: {found}");
        }
    }

    #[test]
    fn what_measures_something_else_or_is_not_known_has_no_factor() {
        let speed = Unit::parse("m/s").unwrap();
        for text in ["m", "s", "px/frame", "px/s", "1", "m/s2", "m2/s"] {
            assert_eq!(Unit::parse(text).unwrap_or_else(|| panic!("{text}")).to(&speed), None, "{text}");
        }
        for text in ["", "m/", "/s", "furlong", "m/s^", "U_inf", "m//s", "m s-99"] {
            assert_eq!(Unit::parse(text), None, "{text}");
        }
    }
}
