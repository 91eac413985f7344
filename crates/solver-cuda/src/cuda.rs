//! A CUDA device as the machine of a run: cuBLAS for the products, kernels for the rest.

use crate::{Arguments, Kernel, STEP, StepError};
use cudarc::cublas::sys::cublasOperation_t;
use cudarc::cublas::{CudaBlas, Gemv, GemvConfig};
use cudarc::driver::CudaSlice;
use equipoise_field::Real;
use equipoise_likelihood_cuda::variant::{Entry, THREADS, Target};
use equipoise_likelihood_cuda::{Arguments as Reduction, CudaError, Device, Element, doing};
use std::ffi::c_int;

/// The numbers of a run: a field's, for which there are kernels and products.
pub trait Number: Real + Element<Real = Self> {
    /// What multiplies them.
    type Blas: Gemv<Self>;

    /// cuBLAS as such.
    fn products(blas: &CudaBlas) -> &Self::Blas;
}

impl<R: Real + Element<Real = R>> Number for R
where
    CudaBlas: Gemv<R>,
{
    type Blas = CudaBlas;

    fn products(blas: &CudaBlas) -> &CudaBlas {
        blas
    }
}

/// A matrix of `columns` columns of `rows` numbers, column after column.
pub(crate) struct Matrix<R> {
    pub(crate) entries: CudaSlice<R>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

/// One device with a stream on it. Without atomics in its products, cuBLAS gives the same bits on every
/// run of the same device and library.
pub struct Cuda {
    device: Device,
    blas: CudaBlas,
}

impl std::fmt::Debug for Cuda {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.device.fmt(f)
    }
}

impl Cuda {
    /// Opens device `ordinal`.
    ///
    /// # Errors
    /// [`StepError::Cuda`] without driver or device, [`StepError::NoBlas`], [`StepError::Blas`].
    pub fn open(ordinal: usize) -> Result<Self, StepError> {
        let device = Device::open(ordinal)?;
        // SAFETY: looks for the library, which any process may load.
        if !unsafe { cudarc::cublas::sys::is_culib_present() } {
            return Err(StepError::NoBlas);
        }
        let blas = CudaBlas::new(device.stream().clone())
            .map_err(|error| StepError::Blas { what: "start", reason: error.to_string() })?;
        Ok(Self { device, blas })
    }

    /// Loads the kernels for numbers of type `R`, so that a machine without them is known beforehand.
    ///
    /// # Errors
    /// [`StepError::Cuda`] where neither compiled nor embedded kernels load.
    pub fn prepare<R: Number>(&self) -> Result<(), StepError> {
        self.device.origin(R::STORAGE)?;
        for kernel in Kernel::ALL {
            self.device.function_of(&STEP, R::STORAGE, kernel.name())?;
        }
        Ok(())
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// y ← op(M) x + βy. Leaves y where M is empty.
    ///
    /// # Panics
    /// If an array is shorter than the matrix says.
    pub(crate) fn product<R: Number>(
        &self,
        matrix: &Matrix<R>,
        transposed: bool,
        x: &CudaSlice<R>,
        beta: R,
        y: &mut CudaSlice<R>,
    ) -> Result<(), StepError> {
        let Matrix { entries, rows, columns } = matrix;
        if *rows == 0 || *columns == 0 {
            return Ok(());
        }
        let (from, to) = if transposed { (*rows, *columns) } else { (*columns, *rows) };
        let room = entries.len() >= rows * columns && x.len() >= from && y.len() >= to;
        assert!(room, "cuda: a product with a {rows} × {columns} matrix beyond its arrays");
        let size = |n: usize| c_int::try_from(n).expect("D and N have 31 bits");
        let trans = if transposed { cublasOperation_t::CUBLAS_OP_T } else { cublasOperation_t::CUBLAS_OP_N };
        let (m, n) = (size(*rows), size(*columns));
        let config = GemvConfig { trans, m, n, alpha: R::one(), lda: m, incx: 1, beta, incy: 1 };
        // cuBLAS works in the context of the calling thread, which may be another than last time.
        self.device.stream().context().bind_to_thread().map_err(doing("bind its context"))?;
        // SAFETY: the lengths were just held to the sizes of the product.
        unsafe { R::products(&self.blas).gemv(config, entries, x, y) }
            .map_err(|error| StepError::Blas { what: "multiply", reason: error.to_string() })
    }

    /// Runs a kernel of the step with at least `threads` threads; none where that is 0.
    ///
    /// # Safety
    /// Every address that the kernel reads or writes must be that of a live array of this device with
    /// the length that [`Arguments`] names, and no two arrays may share memory.
    pub(crate) unsafe fn step<R: Number>(
        &self,
        kernel: Kernel,
        arguments: &Arguments,
        threads: usize,
    ) -> Result<(), CudaError> {
        if threads == 0 {
            return Ok(());
        }
        let blocks = threads.div_ceil(THREADS as usize) as u32;
        let function = self.device.function_of(&STEP, R::STORAGE, kernel.name())?;
        // SAFETY: every kernel of the source takes this record; the caller vouches for its addresses.
        unsafe { self.device.launch(&function, arguments, (blocks, 1)) }
    }

    /// Runs the reduction over the observations, for one sample.
    ///
    /// # Safety
    /// As [`step`](Self::step), with the lengths of [`Reduction`]; `entry` must be the entry point that
    /// the record was made for.
    pub(crate) unsafe fn reduce<R: Number>(
        &self,
        entry: Entry,
        arguments: &Reduction,
    ) -> Result<(), CudaError> {
        let function = self.device.function(R::STORAGE, entry)?;
        let grid = (arguments.grid_x(Target::Compact), 1);
        // SAFETY: every entry point takes this record; the caller vouches for its addresses.
        unsafe { self.device.launch(&function, arguments, grid) }
    }
}
