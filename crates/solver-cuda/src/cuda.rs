//! A CUDA device as the machine of a run: cuBLAS for the products, kernels for the rest.

use crate::engine::{Element, Engine, Matrix};
use crate::problem::storage;
use crate::{Arguments, Kernel, STEP, StepError};
use cudarc::cublas::sys::cublasOperation_t;
use cudarc::cublas::{CudaBlas, Gemv, GemvConfig};
use cudarc::driver::{CudaFunction, CudaSlice, DevicePtr, LaunchConfig, PushKernelArg};
use equipoise_field::Real;
use equipoise_likelihood_cuda::variant::{Entry, THREADS, Target};
use equipoise_likelihood_cuda::{Arguments as Reduction, CudaError, Device};
use std::ffi::c_int;

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
    pub fn prepare<R: Real>(&self) -> Result<(), StepError> {
        self.device.origin(storage::<R>())?;
        for kernel in Kernel::ALL {
            self.device.function_of(&STEP, storage::<R>(), kernel.name())?;
        }
        Ok(())
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Launches blocks of [`THREADS`] threads.
    ///
    /// # Safety
    /// `function` must take one record of the type `A`, whose addresses lead to live arrays of the
    /// lengths that it reads and writes.
    unsafe fn launch<A: cudarc::driver::DeviceRepr>(
        &self,
        function: &CudaFunction,
        arguments: &A,
        blocks: u32,
    ) -> Result<(), StepError> {
        let shape =
            LaunchConfig { grid_dim: (blocks, 1, 1), block_dim: (THREADS, 1, 1), shared_mem_bytes: 0 };
        let mut launch = self.device.stream().launch_builder(function);
        launch.arg(arguments);
        // SAFETY: the caller vouches for the function and its record.
        unsafe { launch.launch(shape) }.map_err(driver("launch a kernel"))?;
        Ok(())
    }

    /// y ← op(M) x + βy.
    fn product<R: Real + Element>(
        &self,
        matrix: &Matrix<CudaSlice<R>>,
        transposed: bool,
        x: &CudaSlice<R>,
        beta: R,
        y: &mut CudaSlice<R>,
    ) -> Result<(), StepError>
    where
        CudaBlas: Gemv<R>,
    {
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
        self.device.stream().context().bind_to_thread().map_err(driver("bind its context"))?;
        // SAFETY: the lengths were just held to the sizes of the product.
        unsafe { self.blas.gemv(config, entries, x, y) }
            .map_err(|error| StepError::Blas { what: "multiply", reason: error.to_string() })
    }
}

impl<R: Real + Element> Engine<R> for Cuda
where
    CudaBlas: Gemv<R>,
{
    type Array<T: Element> = CudaSlice<T>;

    fn upload<T: Element>(&self, values: &[T]) -> Result<CudaSlice<T>, StepError> {
        Ok(self.device.upload(values)?)
    }

    fn zeros<T: Element>(&self, len: usize) -> Result<CudaSlice<T>, StepError> {
        Ok(self.device.zeros(len)?)
    }

    fn overwrite<T: Element>(&self, values: &[T], array: &mut CudaSlice<T>) -> Result<(), StepError> {
        if values.is_empty() {
            return Ok(());
        }
        Ok(self.device.stream().memcpy_htod(values, array).map_err(driver("copy to the device"))?)
    }

    fn download<T: Element>(&self, array: &CudaSlice<T>, out: &mut [T]) -> Result<(), StepError> {
        Ok(self.device.download(array, out)?)
    }

    fn address<T: Element>(&self, array: &CudaSlice<T>) -> u64 {
        // All work goes to one stream, which keeps the order that the guard is for.
        array.device_ptr(self.device.stream()).0
    }

    fn multiply(
        &self,
        matrix: &Matrix<CudaSlice<R>>,
        x: &CudaSlice<R>,
        onto: bool,
        y: &mut CudaSlice<R>,
    ) -> Result<(), StepError> {
        self.product(matrix, false, x, if onto { R::one() } else { R::zero() }, y)
    }

    fn project(
        &self,
        matrix: &Matrix<CudaSlice<R>>,
        x: &CudaSlice<R>,
        y: &mut CudaSlice<R>,
    ) -> Result<(), StepError> {
        self.product(matrix, true, x, R::zero(), y)
    }

    unsafe fn step(&self, kernel: Kernel, arguments: &Arguments, threads: usize) -> Result<(), StepError> {
        if threads == 0 {
            return Ok(());
        }
        let blocks = threads.div_ceil(THREADS as usize) as u32;
        let function = self.device.function_of(&STEP, storage::<R>(), kernel.name())?;
        // SAFETY: every kernel of the source takes this record; the caller vouches for its addresses.
        unsafe { self.launch(&function, arguments, blocks) }
    }

    unsafe fn reduce(&self, entry: Entry, arguments: &Reduction) -> Result<(), StepError> {
        let function = self.device.function(storage::<R>(), entry)?;
        // SAFETY: every entry point takes this record; the caller vouches for its addresses.
        unsafe { self.launch(&function, arguments, arguments.grid_x(Target::Compact)) }
    }
}

fn driver(what: &'static str) -> impl Fn(cudarc::driver::DriverError) -> CudaError {
    move |error| CudaError::Driver { what, reason: error.to_string() }
}
