//! The classes of a field's directions: what the modes are within each.

use super::axes::Coupling;
use crate::Result;
use crate::matrix::eigen;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, Axis, Slice};

/// Rows of a class behind its coordinates along E: the directions of ỹ and of f, the rest.
pub(crate) const BEYOND: usize = 3;

/// Smallest eigenvalue of UᵀP_κU, which lies within [0, 1], whose direction is kept. The eigenvalues
/// err by some ε; of a direction dropped here a field of unit norm holds no more than 1e-6.
const LEAST: f64 = 1e-12;

/// Roundings of the modes' numbers, and of the `f64` sums over them, that may be left of the inner product
/// of two orthogonal unit vectors.
const ROUNDINGS: [f64; 2] = [16.0, 1024.0];

/// What is decomposed, as errors name it.
const GRAM: &str = "the Gram matrix of the seen modes";

/// The range of one P_κ.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    /// VᵀUᵀE, r × b.
    pub(crate) coupling: Coupling,
    /// G = VᵀUᵀP_κUV.
    pub(crate) gram: Gram,
    /// T with E = P_κU T, r × b.
    pub(crate) raw: Array2<f64>,
    /// The dimension of the range.
    pub(crate) dim: usize,
    /// Its first row in a state.
    start: usize,
}

/// A Gram matrix in the axes of its space.
#[derive(Clone, Debug)]
pub(crate) enum Gram {
    Diagonal(Array1<f64>),
    Full(Array2<f64>),
}

impl Gram {
    /// out ← out + scale · G M.
    pub(crate) fn add_product(&self, scale: f64, matrix: &Array2<f64>, out: &mut Array2<f64>) {
        match self {
            Self::Diagonal(values) => {
                let rows = out.outer_iter_mut().zip(matrix.outer_iter()).zip(values);
                rows.for_each(|((mut out, row), value)| out.scaled_add(scale * value, &row));
            }
            Self::Full(gram) => general_mat_mul(scale, gram, matrix, 1.0, out),
        }
    }
}

impl Class {
    /// From UᵀP_κU, V = I.
    fn new(gram: Array2<f64>, dim: usize) -> Result<Self> {
        let (values, vectors) = eigen(&gram, GRAM)?;
        let kept = values.iter().rev().take(dim).take_while(|&&l| l > LEAST).count();
        let first = values.len() - kept;
        let vectors = vectors.slice_axis(Axis(1), Slice::from(first..)).to_owned();
        let roots: Array1<f64> = values.slice_axis(Axis(0), Slice::from(first..)).mapv(f64::sqrt);
        let roots = roots.insert_axis(Axis(0));
        let coupling = Coupling::dense(&(&vectors * &roots));
        Ok(Self { coupling, gram: Gram::Full(gram), raw: vectors / roots, dim, start: 0 })
    }

    /// Along columns `first..first + values.len()` of V, where G has these diagonal entries.
    fn along(vectors: &Array2<f64>, first: usize, values: &[f64], dim: usize) -> Self {
        let range = first..first + values.len();
        let roots: Vec<f64> = values.iter().map(|l| l.sqrt()).collect();
        let mut gram = Array1::zeros(vectors.nrows());
        range.clone().zip(values).for_each(|(i, l)| gram[i] = *l);
        let gram = Gram::Diagonal(gram);
        let raw = &vectors.slice_axis(Axis(1), Slice::from(range)) / &Array1::from(roots.clone());
        Self { coupling: Coupling::Along { first, roots }, gram, raw, dim, start: 0 }
    }

    /// Its rows in a state.
    pub(crate) fn all(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.width() + BEYOND
    }

    /// Those of its coordinates along E.
    pub(crate) fn along_basis(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.width()
    }

    /// b, the dimension of P_κU.
    pub(crate) fn width(&self) -> usize {
        self.raw.ncols()
    }

    /// Directions beyond P_κU, and beyond ỹ where it is one of its own.
    pub(crate) fn free(&self, data: bool) -> f64 {
        (self.dim - self.width()) as f64 - f64::from(u8::from(data))
    }

    /// Eᵀv from UᵀP_κv.
    pub(crate) fn coordinates(&self, modes: &[f64]) -> Vec<f64> {
        self.raw.t().dot(&ndarray::aview1(modes)).to_vec()
    }
}

/// P_0, whose Gram matrix is what the others leave of UᵀU, and the others; V, where both of two classes
/// lie along its columns. U is orthonormal to `rounding`.
pub(crate) fn classes(
    whole: Array2<f64>,
    seen: Vec<Array2<f64>>,
    dim: usize,
    sizes: &[usize],
    rounding: f64,
) -> Result<(Vec<Class>, Option<Array2<f64>>)> {
    let left = seen.iter().fold(whole, |left, gram| left - gram);
    let unseen = dim - sizes.iter().sum::<usize>();
    let shared = match &seen[..] {
        [gram] => shared(&left, gram, [unseen, sizes[0]], rounding)?,
        _ => None,
    };
    let (mut classes, vectors) = match shared {
        Some((classes, vectors)) => (classes, Some(vectors)),
        None => {
            let others = seen.into_iter().zip(sizes).map(|(gram, &n)| Class::new(gram, n));
            let all: Result<Vec<Class>, _> =
                std::iter::once(Class::new(left, unseen)).chain(others).collect();
            (all?, None)
        }
    };
    let mut start = 0;
    for class in &mut classes {
        class.start = start;
        start = class.all().end;
    }
    Ok((classes, vectors))
}

/// Classes that lie along the columns of V.
type Shared = (Vec<Class>, Array2<f64>);

/// P_0 and P_1 along the eigenvectors V of G_1, in falling order of what P_0 sees of them. None where
/// VᵀG_0V, which is I − VᵀG_1V, is not diagonal to the rounding of U: where P_0 sees so little of some
/// modes that the rounding shows.
fn shared(
    left: &Array2<f64>,
    gram: &Array2<f64>,
    [unseen, seen]: [usize; 2],
    rounding: f64,
) -> Result<Option<Shared>> {
    let (values, vectors) = eigen(gram, GRAM)?;
    let turned = vectors.t().dot(left).dot(&vectors);
    let kept = values.iter().rev().take(seen).take_while(|&&l| l > LEAST).count();
    let first = values.len() - kept;
    let diagonal: Vec<f64> = turned.diag().iter().copied().take(unseen).take_while(|&l| l > LEAST).collect();
    let most = ROUNDINGS[0] * rounding + ROUNDINGS[1] * f64::EPSILON;
    let apart =
        |(i, a): (usize, f64)| (0..i).all(|j| turned[[i, j]].abs() <= most * (a * diagonal[j]).sqrt());
    if !diagonal.iter().copied().enumerate().all(apart) {
        return Ok(None);
    }
    let of = |first: usize, values: &[f64], dim: usize| Class::along(&vectors, first, values, dim);
    let classes = vec![of(0, &diagonal, unseen), of(first, &values.to_vec()[first..], seen)];
    Ok(Some((classes, vectors)))
}
