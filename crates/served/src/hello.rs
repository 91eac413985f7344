//! The first line of a child: what it serves.

use crate::Fault;
use crate::said::{QUOTED, quoted};
use equipoise_denoiser::Jacobian;
use equipoise_field::{Axis, Boundary, Shape};
use equipoise_schedule::Level;
use serde::Deserialize;
use serde_json::Value;

/// The name of the protocol, as a hello says it.
pub const PROTOCOL: &str = "equipoise-serve";
/// The version of the protocol.
pub const VERSION: u64 = 1;

/// The longest message: a hello that asks for more is a slip.
const LONGEST: u64 = 1 << 30;

/// The numbers on the wire, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// `float32`.
    Float32,
    /// `float64`. Fields are `f32` here: requests are widened, answers rounded.
    Float64,
}

impl Dtype {
    /// Bytes of a number.
    pub const fn size(self) -> usize {
        match self {
            Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }
}

/// What a child may say of its Jacobian.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    Symmetric,
    Unknown,
}

/// What a child serves. Windows are of normalised fields, (x − mean)/std, in the order (T, C, H, W).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Hello {
    /// The shape of a window.
    pub window: Shape,
    /// The numbers on the wire.
    pub dtype: Dtype,
    /// The most members of one request. A child that says more than 1 promises that the bits of a member
    /// depend neither on how many there are nor on its place.
    pub batch: usize,
    /// Whether it answers requests for J v.
    pub jvp: bool,
    /// What it says of J: [`Jacobian::General`] unless it says that J is that of an exact E[x | x_t]. J v is had
    /// from Jᵀv where it is.
    pub jacobian: Jacobian,
    /// The mean of every component in the data's own units.
    pub mean: Option<Vec<f64>>,
    /// The deviation of every component in the data's own units.
    pub std: Option<Vec<f64>>,
    /// The array axis along which x increases.
    pub x_axis: Option<Axis>,
    /// The borders of the grid.
    pub boundary: Option<Boundary>,
    /// The kind of flow.
    pub kind: Option<String>,
    /// The levels σ/μ that the model was trained for, both ends included; 0 and ∞ where it says none.
    pub levels: [f64; 2],
    /// A text that changes with the weights, such as their checksum.
    pub identity: Option<String>,
}

/// The line as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(rename = "protocol")]
    _protocol: Value,
    #[serde(rename = "version")]
    _version: Value,
    window: [usize; 4],
    dtype: Dtype,
    #[serde(default = "one")]
    batch: usize,
    #[serde(default)]
    jvp: bool,
    #[serde(default = "unknown")]
    jacobian: Said,
    mean: Option<Vec<f64>>,
    std: Option<Vec<f64>>,
    x_axis: Option<Axis>,
    boundary: Option<Boundary>,
    kind: Option<String>,
    levels: Option<[Option<f64>; 2]>,
    identity: Option<String>,
}

const fn one() -> usize {
    1
}

const fn unknown() -> Said {
    Said::Unknown
}

/// A key, what stands there and what should.
fn wrong(field: &'static str, found: String, expected: &str) -> Fault {
    Fault::Hello { field, found, expected: expected.to_owned() }
}

impl TryFrom<Line> for Hello {
    type Error = Fault;

    fn try_from(line: Line) -> Result<Self, Fault> {
        let window = window(line.window)?;
        let bytes = (line.batch as u64).checked_mul((window.len() * line.dtype.size()) as u64);
        if line.batch == 0 || bytes.is_none_or(|bytes| bytes > LONGEST) {
            return Err(wrong(
                "batch",
                line.batch.to_string(),
                "1 or more, in messages of at most 2^30 bytes",
            ));
        }
        let components = window.channels;
        per_component("mean", line.mean.as_deref(), components, |value| value.is_finite())?;
        per_component("std", line.std.as_deref(), components, |value| value.is_finite() && value > 0.0)?;
        if line.mean.is_some() != line.std.is_some() {
            let alone = if line.mean.is_some() { "mean alone" } else { "std alone" };
            return Err(wrong("mean and std", alone.to_owned(), "both or neither"));
        }
        Ok(Self {
            window,
            dtype: line.dtype,
            batch: line.batch,
            jvp: line.jvp,
            jacobian: match line.jacobian {
                Said::Symmetric => Jacobian::Symmetric,
                Said::Unknown => Jacobian::General,
            },
            mean: line.mean,
            std: line.std,
            x_axis: line.x_axis,
            boundary: line.boundary,
            kind: line.kind,
            levels: levels(line.levels)?,
            identity: line.identity,
        })
    }
}

fn window(axes: [usize; 4]) -> Result<Shape, Fault> {
    let len = axes.iter().try_fold(1usize, |product, axis| product.checked_mul(*axis));
    match len {
        Some(1..=0xffff_ffff) => Ok(Shape::new(axes[0], axes[1], axes[2], axes[3])),
        _ => Err(wrong("window", format!("{axes:?}"), "the lengths of T, C, H and W, none of them 0")),
    }
}

fn per_component(
    field: &'static str,
    values: Option<&[f64]>,
    components: usize,
    good: impl Fn(f64) -> bool,
) -> Result<(), Fault> {
    match values {
        Some(values) if values.len() != components || !values.iter().all(|value| good(*value)) => {
            let expected = if field == "std" {
                "a positive number for every component of the window"
            } else {
                "a number for every component of the window"
            };
            Err(wrong(field, format!("{values:?}"), expected))
        }
        _ => Ok(()),
    }
}

fn levels(ends: Option<[Option<f64>; 2]>) -> Result<[f64; 2], Fault> {
    let [lowest, highest] = ends.unwrap_or_default();
    let (lowest, highest) = (lowest.unwrap_or(0.0), highest.unwrap_or(f64::INFINITY));
    if lowest >= 0.0 && lowest < highest {
        return Ok([lowest, highest]);
    }
    Err(wrong("levels", format!("[{lowest}, {highest}]"), "the lowest and the highest σ/μ, null for none"))
}

impl Hello {
    /// From the child's first line.
    ///
    /// # Errors
    /// [`Fault::Prose`] for a line that is no JSON object, [`Fault::Hello`] for what it says.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, Fault> {
        let text = String::from_utf8_lossy(line);
        if !text.trim_start().starts_with('{') {
            return Err(Fault::Prose { text: quoted(line, QUOTED), expected: EXPECTED.to_owned() });
        }
        let whole = |reason: String| Fault::Hello {
            field: "line",
            found: format!("`{}`", quoted(line, QUOTED)),
            expected: format!("an object of JSON as the protocol says ({reason})"),
        };
        let said: Value = serde_json::from_str(&text).map_err(|fault| whole(fault.to_string()))?;
        for (field, expected) in [("protocol", Value::from(PROTOCOL)), ("version", Value::from(VERSION))] {
            if said[field] != expected {
                let found = said[field].to_string();
                return Err(Fault::Hello { field, found, expected: expected.to_string() });
            }
        }
        let line: Line = serde_json::from_value(said).map_err(|fault| whole(fault.to_string()))?;
        line.try_into()
    }

    /// Numbers of one window, D.
    pub const fn dim(&self) -> usize {
        self.window.len()
    }

    /// Bytes of the longest payload.
    pub(crate) const fn longest(&self) -> usize {
        self.batch * self.dim() * self.dtype.size()
    }

    /// # Errors
    /// [`Fault::Level`] outside [`levels`](Self::levels).
    pub(crate) fn knows(&self, level: Level) -> Result<(), Fault> {
        let found = level.sigma / level.mu;
        let [lowest, highest] = self.levels;
        // A grid of levels may end at the ends themselves, rounded.
        let slack = 8.0 * f64::EPSILON;
        if found >= lowest * (1.0 - slack) && found <= highest * (1.0 + slack) {
            return Ok(());
        }
        Err(Fault::Level { found, lowest, highest })
    }
}

/// What a first line should have been.
pub(crate) const EXPECTED: &str = "the hello, one line of JSON";

#[cfg(test)]
mod tests;
