//! NVRTC and ptxas, and every variant compiled once for all tests.

use equipoise_likelihood_cuda::source::{Origin, options};
use equipoise_likelihood_cuda::variant::Storage;
use equipoise_likelihood_cuda::{Architecture, Cache, LIKELIHOOD, NVRTC_VARIABLE, Nvrtc};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

const PTXAS_VARIABLE: &str = "EQUIPOISE_PTXAS";

/// A variant and its PTX.
pub(crate) struct Built {
    pub(crate) storage: Storage,
    pub(crate) architecture: Architecture,
    pub(crate) ptx: String,
}

/// What a variable names, or else what `cargo xtask cuda` installed. Without either, a test prints
/// that it is skipped, but fails in continuous integration. Where `cargo xtask test` found the sources as `cargo xtask
/// cuda` last passed on them, nothing is compiled again.
fn place(variable: &str, installed: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if set("EQUIPOISE_CUDA_PROVEN").is_some() {
        println!("skipped: `cargo xtask cuda` has passed on these sources");
        return None;
    }
    if let Some(named) = set(variable) {
        return Some(named.into());
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/cuda/nvidia").join(installed);
    if file.is_file() {
        return Some(file);
    }
    assert!(set("CI").is_none(), "{variable} is not set; `cargo xtask cuda` installs what it names");
    println!("skipped: {variable} is not set; `cargo xtask cuda` installs what it names");
    None
}

pub(crate) fn nvrtc() -> Option<Nvrtc> {
    let file = place(NVRTC_VARIABLE, "cuda_nvrtc/lib/libnvrtc.so.12")?;
    Some(Nvrtc::open_file(&file).expect("the NVRTC library loads"))
}

pub(crate) fn ptxas() -> Option<PathBuf> {
    place(PTXAS_VARIABLE, "cuda_nvcc/bin/ptxas")
}

/// Every element type for every architecture, in the order of both lists.
pub(crate) fn built() -> Option<&'static [Built]> {
    static BUILT: OnceLock<Option<Vec<Built>>> = OnceLock::new();
    BUILT.get_or_init(|| Some(build(&nvrtc()?))).as_deref()
}

fn build(nvrtc: &Nvrtc) -> Vec<Built> {
    let all = Architecture::PROVEN.into_iter();
    let all: Vec<_> =
        all.flat_map(|architecture| Storage::ALL.map(|storage| (storage, architecture))).collect();
    each(all.len(), |k| {
        let (storage, architecture) = all[k];
        let ptx = nvrtc
            .compile(storage.name(), LIKELIHOOD.text, &options(storage), architecture)
            .unwrap_or_else(|error| panic!("{error}"));
        Built { storage, architecture, ptx }
    })
}

/// `work(0)` to `work(count − 1)`, on all processors.
pub(crate) fn each<T: Send + Sync>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done: Vec<OnceLock<T>> = (0..count).map(|_| OnceLock::new()).collect();
    let worker = || {
        loop {
            let k = next.fetch_add(1, Ordering::Relaxed);
            let Some(place) = done.get(k) else { break };
            place.get_or_init(|| work(k));
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        (0..threads).for_each(|_| drop(scope.spawn(worker)));
    });
    done.into_iter().map(|place| place.into_inner().expect("every place was filled")).collect()
}

#[test]
fn the_library_tells_its_version_and_refuses_an_architecture_that_it_does_not_know() {
    let Some(nvrtc) = nvrtc() else { return };
    assert_eq!(nvrtc.version().0, 12);
    // A device newer than the compiler runs what ships; 8.8 was never made.
    for unknown in [20, 88, 999].map(Architecture::new) {
        let error = nvrtc.compile("empty", "", &[], unknown).unwrap_err().to_string();
        assert!(error.contains(&format!("empty do not compile for {unknown}")), "{error}");
    }
}

#[test]
fn a_source_that_does_not_compile_is_an_error_with_the_log() {
    let Some(nvrtc) = nvrtc() else { return };
    let error = nvrtc.compile("broken", "nonsense;", &[], Architecture::new(80)).unwrap_err().to_string();
    assert!(error.contains("broken do not compile for sm_80") && error.contains("nonsense"), "{error}");
}

#[test]
fn an_entry_of_the_cache_is_used_until_its_text_is_altered() {
    let Some(nvrtc) = nvrtc() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::at(folder.path());
    let sm_80 = Architecture::new(80);
    let of = |architecture| LIKELIHOOD.compiled(Storage::F32, architecture, &nvrtc, &cache).expect("PTX");
    let ((first, compiled), (again, cached)) = (of(sm_80), of(sm_80));
    assert_eq!((compiled, cached), (Origin::Compiled, Origin::Cached));
    assert_eq!(first, again);
    let entry =
        std::fs::read_dir(folder.path()).expect("a folder").next().expect("an entry").expect("a file");
    let text = std::fs::read_to_string(entry.path()).expect("text");
    std::fs::write(entry.path(), text.replacen("ret;", "bad;", 1)).expect("written");
    assert_eq!(of(sm_80), (first, Origin::Compiled));
    assert_eq!(of(Architecture::new(90)).1, Origin::Compiled, "another architecture is another entry");
}
