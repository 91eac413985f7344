//! What a run needs of the machine that it takes place on.

use crate::{Arguments, Kernel, StepError};
use cudarc::driver::{DeviceRepr, ValidAsZeroBits};
use equipoise_field::Real;
use equipoise_likelihood_cuda::Arguments as Reduction;
use equipoise_likelihood_cuda::variant::Entry;

/// A plain number or record of numbers that arrays are made of.
pub trait Element: DeviceRepr + ValidAsZeroBits + Copy + Default + Send + Sync + 'static {}

impl<T: DeviceRepr + ValidAsZeroBits + Copy + Default + Send + Sync + 'static> Element for T {}

/// A matrix of `columns` columns of `rows` numbers, column after column.
#[derive(Debug)]
pub struct Matrix<A> {
    /// Its numbers, rows · columns of them.
    pub entries: A,
    /// Numbers of a column.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
}

/// A device, or what stands for one in the tests. What it is asked to do it does in order.
pub trait Engine<R: Real + Element>: Send + Sync {
    /// An array in its memory.
    type Array<T: Element>: Send;

    /// A copy of `values`.
    ///
    /// # Errors
    /// [`StepError`] when the machine fails; so do all others.
    fn upload<T: Element>(&self, values: &[T]) -> Result<Self::Array<T>, StepError>;

    /// `len` zeros.
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    fn zeros<T: Element>(&self, len: usize) -> Result<Self::Array<T>, StepError>;

    /// Replaces the first numbers of `array`.
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    ///
    /// # Panics
    /// If `array` is shorter than `values`.
    fn overwrite<T: Element>(&self, values: &[T], array: &mut Self::Array<T>) -> Result<(), StepError>;

    /// The first numbers of `array`, after all that was asked for before.
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    ///
    /// # Panics
    /// If `array` is shorter than `out`.
    fn download<T: Element>(&self, array: &Self::Array<T>, out: &mut [T]) -> Result<(), StepError>;

    /// Where an array lies. It stays there.
    fn address<T: Element>(&self, array: &Self::Array<T>) -> u64;

    /// y ← M x + βy, β = 1 with `onto` and 0 without. Leaves y where M is empty.
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    ///
    /// # Panics
    /// If an array is shorter than the matrix says; so does [`project`](Self::project).
    fn multiply(
        &self,
        matrix: &Matrix<Self::Array<R>>,
        x: &Self::Array<R>,
        onto: bool,
        y: &mut Self::Array<R>,
    ) -> Result<(), StepError>;

    /// y ← Mᵀx. Leaves y where M is empty.
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    fn project(
        &self,
        matrix: &Matrix<Self::Array<R>>,
        x: &Self::Array<R>,
        y: &mut Self::Array<R>,
    ) -> Result<(), StepError>;

    /// Runs a kernel of the step with at least `threads` threads; none where that is 0.
    ///
    /// # Safety
    /// Every address that the kernel reads or writes must be that of a live array of this machine with
    /// the length that [`Arguments`] names, and no two arrays may share memory.
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    unsafe fn step(&self, kernel: Kernel, arguments: &Arguments, threads: usize) -> Result<(), StepError>;

    /// Runs the reduction over the observations, for one sample.
    ///
    /// # Safety
    /// As [`step`](Self::step), with the lengths of [`Reduction`]; `entry` must be the entry point that
    /// the record was made for.
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    unsafe fn reduce(&self, entry: Entry, arguments: &Reduction) -> Result<(), StepError>;
}
