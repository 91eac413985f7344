//! Restart files of the immersed boundary projection solver `ibpm`: fluxes on nested grids, of which the finest is
//! read as velocities at its inner vertices (docs/formats.md has the layout).

use crate::array::Array;
use crate::storage::Element;
use crate::{DataError, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes before the fluxes: three integers, three numbers, an integer.
const HEADER: u64 = 40;

/// Cells along a side, and nested grids, above which the first bytes are no header.
const MOST_CELLS: i32 = 1 << 16;
const MOST_GRIDS: i32 = 32;

/// What a file says before and behind its numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Restart {
    path: PathBuf,
    big: bool,
    /// Cells along x and y.
    nx: usize,
    ny: usize,
    grids: usize,
    points: usize,
    /// Spacing, and the lower left corner, of the finest grid.
    pub(crate) dx: f64,
    pub(crate) corner: [f64; 2],
    /// When.
    pub(crate) time: f64,
    shape: [usize; 4],
}

/// The numbers of a header, in either order of bytes.
struct Head {
    big: bool,
    integers: [i32; 4],
    numbers: [f64; 3],
}

impl Head {
    /// Reads one, where the bytes can be one.
    fn of(bytes: &[u8; HEADER as usize]) -> Option<Self> {
        let read = |big: bool| {
            let four = |at: usize| [0, 1, 2, 3].map(|i| bytes[at + i]);
            let eight = |at: usize| [0, 1, 2, 3, 4, 5, 6, 7].map(|i| bytes[at + i]);
            let integer = |at| if big { i32::from_be_bytes(four(at)) } else { i32::from_le_bytes(four(at)) };
            let number = |at| if big { f64::from_be_bytes(eight(at)) } else { f64::from_le_bytes(eight(at)) };
            Self { big, integers: [0, 4, 8, 36].map(integer), numbers: [12, 20, 28].map(number) }
        };
        [false, true].map(read).into_iter().find(Self::is_one)
    }

    fn is_one(&self) -> bool {
        let ([nx, ny, grids, points], [dx, x, y]) = (self.integers, self.numbers);
        let sides = [nx, ny].iter().all(|cells| (2..=MOST_CELLS).contains(cells));
        sides
            && (1..=MOST_GRIDS).contains(&grids)
            && points >= 0
            && (1e-9..1e6).contains(&dx)
            && [x, y].iter().all(|corner| corner.abs() < 1e6 && (*corner == 0.0 || corner.abs() > 1e-9))
    }
}

fn head(path: &Path) -> Option<Head> {
    let mut bytes = [0; HEADER as usize];
    File::open(path).ok()?.read_exact(&mut bytes).ok()?;
    Head::of(&bytes)
}

/// Whether a file begins as a restart file does.
pub(crate) fn begins(path: &Path) -> bool {
    path.is_file() && head(path).is_some()
}

impl Restart {
    /// Reads what a file says of itself.
    ///
    /// # Errors
    /// [`DataError::Array`] for a file of another length than its header states.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let refused = |found: String| DataError::Array {
            path: path.into(),
            name: "restart file".into(),
            found: found.into(),
        };
        let Head { big, integers, numbers } =
            head(path).ok_or_else(|| refused("no header of ibpm".into()))?;
        let [nx, ny, grids, points] = integers.map(|n| usize::try_from(n).unwrap_or_default());
        let [dx, x, y] = numbers;
        let (path, shape) = (path.to_path_buf(), [1, 2, ny - 1, nx - 1]);
        let mut restart = Self { path, big, nx, ny, grids, points, dx, corner: [x, y], time: 0.0, shape };
        let fault = |source| DataError::io(&restart.path, source);
        let length = std::fs::metadata(&restart.path).map_err(fault)?.len();
        if length != restart.length() {
            let expected = restart.length();
            return Err(refused(format!(
                "{length} bytes, expected {expected} of {grids} grids of {nx} x {ny} cells"
            )));
        }
        let last = restart.doubles_at(length - 8, 1)?;
        restart.time = last[0];
        Ok(restart)
    }

    /// Fluxes of one grid.
    fn fluxes(&self) -> usize {
        (self.nx + 1) * self.ny + self.nx * (self.ny + 1)
    }

    /// The bytes of a file of this header.
    fn length(&self) -> u64 {
        let inner = (self.nx - 1) * (self.ny - 1);
        let numbers = self.grids as u64 * (self.fluxes() + inner) as u64 + 2 * self.points as u64;
        HEADER + 8 * numbers + 12
    }

    fn doubles_at(&self, offset: u64, count: usize) -> Result<Vec<f64>> {
        let fault = |source| DataError::io(&self.path, source);
        let mut file = File::open(&self.path).map_err(fault)?;
        let mut bytes = vec![0; 8 * count];
        file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut bytes)).map_err(fault)?;
        let number = |eight: &[u8]| {
            let eight = [0, 1, 2, 3, 4, 5, 6, 7].map(|i| eight[i]);
            if self.big { f64::from_be_bytes(eight) } else { f64::from_le_bytes(eight) }
        };
        Ok(bytes.chunks_exact(8).map(number).collect())
    }

    /// u and v at the inner vertices of the finest grid, flat (2, y, x): means of the fluxes through both edges that
    /// meet there, over the length of an edge.
    fn velocities(&self) -> Result<Vec<f64>> {
        let (nx, ny) = (self.nx, self.ny);
        let flux = self.doubles_at(HEADER, self.fluxes())?;
        let (qx, qy) = flux.split_at((nx + 1) * ny);
        let vertices = || (1..ny).flat_map(|j| (1..nx).map(move |i| (i, j)));
        let u = vertices().map(|(i, j)| (qx[i * ny + j] + qx[i * ny + j - 1]) / (2.0 * self.dx));
        let v =
            vertices().map(|(i, j)| (qy[(i - 1) * (ny + 1) + j] + qy[i * (ny + 1) + j]) / (2.0 * self.dx));
        Ok(u.chain(v).collect())
    }
}

impl Array for Restart {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn element(&self) -> Element {
        Element::Float(64)
    }

    fn chunk(&self) -> Option<Vec<usize>> {
        Some(self.shape.to_vec())
    }

    fn singles(&self, block: &[Range<usize>]) -> Result<Vec<f32>> {
        Ok(self.doubles(block)?.into_iter().map(|value| value as f32).collect())
    }

    fn doubles(&self, block: &[Range<usize>]) -> Result<Vec<f64>> {
        super::held::cut(&self.path, &self.shape, &self.velocities()?, block)
    }
}
