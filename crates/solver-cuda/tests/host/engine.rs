//! The host as the machine of a run: stand-ins for the driver and for cuBLAS, loaded before either is looked
//! for, under the layers that ship. A launch is handed to the test whose thread asked for it.

use crate::kernel::{Buffer, Kernel as Library, ONCE, READ, WRITE, compile};
use equipoise_likelihood_cuda::Arguments as Reduction;
use equipoise_likelihood_cuda::arguments::Record;
use equipoise_likelihood_cuda::variant::{Entry, Storage, Target, Weight};
use equipoise_solver_cuda::{Arguments, Cuda, Extent, Kernel, Number, STEP};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

/// Runs kernels in one order of threads and blocks, and counts what they read and write.
#[derive(Clone)]
pub(crate) struct Host {
    storage: Storage,
    step: &'static Library,
    reduction: &'static Library,
    schedule: u32,
    /// (launches, bytes read, bytes written) of each kernel of the step.
    pub(crate) moved: HashMap<Kernel, (usize, u64, u64)>,
    /// What the emulation met.
    pub(crate) fault: Option<String>,
}

thread_local! {
    /// Who gets the launches of this thread.
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// The device of all tests, whose driver and cuBLAS are stand-ins.
pub(crate) fn cuda() -> Arc<Cuda> {
    static CUDA: LazyLock<Arc<Cuda>> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let load = |name: &str, source: &str| {
            let (library, soname) = (folder.path().join(name), format!("-Wl,-soname,{name}"));
            let options = ["-ffp-contract=off".into(), soname, "-ldl".into()];
            compile(&options, &tests.join(source), &library).unwrap_or_else(|log| panic!("{log}"));
            // SAFETY: the library was just made and runs nothing when it loads. Who looks for this name
            // from now on finds it, and it is never unloaded.
            Box::leak(Box::new(unsafe { libloading::Library::new(&library) }.unwrap()))
        };
        let driver = load("libcuda.so", "../likelihood-cuda/tests/device/driver.cpp");
        load("libcublas.so", "tests/host/cublas.cpp");
        type Asked = extern "C" fn(*const c_char, c_uint, c_uint, *const c_void) -> c_int;
        // SAFETY: the symbol has this type in the stand-in.
        unsafe { driver.get::<unsafe extern "C" fn(Asked)>(b"stand_in_launches").unwrap()(launched) };
        let cuda = Cuda::open(0).unwrap();
        assert_eq!(cuda.device().name().unwrap(), "the stand-in");
        Arc::new(cuda)
    });
    Arc::clone(&CUDA)
}

extern "C" fn launched(symbol: *const c_char, x: c_uint, y: c_uint, record: *const c_void) -> c_int {
    // SAFETY: the stand-in hands out the symbol that was asked for.
    let symbol = unsafe { CStr::from_ptr(symbol) }.to_string_lossy();
    HOST.with_borrow_mut(|host| {
        let Some(host) = host else { return 1 };
        let done = match Kernel::ALL.into_iter().find(|kernel| kernel.name() == symbol) {
            // SAFETY: the kernels of the step get this record, other entry points the reduction's.
            Some(kernel) => host.step(kernel, (x, y), unsafe { &*record.cast() }),
            // SAFETY: as above.
            None => host.reduce(&symbol, (x, y), unsafe { &*record.cast() }),
        };
        host.fault = done.err();
        c_int::from(host.fault.is_some())
    })
}

impl Host {
    pub(crate) fn new<R: Number>(schedule: u32) -> Self {
        static BUILT: LazyLock<Mutex<HashMap<Storage, &'static Library>>> = LazyLock::new(Mutex::default);
        let storage = R::STORAGE;
        let build = || leaked(STEP.text, storage).unwrap_or_else(|log| panic!("{log}"));
        let step = *BUILT.lock().unwrap().entry(storage).or_insert_with(build);
        let (reduction, moved) = (Library::shipped(storage), HashMap::new());
        Self { storage, step, reduction, schedule, moved, fault: None }
    }

    /// With other kernels of the step, or the compiler's complaint about them.
    pub(crate) fn with_source<R: Number>(source: &str) -> Result<Self, String> {
        Ok(Self { step: leaked(source, R::STORAGE)?, ..Self::new::<R>(0) })
    }

    /// What `run` gives where its launches are this host's, and the host after it.
    pub(crate) fn runs<T>(self, run: impl FnOnce(Arc<Cuda>) -> T) -> (T, Self) {
        let cuda = cuda();
        HOST.set(Some(self));
        let result = run(cuda);
        (result, HOST.take().unwrap())
    }

    fn step(&mut self, kernel: Kernel, grid: (u32, u32), arguments: &Arguments) -> Result<(), String> {
        let mut arrays = arrays(self.storage.real_bytes(), kernel, arguments);
        self.step.launch(kernel.name(), grid, arguments, self.schedule, &mut arrays)?;
        let (launches, read, written) = self.moved.entry(kernel).or_default();
        *launches += 1;
        *read += arrays.iter().map(|array| array.loaded).sum::<u64>();
        *written += arrays.iter().map(|array| array.stored).sum::<u64>();
        Ok(())
    }

    fn reduce(&mut self, symbol: &str, grid: (u32, u32), arguments: &Reduction) -> Result<(), String> {
        let entry = Entry::all().find(|entry| entry.to_string() == symbol).ok_or("no such kernel")?;
        assert_eq!(grid, (arguments.grid_x(Target::Compact), 1));
        let mut arrays = reduction_arrays(self.storage.real_bytes(), entry, arguments);
        self.reduction.launch(entry, grid, arguments, self.schedule, &mut arrays)
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
fn arrays(real: usize, kernel: Kernel, a: &Arguments) -> Vec<Buffer> {
    let [size, count, rank] = [a.size, a.count, a.rank].map(|n| n as usize);
    let words = size_of::<u32>();
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
fn reduction_arrays(real: usize, entry: Entry, a: &Reduction) -> Vec<Buffer> {
    let count = a.count as usize;
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
