//! The variants of the kernel: element types, entry points, and how each is named and compiled.

use crate::{Architecture, Source};
use std::fmt;

/// Threads of one block of the grid.
pub const THREADS: u32 = 256;

/// Options of every compilation: no contraction of a·b + c, as on the CPU.
pub const OPTIONS: [&str; 2] = ["--std=c++17", "--fmad=false"];

/// The kernels of the reduction. The compiler writes the same text for 9.0 as for 8.0 but for the line that
/// names the target, so that 8.0's ships for both.
pub const LIKELIHOOD: Source = Source {
    name: "likelihood",
    text: concat!(
        include_str!("../kernels/likelihood.cu"),
        include_str!("../kernels/tile.cu"),
        include_str!("../kernels/scatter.cu"),
        include_str!("../kernels/entries.cu"),
    ),
    shipped: &[
        (Architecture::new(80), Storage::F32, include_bytes!("../ptx/sm_80/f32.ptx.gz")),
        (Architecture::new(80), Storage::F64, include_bytes!("../ptx/sm_80/f64.ptx.gz")),
        (Architecture::new(80), Storage::F16, include_bytes!("../ptx/sm_80/f16.ptx.gz")),
        (Architecture::new(80), Storage::Bf16, include_bytes!("../ptx/sm_80/bf16.ptx.gz")),
        (Architecture::new(100), Storage::F32, include_bytes!("../ptx/sm_100/f32.ptx.gz")),
        (Architecture::new(100), Storage::F64, include_bytes!("../ptx/sm_100/f64.ptx.gz")),
        (Architecture::new(100), Storage::F16, include_bytes!("../ptx/sm_100/f16.ptx.gz")),
        (Architecture::new(100), Storage::Bf16, include_bytes!("../ptx/sm_100/bf16.ptx.gz")),
    ],
};

/// The type of x̂ and y in memory. Arithmetic on residuals, r, r/v and a variance per observation
/// have the type `real`: `f64` for [`F64`](Storage::F64), else `f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
    /// IEEE binary16, widened exactly.
    F16,
    /// The upper half of a binary32, widened exactly.
    Bf16,
}

impl Storage {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::F32, Self::F64, Self::F16, Self::Bf16];

    /// The name in file names and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }

    /// The compiler option that selects it.
    pub const fn option(self) -> &'static str {
        match self {
            Self::F32 => "-DSTORAGE_F32",
            Self::F64 => "-DSTORAGE_F64",
            Self::F16 => "-DSTORAGE_F16",
            Self::Bf16 => "-DSTORAGE_BF16",
        }
    }

    /// Bytes of an element of x̂ and y.
    pub const fn bytes(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// Bytes of an element of r, r/v and of a variance per observation.
    pub const fn real_bytes(self) -> usize {
        if matches!(self, Self::F64) { 8 } else { 4 }
    }
}

/// Where the kernel finds A x̂.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// A x̂ itself, in order of observation.
    Compact,
    /// Every s-th row and column of x̂.
    Strided,
    /// The listed entries of x̂.
    Listed,
}

/// Where the kernel writes r/v.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// In order of observation, length N.
    Compact,
    /// On the field, zero off the observed points, length D.
    Field,
}

/// Where the kernel finds v.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weight {
    /// One 1/v in the arguments.
    Scalar,
    /// A table of 1/v, one per channel.
    Channel,
    /// v of every observation, in memory.
    Each,
}

/// One `extern "C"` entry point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Where A x̂ is.
    pub layout: Layout,
    /// Where r/v goes; [`Layout::Compact`] knows no field.
    pub target: Target,
    /// Where v is.
    pub weight: Weight,
}

impl Entry {
    /// All fifteen.
    pub fn all() -> impl Iterator<Item = Self> {
        let forms = [
            (Layout::Compact, Target::Compact),
            (Layout::Strided, Target::Compact),
            (Layout::Strided, Target::Field),
            (Layout::Listed, Target::Compact),
            (Layout::Listed, Target::Field),
        ];
        let weights = [Weight::Scalar, Weight::Channel, Weight::Each];
        forms.into_iter().flat_map(move |(layout, target)| {
            weights.into_iter().map(move |weight| Self { layout, target, weight })
        })
    }
}

/// The symbol: `compact_scalar`, `strided_field_channel`, ….
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Scalar => "scalar",
            Weight::Channel => "channel",
            Weight::Each => "each",
        };
        let target = match self.target {
            Target::Compact => "compact",
            Target::Field => "field",
        };
        match self.layout {
            Layout::Compact => write!(f, "compact_{weight}"),
            Layout::Strided => write!(f, "strided_{target}_{weight}"),
            Layout::Listed => write!(f, "listed_{target}_{weight}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_defines_every_entry_point_once_and_no_other() {
        for entry in Entry::all() {
            assert_eq!(LIKELIHOOD.text.matches(&format!("ENTRY({entry},")).count(), 1, "{entry}");
        }
        assert_eq!(LIKELIHOOD.text.matches("\nENTRY(").count(), Entry::all().count());
    }

    #[test]
    fn the_source_includes_nothing() {
        assert!(!LIKELIHOOD.text.contains("#include"));
    }
}
