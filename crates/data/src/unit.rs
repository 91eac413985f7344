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

/// Powers as they are printed: digits, and the sign.
const SUPERSCRIPTS: [char; 11] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹', '⁻'];

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

    /// Reads `m/s`, `mm s-1`, `cm s^-1`, `m.s**-1`, `m·s⁻¹`, `m/(s)`, `metres per second`, `1e-3 m`, `px/frame`, `1` and
    /// the like, as UDUNITS does: a stroke divides by the one factor behind it. `None` for what it does not know.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let plain = plain(text);
        if ["-", "dimensionless", "nondimensional", "non-dimensional"].contains(&plain.as_str()) {
            return Some(Self::NONE);
        }
        let (unit, rest) = product(&plain)?;
        rest.is_empty().then_some(unit)
    }

    /// The number by which numbers in this unit become numbers in `other`; `None` where the two measure
    /// different things.
    pub(crate) fn to(&self, other: &Self) -> Option<f64> {
        (self.powers == other.powers).then_some(self.scale / other.scale)
    }

    /// Whether two units are not the same, however they are spelt: where both are known, by their size; one that is not
    /// known is no other that is. Of two that are not known nobody can tell.
    pub(crate) fn differ(found: &str, expected: &str) -> bool {
        match (Self::parse(found), Self::parse(expected)) {
            _ if found == expected => false,
            (Some(found), Some(expected)) => {
                found.to(&expected).is_none_or(|factor| (factor - 1.0).abs() > 1e-12)
            }
            (None, None) => false,
            _ => true,
        }
    }

    fn times(self, other: Self, power: i32) -> Self {
        let mut unit = Self { scale: self.scale * other.scale.powi(power), ..self };
        unit.powers.iter_mut().zip(other.powers).for_each(|(sum, p)| *sum += power * p);
        unit
    }
}

/// The text with one spelling of powers, products and quotients.
fn plain(text: &str) -> String {
    let (mut plain, mut raised) = (String::new(), false);
    for letter in text.trim().chars() {
        let power = SUPERSCRIPTS.iter().position(|known| *known == letter);
        if power.is_some() && !raised {
            plain.push('^');
        }
        raised = power.is_some();
        plain.push(match (power, letter) {
            (Some(10), _) | (_, '−') => '-',
            (Some(digit), _) => char::from(b'0' + digit as u8),
            (_, 'µ' | 'μ') => 'u',
            (_, '·' | '⋅' | '×') => '*',
            _ => letter,
        });
    }
    plain.replace("**", "^").replace("^{", "^").replace('}', "").replace(" per ", "/")
}

/// Factors side by side or with a sign between them, up to the end or a bracket that closes; and what is left.
fn product(text: &str) -> Option<(Unit, &str)> {
    let (mut unit, mut rest) = factor(text)?;
    loop {
        rest = rest.trim_start();
        let (power, next) = match rest.chars().next() {
            None | Some(')') => return Some((unit, rest)),
            Some('/') => (-1, &rest[1..]),
            Some('*' | '.') => (1, &rest[1..]),
            Some(_) => (1, rest),
        };
        let (other, left) = factor(next)?;
        (unit, rest) = (unit.times(other, power), left);
    }
}

/// A name, a positive number or a product in brackets, with its power.
fn factor(text: &str) -> Option<(Unit, &str)> {
    let text = text.trim_start();
    let ends = |is: fn(char) -> bool| text.find(|c| !is(c)).unwrap_or(text.len());
    let (unit, rest) = match text.chars().next()? {
        '(' => {
            let (unit, rest) = product(&text[1..])?;
            (unit, rest.strip_prefix(')')?)
        }
        '0'..='9' => {
            let mantissa = ends(|c| c.is_ascii_digit() || c == '.');
            let (digits, rest) = power_of_ten(text, mantissa);
            let scale = digits.parse().ok().filter(|number: &f64| *number > 0.0 && number.is_finite())?;
            (Unit { scale, ..Unit::NONE }, rest)
        }
        _ => {
            let end = ends(|c| c.is_alphabetic() || c == '_');
            (named(&text[..end])?, &text[end..])
        }
    };
    let written = rest.strip_prefix('^');
    let digits = written.unwrap_or(rest);
    let signed = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    let end =
        digits.len() - signed.len() + signed.find(|c: char| !c.is_ascii_digit()).unwrap_or(signed.len());
    if end == 0 && written.is_none() {
        return Some((unit, rest));
    }
    let power = digits[..end].parse::<i32>().ok().filter(|power| power.abs() <= 9)?;
    Some((Unit::NONE.times(unit, power), &digits[end..]))
}

/// The digits of a number whose mantissa ends there, with its power of ten where one follows.
fn power_of_ten(text: &str, mantissa: usize) -> (&str, &str) {
    let behind = text[mantissa..].strip_prefix(['e', 'E']).unwrap_or_default();
    let signed = behind.strip_prefix(['-', '+']).unwrap_or(behind);
    let digits = signed.find(|c: char| !c.is_ascii_digit()).unwrap_or(signed.len());
    let end = if digits == 0 { mantissa } else { mantissa + 1 + behind.len() - signed.len() + digits };
    text.split_at(end)
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
    if ["rad", "radian", "radians"].contains(&name) {
        return Some(Unit::NONE);
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
            "m s⁻¹",
            "m s−1",
            "m s^{-1}",
            "m/(s)",
            "(m)/(s)",
            "m s2 s-3",
            "1e-3 km/s",
            "100 cm.s-1",
            "meters second-1",
            "10^-3 km s-1",
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
        for text in [
            "", "m/", "/s", "furlong", "m/s^", "U_inf", "m//s", "m s-99", "m s -1", "0 m", "(m/s", "m)",
            "m/s (",
        ] {
            assert_eq!(Unit::parse(text), None, "{text}");
        }
        assert_eq!(Unit::parse("1/s"), Unit::parse("rad s-1"));
        assert_eq!(Unit::parse("1/(s m)"), Unit::parse("m-1 s-1"));
        assert_eq!(Unit::parse("1/s m"), Unit::parse("m s-1"));
        assert_eq!(Unit::parse("1"), Unit::parse("m/m"));
        assert!(Unit::differ("m/s", "furlong/s") && !Unit::differ("degrees_east", "degrees_north"));
    }
}
