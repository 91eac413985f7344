//! Files that another process reads: the same as here, or one error where that process ends.

use equipoise_data::guard::{install, serve};
use equipoise_data::sensors::read_sensors;
use equipoise_data::store::Reader;
use equipoise_data::{AxisOrder, Kind, LoadOptions, Recording, checksum, load};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What a process of this test does: `all`, `end` or `wait` with files; `serve` and the like for such a process.
const PART: &str = "EQUIPOISE_GUARDED";

const FILES: [&str; 14] = [
    "half.h5",
    "libver_latest.h5",
    "zstandard.h5",
    "arrays/matlab.mat",
    "arrays/unturned.mat",
    "arrays/sensors.h5",
    "grids/sda.h5",
    "grids/jax_cfd.nc",
    "grids/jhtdb.h5",
    "grids/ocean.nc",
    "grids/pdebench_unfinished.h5",
    "grids/well.hdf5",
    "grids/waves_v2.zarr",
    "grids/waves_v3.zarr",
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn process(part: &str, test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(PART, part);
    command
}

fn part() -> String {
    std::env::var(PART).unwrap_or_default()
}

/// Runs a part in a process of its own, in which alone files are guarded.
fn runs(part: &str) {
    let output = process(part, "guarded::a_process").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains(&format!("done: {part}")), "{said}");
}

#[test]
fn what_another_process_reads_is_the_same() {
    runs("all");
}

#[test]
fn a_process_that_ends_or_waits_is_one_error_of_the_file() {
    runs("end");
    runs("wait");
}

/// Everything that is read of a file, in words.
fn told(path: &Path) -> String {
    let told = LoadOptions { axes: Some(AxisOrder::NTCHW), kind: Some(Kind::GENERIC) };
    let mut all = String::new();
    for options in
        [LoadOptions::default(), LoadOptions { kind: Some(Kind::GENERIC), ..LoadOptions::default() }, told]
    {
        all += &match load(path, &options) {
            Err(error) => error.to_string(),
            Ok(data) => {
                let bits: Vec<u32> = data.values().iter().map(|x| x.to_bits()).collect();
                let warnings: Vec<String> = data.warnings().iter().map(ToString::to_string).collect();
                let about =
                    (data.audit(), data.grid(), data.mask(), data.attributes(), data.notes(), warnings);
                format!("{about:?} {bits:?}")
            }
        };
        all += &match Recording::open(path, &options) {
            Err(error) => error.to_string(),
            Ok(recording) => {
                format!("{:?}", recording.run(AxisOrder::NTCHW, 0, 0..1).map_err(|e| e.to_string()))
            }
        };
    }
    all +=
        &format!("{:?}", read_sensors(path, Some(0.1), &["u".into(), "v".into()]).map_err(|e| e.to_string()));
    all += &checksum(path).unwrap();
    all + &stored(path)
}

/// The entries of a store.
fn stored(path: &Path) -> String {
    let reader = match Reader::open(path) {
        Ok(reader) => reader,
        Err(error) => return error.to_string(),
    };
    let mut all = format!("{:?}", (reader.names().unwrap(), reader.attributes().unwrap()));
    for name in reader.names().unwrap().iter().map(String::as_str).chain(["nowhere"]) {
        let said = |error: equipoise_data::DataError| {
            format!("{}, {error}", matches!(error, equipoise_data::DataError::ElementType { .. }))
        };
        all += &format!("{:?}", reader.shape(name).map_err(said));
        all += &format!("{:?}", reader.dimensions(name).map_err(said));
        all += &format!("{:?}", reader.read::<f32>(name).map_err(said));
        all += &format!("{:?}", reader.read::<f64>(name).map_err(said));
        all += &format!("{:?}", reader.rows::<f32>(name, 0..1).map_err(said));
    }
    for name in reader.attributes().unwrap().iter().map(String::as_str).chain(["nowhere"]) {
        all += &format!("{:?}", reader.text(name).map_err(|error| error.to_string()));
    }
    all += &format!("{:?}", reader.mask([3, 4]).map_err(|error| error.to_string()));
    all
}

/// What [`runs`] starts; nothing where nobody asks.
#[test]
fn a_process() {
    let expected = match part().as_str() {
        "all" => {
            let here = FILES.map(|name| told(&fixture(name)));
            assert!(install(|| process("serve", "guarded::another_process"), Duration::from_secs(60)));
            for (name, here) in FILES.iter().zip(here) {
                let apart = told(&fixture(name));
                assert!(apart == here, "{name}: found\n{apart}\nexpected\n{here}");
            }
            println!("done: all");
            return;
        }
        "end" => {
            install(|| process("abort", "guarded::another_process"), Duration::from_secs(60));
            "half.h5: the HDF5 library ended by signal 6 (abort) while reading `x`; nothing of the file was used"
        }
        "wait" => {
            install(|| process("sleep", "guarded::another_process"), Duration::from_secs(1));
            "half.h5: the HDF5 library did not go on for 1s and was ended while reading `x`; nothing of the file was used"
        }
        _ => return,
    };
    if cfg!(feature = "zarr") && part() == "end" {
        let store = fixture("grids/waves_v3.zarr");
        let message = load(&store, &LoadOptions::default()).unwrap_err().to_string();
        assert!(message.contains("the Zarr library ended by signal 6 (abort) while reading `"), "{message}");
    }
    let options = LoadOptions { axes: Some(AxisOrder::NTCHW), kind: Some(Kind::GENERIC) };
    let message = load(&fixture("half.h5"), &options).unwrap_err().to_string();
    assert!(message.ends_with(expected), "{message}");
    println!("done: {}", part());
}

/// Input after whose second portion, the first numbers that are asked for, this process ends or waits.
struct Faulty<R>(R, usize);

impl<R: Read> Read for Faulty<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(into)?;
        self.1 += 1;
        match part().as_str() {
            "abort" if self.1 == 2 => std::process::abort(),
            "sleep" if self.1 == 2 => std::thread::sleep(Duration::from_secs(60)),
            _ => {}
        }
        Ok(count)
    }
}

/// What reads in the place of [`a_process`]; nothing where nobody asks.
#[test]
fn another_process() {
    if ["serve", "abort", "sleep"].contains(&part().as_str()) {
        serve(Faulty(std::io::stdin(), 0), std::io::stdout()).unwrap();
        std::process::exit(0);
    }
}
