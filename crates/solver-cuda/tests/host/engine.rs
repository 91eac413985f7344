//! The host as the machine of a run.

use crate::array::Array;
use crate::kernel::{Buffer, Kernel as Library, ONCE, READ, WRITE};
use equipoise_field::Real;
use equipoise_likelihood_cuda::arguments::Record;
use equipoise_likelihood_cuda::variant::{Entry, Storage, THREADS, Target, Weight};
use equipoise_likelihood_cuda::{Arguments as Reduction, CudaError};
use equipoise_solver_cuda::{Arguments, Element, Engine, Extent, Kernel, Matrix, STEP, StepError};
use std::collections::HashMap;
use std::ffi::CStr;
use std::sync::{LazyLock, Mutex};

/// Numbers added in `R` before they are added to others: no device adds D of them in a row.
const RUN: usize = 256;

/// Runs kernels in one order of threads and blocks, and counts what `advance` reads of fields.
pub(crate) struct Host {
    step: &'static Library,
    reduction: &'static Library,
    schedule: u32,
    /// (launches, bytes read, bytes written) of each kernel of the step.
    pub(crate) moved: Mutex<HashMap<Kernel, (usize, u64, u64)>>,
}

pub(crate) fn storage<R: Real>() -> Storage {
    if R::NAME == "f64" { Storage::F64 } else { Storage::F32 }
}

impl Host {
    pub(crate) fn new<R: Real>(schedule: u32) -> Self {
        static BUILT: LazyLock<Mutex<HashMap<Storage, &'static Library>>> = LazyLock::new(Mutex::default);
        let storage = storage::<R>();
        let build = || leaked(STEP.text, storage).unwrap_or_else(|log| panic!("{log}"));
        let step = *BUILT.lock().unwrap().entry(storage).or_insert_with(build);
        Self { step, reduction: Library::shipped(storage), schedule, moved: Mutex::default() }
    }

    /// With other kernels of the step, or the compiler's complaint about them.
    pub(crate) fn with_source<R: Real>(source: &str) -> Result<Self, String> {
        Ok(Self { step: leaked(source, storage::<R>())?, ..Self::new::<R>(0) })
    }
}

/// A library stays loaded as long as a function of it may be called.
fn leaked(source: &str, storage: Storage) -> Result<&'static Library, String> {
    Ok(Box::leak(Box::new(Library::build(source, storage)?)))
}

fn buffer(name: &'static CStr, base: u64, bytes: usize, purpose: u64) -> Buffer {
    Buffer { name: name.as_ptr(), base, bytes: bytes as u64, purpose, loaded: 0, stored: 0 }
}

/// The arrays that a kernel of the step may touch, and how.
fn arrays<R>(kernel: Kernel, a: &Arguments) -> Vec<Buffer> {
    let [size, count, rank] = [a.size, a.count, a.rank].map(|n| n as usize);
    let (real, words) = (size_of::<R>(), size_of::<u32>());
    let extent = |step: u32| a.extents + u64::from(step) * size_of::<Extent>() as u64;
    let (changed, made) = (READ | WRITE | ONCE, WRITE | ONCE);
    let segments = words * size.div_ceil(32);
    match kernel {
        Kernel::Centre => vec![
            buffer(c"coefficients", a.coefficients, rank * real, changed),
            buffer(c"mean_coefficients", a.mean_coefficients, rank * real, READ),
            buffer(c"gains", a.gains, rank * real, READ),
        ],
        Kernel::Observe => {
            let mut arrays = vec![
                buffer(c"observed_mean", a.observed_mean, count * real, READ),
                buffer(c"state", a.state, size * real, READ),
                buffer(c"points", a.points, count * words, READ),
                buffer(c"prediction", a.prediction, count * real, made),
            ];
            if a.base_variances != 0 {
                arrays.push(buffer(c"base_variances", a.base_variances, count * size_of::<f64>(), READ));
                arrays.push(buffer(c"variances", a.variances, count * real, made));
            }
            arrays
        }
        Kernel::Weigh => vec![
            buffer(c"coefficients", a.coefficients, rank * real, READ),
            buffer(c"pulled", a.pulled, rank * real, READ),
            buffer(c"gains", a.gains, rank * real, READ),
            buffer(c"expansion", a.expansion, rank * real, made),
        ],
        Kernel::Advance => {
            let mut arrays = vec![buffer(c"extent", extent(a.step), size_of::<Extent>(), WRITE)];
            let mut halted = false;
            if a.step > 0 {
                let before = extent(a.step - 1);
                arrays.push(buffer(c"extent before", before, size_of::<Extent>(), READ));
                // SAFETY: the driver has an extent for every step, and no kernel runs.
                halted = unsafe { *(before as *const Extent) }.non_finite > 0;
            }
            arrays.extend([
                buffer(c"state", a.state, size * real, if halted { READ } else { changed }),
                buffer(c"mean", a.mean, size * real, READ),
                buffer(c"field", a.field, size * real, READ),
                buffer(c"bits", a.bits, segments, READ),
                buffer(c"ranks", a.ranks, segments, READ),
                buffer(c"weighted", a.weighted, count * real, READ),
            ]);
            arrays
        }
    }
}

/// The arrays of the reduction of compact observations.
fn reduction_arrays<R>(entry: Entry, a: &Reduction) -> Vec<Buffer> {
    let (count, real) = (a.count as usize, size_of::<R>());
    let channels = a.channels.divisor as usize;
    let mut arrays = vec![
        buffer(c"prediction", a.prediction, count * real, READ),
        buffer(c"values", a.values, count * real, READ),
        buffer(c"residual", a.residual, count * real, WRITE | ONCE),
        buffer(c"gradient", a.gradient, count * real, WRITE | ONCE),
        buffer(c"partials", a.partials, a.partials() * size_of::<f64>(), READ | WRITE),
        buffer(c"statistics", a.statistics, size_of::<Record>(), WRITE | ONCE),
        buffer(c"tickets", a.tickets, size_of::<u32>(), READ | WRITE),
    ];
    match entry.weight {
        Weight::Scalar => {}
        Weight::Channel => {
            arrays.push(buffer(c"precisions", a.precisions, channels * size_of::<f64>(), READ))
        }
        Weight::Each => arrays.push(buffer(c"variances", a.variances, count * real, READ)),
    }
    arrays
}

fn failed(reason: String) -> StepError {
    CudaError::Driver { what: "run on the host", reason }.into()
}

impl<R: Real + Element> Engine<R> for Host {
    type Array<T: Element> = Array<T>;

    fn upload<T: Element>(&self, values: &[T]) -> Result<Array<T>, StepError> {
        Ok(Array::of(values))
    }

    fn zeros<T: Element>(&self, len: usize) -> Result<Array<T>, StepError> {
        Ok(Array::of(&vec![T::default(); len]))
    }

    fn overwrite<T: Element>(&self, values: &[T], array: &mut Array<T>) -> Result<(), StepError> {
        array.fill(values);
        Ok(())
    }

    fn download<T: Element>(&self, array: &Array<T>, out: &mut [T]) -> Result<(), StepError> {
        out.copy_from_slice(&array.read()[..out.len()]);
        Ok(())
    }

    fn address<T: Element>(&self, array: &Array<T>) -> u64 {
        array.address()
    }

    fn multiply(
        &self,
        m: &Matrix<Array<R>>,
        x: &Array<R>,
        onto: bool,
        y: &mut Array<R>,
    ) -> Result<(), StepError> {
        let (entries, x, mut sum) = (m.entries.read(), x.read(), y.read());
        for i in 0..m.rows {
            let start = if onto { sum[i] } else { R::zero() };
            sum[i] = (0..m.columns).fold(start, |sum, k| sum + entries[k * m.rows + i] * x[k]);
        }
        y.fill(&sum);
        Ok(())
    }

    fn project(&self, m: &Matrix<Array<R>>, x: &Array<R>, y: &mut Array<R>) -> Result<(), StepError> {
        let (entries, x) = (m.entries.read(), x.read());
        let dot = |k: usize| {
            let column = &entries[k * m.rows..(k + 1) * m.rows];
            let runs = column.chunks(RUN).zip(x.chunks(RUN));
            runs.fold(R::zero(), |sum, (a, b)| sum + a.iter().zip(b).fold(R::zero(), |s, (&a, &b)| s + a * b))
        };
        y.fill(&(0..m.columns).map(dot).collect::<Vec<_>>());
        Ok(())
    }

    unsafe fn step(&self, kernel: Kernel, arguments: &Arguments, threads: usize) -> Result<(), StepError> {
        let mut arrays = arrays::<R>(kernel, arguments);
        let blocks = threads.div_ceil(THREADS as usize) as u32;
        self.step.launch(kernel, (blocks, 1), arguments, self.schedule, &mut arrays).map_err(failed)?;
        let mut moved = self.moved.lock().unwrap();
        let (launches, read, written) = moved.entry(kernel).or_default();
        *launches += 1;
        *read += arrays.iter().map(|array| array.loaded).sum::<u64>();
        *written += arrays.iter().map(|array| array.stored).sum::<u64>();
        Ok(())
    }

    unsafe fn reduce(&self, entry: Entry, arguments: &Reduction) -> Result<(), StepError> {
        let mut arrays = reduction_arrays::<R>(entry, arguments);
        let grid = (arguments.grid_x(Target::Compact), 1);
        self.reduction.launch(entry, grid, arguments, self.schedule, &mut arrays).map_err(failed)
    }
}
