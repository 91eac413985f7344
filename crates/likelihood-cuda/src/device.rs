//! One CUDA device: opened with a clear error where there is none, its kernels loaded once.

use crate::cache::Cache;
use crate::nvrtc::Nvrtc;
use crate::source::{Origin, Source};
use crate::variant::{Entry, LIKELIHOOD, Storage, THREADS};
use crate::{Architecture, CudaError};
use cudarc::driver::sys::CUresult;
use cudarc::driver::{
    CudaContext, CudaFunction, CudaModule, CudaSlice, CudaStream, DevicePtr, DeviceRepr, DriverError,
    LaunchConfig, PushKernelArg, ValidAsZeroBits,
};
use equipoise_likelihood::LikelihoodError;
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The oldest driver that runs the embedded PTX and has every function that is called, as
/// 1000·major + 10·minor.
const OLDEST_DRIVER: i32 = 12_080;

/// A device, a stream on it, and the kernels loaded so far.
pub struct Device {
    stream: Arc<CudaStream>,
    architecture: Architecture,
    nvrtc: Result<Nvrtc, CudaError>,
    cache: Cache,
    kernels: Mutex<HashMap<(&'static str, Storage), Kernels>>,
}

type Kernels = (Arc<CudaModule>, Origin);

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Device {} ({})", self.stream.context().ordinal(), self.architecture)
    }
}

impl Device {
    /// Opens device `ordinal` and a stream on it.
    ///
    /// # Errors
    /// [`CudaError::NoDriver`] without a driver library, [`CudaError::OldDriver`],
    /// [`CudaError::NoDevice`] where there are not so many devices, [`CudaError::Driver`] otherwise.
    pub fn open(ordinal: usize) -> Result<Self, CudaError> {
        let count = Self::count()?;
        if ordinal >= count {
            return Err(CudaError::NoDevice { ordinal, count });
        }
        let context = CudaContext::new(ordinal).map_err(doing("open the device"))?;
        let (major, minor) = context.compute_capability().map_err(doing("ask the device's generation"))?;
        Ok(Self {
            stream: context.new_stream().map_err(doing("make a stream"))?,
            architecture: Architecture::new(10 * major.unsigned_abs() + minor.unsigned_abs()),
            nvrtc: Nvrtc::open(),
            cache: Cache::of_environment(),
            kernels: Mutex::default(),
        })
    }

    /// How many devices there are.
    ///
    /// # Errors
    /// [`CudaError::NoDriver`], [`CudaError::OldDriver`] or [`CudaError::Driver`].
    pub fn count() -> Result<usize, CudaError> {
        // SAFETY: looks for the driver's library, which any process may load.
        if !unsafe { cudarc::driver::sys::is_culib_present() } {
            return Err(CudaError::NoDriver);
        }
        match cudarc::driver::result::init() {
            Err(DriverError(CUresult::CUDA_ERROR_NO_DEVICE)) => return Ok(0),
            other => other.map_err(doing("initialise the driver"))?,
        }
        let mut version = 0;
        // SAFETY: the pointer is valid for one write of an int.
        let status = unsafe { cudarc::driver::sys::cuDriverGetVersion(&raw mut version) };
        status.result().map_err(doing("ask the driver's version"))?;
        if version < OLDEST_DRIVER {
            return Err(CudaError::OldDriver { found: version, expected: OLDEST_DRIVER });
        }
        let count = CudaContext::device_count().map_err(doing("count devices"))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// The device's name as its maker gives it.
    ///
    /// # Errors
    /// [`CudaError::Driver`].
    pub fn name(&self) -> Result<String, CudaError> {
        self.stream.context().name().map_err(doing("ask the device's name"))
    }

    /// The device's generation.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// The stream that copies and launches go to, in order.
    pub fn stream(&self) -> &Arc<CudaStream> {
        &self.stream
    }

    /// Where an array lies, for records of work on [`stream`](Self::stream), which keeps its order.
    pub fn address<T>(&self, array: &CudaSlice<T>) -> u64 {
        array.device_ptr(&self.stream).0
    }

    pub(crate) fn ordinal(&self) -> usize {
        self.stream.context().ordinal()
    }

    /// A copy of `values` on the device; of nothing, one element that none reads.
    ///
    /// # Errors
    /// [`CudaError::Driver`].
    pub fn upload<T: DeviceRepr + ValidAsZeroBits>(&self, values: &[T]) -> Result<CudaSlice<T>, CudaError> {
        if values.is_empty() {
            return self.zeros(1);
        }
        self.stream.clone_htod(values).map_err(doing("copy to the device"))
    }

    /// `len` zeros on the device, but at least one element: the driver allocates no empty arrays.
    ///
    /// # Errors
    /// [`CudaError::Driver`].
    pub fn zeros<T: DeviceRepr + ValidAsZeroBits>(&self, len: usize) -> Result<CudaSlice<T>, CudaError> {
        self.stream.alloc_zeros(len.max(1)).map_err(doing("allocate on the device"))
    }

    /// As [`zeros`](Self::zeros), but holding whatever was there.
    ///
    /// # Safety
    /// Work on the stream must write every element before any reads it.
    pub(crate) unsafe fn space<T: DeviceRepr>(&self, len: usize) -> Result<CudaSlice<T>, CudaError> {
        // SAFETY: the caller promises that nothing reads the array before it is written.
        unsafe { self.stream.alloc(len.max(1)) }.map_err(doing("allocate on the device"))
    }

    /// Replaces the first elements of `array`.
    ///
    /// # Errors
    /// [`CudaError::Driver`].
    ///
    /// # Panics
    /// If `array` is shorter than `values`.
    pub fn overwrite<T: DeviceRepr>(&self, values: &[T], array: &mut CudaSlice<T>) -> Result<(), CudaError> {
        if values.is_empty() {
            return Ok(());
        }
        self.stream.memcpy_htod(values, array).map_err(doing("copy to the device"))
    }

    /// Copies as many elements as `out` takes to the host, after all work on the stream.
    ///
    /// # Errors
    /// [`CudaError::Likelihood`] where `from` holds fewer, [`CudaError::Driver`], also where earlier
    /// work on the stream failed.
    pub fn download<T: DeviceRepr>(&self, from: &CudaSlice<T>, out: &mut [T]) -> Result<(), CudaError> {
        let (found, expected) = (from.len(), out.len());
        let view = from.try_slice(..expected);
        let view = view.ok_or(LikelihoodError::Length { argument: "device array", found, expected })?;
        if expected > 0 {
            self.stream.memcpy_dtoh(&view, out).map_err(doing("copy from the device"))?;
        }
        self.stream.synchronize().map_err(doing("finish its work"))
    }

    /// Where the kernels of `storage` come from on this device; loads them if need be.
    ///
    /// # Errors
    /// [`CudaError::NoKernel`] where neither compiled nor embedded PTX loads.
    pub fn origin(&self, storage: Storage) -> Result<Origin, CudaError> {
        Ok(self.kernels(&LIKELIHOOD, storage)?.1)
    }

    /// One kernel of the reduction.
    ///
    /// # Errors
    /// As [`function_of`](Self::function_of).
    pub fn function(&self, storage: Storage, entry: Entry) -> Result<CudaFunction, CudaError> {
        self.function_of(&LIKELIHOOD, storage, &entry.to_string())
    }

    /// The kernel `symbol` of a source; loads its kernels of `storage` if need be.
    ///
    /// # Errors
    /// [`CudaError::NoKernel`] where neither compiled nor embedded PTX loads, [`CudaError::Driver`] for
    /// a symbol that the source does not define.
    pub fn function_of(
        &self,
        source: &Source,
        storage: Storage,
        symbol: &str,
    ) -> Result<CudaFunction, CudaError> {
        self.kernels(source, storage)?.0.load_function(symbol).map_err(doing("find a kernel"))
    }

    /// Launches a grid of blocks of [`THREADS`] threads.
    ///
    /// # Safety
    /// `function` must take one record of the type `A` by value, whose addresses lead to live arrays of
    /// the lengths that it reads and writes.
    ///
    /// # Errors
    /// [`CudaError::Driver`].
    pub unsafe fn launch<A: DeviceRepr>(
        &self,
        function: &CudaFunction,
        arguments: &A,
        grid: (u32, u32),
    ) -> Result<(), CudaError> {
        let (grid_dim, block_dim) = ((grid.0, grid.1, 1), (THREADS, 1, 1));
        let mut launch = self.stream.launch_builder(function);
        launch.arg(arguments);
        // SAFETY: the caller vouches for the function and its record.
        unsafe { launch.launch(LaunchConfig { grid_dim, block_dim, shared_mem_bytes: 0 }) }
            .map_err(doing("launch a kernel"))?;
        Ok(())
    }

    fn kernels(&self, source: &Source, storage: Storage) -> Result<Kernels, CudaError> {
        let mut loaded = self.kernels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kernels) = loaded.get(&(source.name, storage)) {
            return Ok(kernels.clone());
        }
        let kernels = self.load(source, storage)?;
        loaded.insert((source.name, storage), kernels.clone());
        Ok(kernels)
    }

    /// Compiled PTX where NVRTC is there and the driver takes its output, else embedded PTX.
    fn load(&self, source: &Source, storage: Storage) -> Result<Kernels, CudaError> {
        let compile = |nvrtc| source.compiled(storage, self.architecture, nvrtc, &self.cache);
        let compiled = self.nvrtc.as_ref().map_err(ToString::to_string);
        let compiled = compiled.and_then(|nvrtc| self.module(compile(nvrtc)));
        compiled.or_else(|compiled| {
            let shipped = source.embedded(storage, self.architecture).map(|text| (text, Origin::Embedded));
            self.module(shipped).map_err(|embedded| CudaError::NoKernel { compiled, embedded })
        })
    }

    fn module(&self, ptx: Result<(String, Origin), CudaError>) -> Result<Kernels, String> {
        let load = |(text, origin): (String, Origin)| {
            let module = self.stream.context().load_module(cudarc::nvrtc::Ptx::from_src(text));
            Ok((module.map_err(doing("load PTX"))?, origin))
        };
        ptx.and_then(load).map_err(|error: CudaError| error.to_string())
    }
}

/// Arrays that kernels alone reach, by the addresses in their records; they live as long as this does.
#[derive(Default)]
pub struct Held(Vec<Box<dyn Any + Send + Sync>>);

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Held {} arrays", self.0.len())
    }
}

impl Held {
    /// The address of a copy of `values` on `device`, whose stream alone may reach it.
    ///
    /// # Errors
    /// [`CudaError::Driver`].
    pub fn copy<T>(&mut self, device: &Device, values: &[T]) -> Result<u64, CudaError>
    where
        T: DeviceRepr + ValidAsZeroBits + Send + Sync + 'static,
    {
        let array = device.upload(values)?;
        let address = device.address(&array);
        self.0.push(Box::new(array));
        Ok(address)
    }
}

/// A failure of the driver, told by what it was asked to do.
pub fn doing(what: &'static str) -> impl Fn(DriverError) -> CudaError {
    move |error| CudaError::Driver { what, reason: error.to_string() }
}
