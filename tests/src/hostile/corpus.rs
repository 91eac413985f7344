//! Small files that readers take, made here or kept in the tree for other tests, and some that they refuse.

use equipoise_data::store::Existing;
use equipoise_data::{Dataset, Kind};
use equipoise_experiment::{JOURNAL, Journal};
use equipoise_field::{Axis, Boundary, Grid, Shape};
use equipoise_prior::{Model, Prior, Settings};
use equipoise_stream::Stream;
use equipoise_sweep::Row;
use std::io::{Cursor, Read};
use std::path::Path;
use zip::ZipArchive;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

const DATA: &str = "crates/data/tests/fixtures";

/// Archives of PyTorch.
pub(super) const ARCHIVES: [&str; 5] = [
    "crates/weights/tests/fixtures/averaged.pth",
    "crates/weights/tests/fixtures/ema.pt",
    "crates/weights/tests/fixtures/kinds.pth",
    "crates/weights/tests/fixtures/lightning.ckpt",
    "crates/weights/tests/fixtures/protocol4.pth",
];

/// A file of the tree.
pub(super) fn fixture(path: &str) -> Vec<u8> {
    let path = Path::new(ROOT).join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn fixtures(folder: &str, names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| fixture(&format!("{folder}/{name}"))).collect()
}

pub(super) fn arrays() -> Vec<Vec<u8>> {
    let names = [
        "single.npy",
        "fortran.npy",
        "big_integers.npy",
        "frames_xy.npy",
        "sides.npz",
        "stored.npz",
        "types.npz",
    ];
    fixtures(&format!("{DATA}/arrays"), &names)
}

pub(super) fn entries() -> Vec<Vec<u8>> {
    fixtures(&format!("{DATA}/arrays"), &["single.npy", "fortran.npy", "big_integers.npy", "frames_xy.npy"])
}

pub(super) fn beside() -> Vec<Vec<u8>> {
    let texts = [
        r#"{"axes": "NTCHW", "kind": "generic", "dx": 0.1, "dy": 0.2, "dt": 0.2, "boundary": "periodic", "x_first": 1}"#,
        r#"{"axes": "TNCYX", "kind": "generic", "channels": ["u", "v"], "units": "m/s", "t_first": -3.5, "seen": null}"#,
        r#"{"kind": "kolmogorov", "forcing": [1.0, 4], "scale_factor": 0.5, "add_offset": 1, "_FillValue": -9, "valid_range": [0, 9]}"#,
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}

/// Frames of 3 x 2 and 5 x 4 cells in both orders of bytes.
pub(super) fn restarts() -> Vec<Vec<u8>> {
    let one = |nx: i32, ny: i32, grids: i32, points: i32, big: bool| {
        let mut bytes = Vec::new();
        let integer =
            |bytes: &mut Vec<u8>, n: i32| bytes.extend(if big { n.to_be_bytes() } else { n.to_le_bytes() });
        let number =
            |bytes: &mut Vec<u8>, x: f64| bytes.extend(if big { x.to_be_bytes() } else { x.to_le_bytes() });
        [nx, ny, grids].iter().for_each(|n| integer(&mut bytes, *n));
        [0.25, -1.0, -0.5].iter().for_each(|x| number(&mut bytes, *x));
        integer(&mut bytes, points);
        let grid = (nx + 1) * ny + nx * (ny + 1) + (nx - 1) * (ny - 1);
        (0..grids * grid + 2 * points).for_each(|i| number(&mut bytes, f64::from(i * 7 % 31) / 16.0));
        integer(&mut bytes, 2000);
        number(&mut bytes, 1.5);
        bytes
    };
    vec![one(3, 2, 1, 0, false), one(5, 4, 2, 3, true)]
}

pub(super) fn tecplot() -> Vec<Vec<u8>> {
    let rows =
        || (0..12).map(|i| format!("{} {} {} {}\n", i % 4, i / 4, i * 7 % 5, i * 3 % 4)).collect::<String>();
    let heads = [
        "TITLE = \"wake\"\nVARIABLES = \"x\", \"y\", \"u\", \"v\"\nZONE I=4, J=3, DATAPACKING=POINT, SOLUTIONTIME=0.5\n",
        "VARIABLES = x, y, u, v\nZONE T=\"one\", I=4, J=3, K=1, F=POINT\n",
    ];
    heads.map(|head| format!("{head}{}", rows()).into_bytes()).into()
}

pub(super) fn vectors() -> Vec<Vec<u8>> {
    fixtures(
        &format!("{DATA}/arrays"),
        &["davis.txt", "image.txt", "openpiv/field_0.txt", "openpiv/field_10.txt"],
    )
}

pub(super) fn readings() -> Vec<Vec<u8>> {
    let texts = [
        "# a comment\ntime,x,y,u,v,noise\n0.0,1.0,2.0,0.5,-0.25,0.1\n0.5,1.5,2.5,,0.75,0.1\n1.0,2.0,2.5,1e-3,2.0,0.2\n",
        "time [s];x [m];y [m];u [m/s];noise_u\n0,0;1,5;2,5;0,25;0,1\n1,0;1,5;2,5;-0,5;0,1\n",
        "% time\tx\ty\tv\textra\n0\t1\t2\t3\t4\n1\t1\t2\t4\t5\n",
        "time x y u v\n0 1 2 3 4\n1 1 2 3 4\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}

pub(super) fn safetensors() -> Vec<Vec<u8>> {
    let folder = "tests/golden/networks/azula_small/nomod_periodic/state.safetensors";
    vec![fixture("crates/weights/tests/fixtures/kinds.safetensors"), fixture(folder)]
}

pub(super) fn torch() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = ARCHIVES.iter().map(|path| fixture(path)).collect();
    all.extend(fixtures("crates/weights/tests/fixtures", &["module.pth", "legacy.pth", "script.pt"]));
    all
}

/// The pickle of each archive behind its number.
pub(super) fn pickles() -> Vec<Vec<u8>> {
    let one = |(number, path): (usize, &&str)| {
        let mut archive = ZipArchive::new(Cursor::new(fixture(path))).expect("an archive of the tree opens");
        let named = |name: &String| name.ends_with("/data.pkl");
        let name = archive.file_names().filter_map(|name| Some(name.ok()?.to_string())).find(named);
        let mut entry = archive.by_name(&name.expect("an archive has a pickle")).expect("its entry opens");
        let mut bytes = vec![number as u8];
        entry.read_to_end(&mut bytes).expect("an entry of the tree is read");
        bytes
    };
    ARCHIVES.iter().enumerate().map(one).collect()
}

pub(super) fn journals() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let path = folder.path().join(JOURNAL);
    let journal = Journal::<Row>::create(&path).expect("a journal is made");
    for place in 0..3u32 {
        let note = "a \"quoted\", two-line\nremark: σ".into();
        let numbers = [f64::NAN, f64::INFINITY, 1.0e300 / 3.0];
        let row = Row {
            identity: format!("{place:016x}"),
            rmse: numbers[place as usize],
            max: f64::from(place),
            diverged_at: (place == 1).then_some(0.5),
            note,
            ..Row::default()
        };
        journal.append(&row).expect("a row is written");
    }
    vec![std::fs::read(&path).expect("a journal is read")]
}

pub(super) fn plans() -> Vec<Vec<u8>> {
    let texts = [
        "subs = [16]\napproaches = [\"dual\", \"exact\", { law = \"sum\", method = \"sda:gamma=0.1\" }]\n\n[[datasets]]\n\
         embedded = \"kolmogorov\"\nwindow = 2\nnoise = 0.1\nseeds = [0, \"18446744073709551615\"]\nmembers = 2\n\
         protocols = [{ name = \"short\", steps = 8, sampler = \"heun\" }]\n",
        "schedule = \"cos\"\neta = 0.01\nprecision = \"f32\"\nstart = \"normal\"\nn_convention = \"true\"\n[[datasets]]\n\
         data = \"test.h5\"\ntrain = \"train.h5\"\naxes = \"NTHWC\"\nkind = \"generic\"\nnoise_physical = [0.1, 0.2]\n\
         priors = [\"wiener\", \"local:4@16\"]\n[datasets.covariance]\nmodel = \"low_rank\"\nrank = 3\nridge = 1e-6\n",
        "subset = \"core\"\nmembers = 4\nspacing = \"linear\"\n[[cases]]\nsub = 4\nnoise = 0.1\nsteps = 16\n\
         [[datasets]]\nembedded = \"ibpm\"\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}

pub(super) fn networks() -> Vec<Vec<u8>> {
    vec![fixture("data/networks/kolmogorov/network.json")]
}

pub(super) fn words() -> Vec<Vec<u8>> {
    let texts = [
        "NTCHW",
        "(T, N, C, H, W)",
        "NTXYZC",
        "generic",
        "z=3",
        "profile",
        "matched",
        "clamped_linear",
        "true",
        "cos",
        "heun",
        "exponential",
        "linear",
        "local:4@16",
        "equivariant_local:3:4@16",
        "locality:0.5",
        "network:weights",
        "sda:gamma=0.1",
        "mmps:iterations=3",
        "flow.h5:/Vx,/Vy:z=3",
        "ddrm",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}

pub(super) fn hdf5() -> Vec<Vec<u8>> {
    let mut all = fixtures(DATA, &["half.h5", "libver_latest.h5"]);
    all.extend(fixtures(&format!("{DATA}/arrays"), &["sensors.h5", "matlab.mat", "unturned.mat"]));
    let names = ["sda.h5", "pdebench_compressible.hdf5", "jax_cfd.nc", "jhtdb.h5", "ocean.nc", "well.hdf5"];
    all.extend(fixtures(&format!("{DATA}/grids"), &names));
    all
}

/// Arrays of Zarr: the digit of the version, the metadata, a zero byte, a chunk.
pub(super) fn stores() -> Vec<Vec<u8>> {
    let one = |version: char, metadata: &str, chunk: &str| {
        let [metadata, chunk] = [metadata, chunk].map(|path| fixture(&format!("{DATA}/grids/{path}")));
        [vec![version as u8], metadata, vec![0], chunk].concat()
    };
    let new = ["half", "double", "sharded"].map(|name| format!("arrays.zarr/{name}"));
    let old = ["fortran", "packed"].map(|name| format!("old.zarr/{name}"));
    let new = new.iter().map(|at| one('3', &format!("{at}/zarr.json"), &format!("{at}/c/0/0/0/0/0")));
    let old = old.iter().map(|at| one('2', &format!("{at}/.zarray"), &format!("{at}/0.0.0.0.0")));
    new.chain(old).collect()
}

/// Priors with explicit modes and with blocks.
pub(super) fn priors() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let one = |(boundary, model): (Boundary, Model)| {
        let grid = Grid { x_axis: Axis::W, dx: 0.1, dy: 0.1, boundary };
        let series = Shape::new(4, 2, 3, 4);
        let values = Stream::new("data").normal(0, 3 * series.len());
        let data = Dataset::in_memory(Kind::GENERIC, grid, series, values).expect("numbers are a flow");
        let settings = Settings { window: 2, model, ..Settings::of(data.kind(), data.grid()) };
        let prior = Prior::fit(&data, &settings).expect("a prior is fitted");
        let path = folder.path().join("prior.h5");
        prior.save(&path, Existing::Replace).expect("a prior is saved");
        std::fs::read(&path).expect("a prior is read")
    };
    [(Boundary::Open, Model::LowRank { rank: Some(3) }), (Boundary::Periodic, Model::Stationary)]
        .map(one)
        .into()
}
