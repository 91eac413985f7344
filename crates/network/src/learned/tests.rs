//! The denoiser of a network: golden values of SDA and azula, its conformance, orders of channels, refusals.

mod golden;
mod refused;

use crate::{Answers, FlowKind, Learned, MANIFEST, Manifest, Preconditioning, describe};
use equipoise_denoiser::{check_batch, check_denoiser, check_jvp};
use equipoise_field::{Axis, Boundary, Real};
use equipoise_schedule::{Level, ScheduleName};
use std::fs;
use std::path::{Path, PathBuf};

/// A network of the golden cases.
fn case(name: &str) -> PathBuf {
    let folder = std::env::var("GOLDEN").map(PathBuf::from);
    let folder =
        folder.unwrap_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/networks"));
    folder.join(name)
}

/// Answers to all questions about azula's networks.
fn azula(preconditioning: Preconditioning) -> Answers {
    Answers {
        preconditioning: Some(preconditioning),
        prediction: Some(crate::Predicts::X),
        window: Some(1),
        mean: Some(vec![0.0]),
        std: Some(vec![1.0]),
        kind: Some(FlowKind::Generic),
        x_axis: Some(Axis::W),
        boundary: Some(Boundary::Periodic),
        ..Answers::default()
    }
}

/// A folder with the weights of a case and a manifest.
struct Folder(tempfile::TempDir);

impl Folder {
    fn of(name: &str, answers: &Answers) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for file in ["state.safetensors", "config.json"] {
            fs::copy(case(name).join(file), folder.path().join(file)).unwrap();
        }
        let described = describe(folder.path(), answers).unwrap();
        folder.write(&described.manifest);
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, manifest: &Manifest) {
        manifest.write(&self.path().join(MANIFEST), true).unwrap();
    }

    fn manifest(&self) -> Manifest {
        Manifest::read(&self.path().join(MANIFEST)).unwrap()
    }
}

/// Numbers without a pattern, about as large as noise.
fn noise<R: Real>(len: usize, key: usize) -> Vec<R> {
    let at = |i: usize| (((i + 1) as f64 * 0.754_877_666 + key as f64 * 0.569_84).fract() - 0.5) * 3.4;
    (0..len).map(|i| R::narrow(at(i))).collect()
}

fn conforms<R: Real>(path: &Path, grid: [usize; 2], level: Level) {
    let learned = Learned::<R>::open(path, Some(grid)).unwrap();
    let shape = learned.shape();
    let x_t = noise::<R>(3 * shape.len(), 1);
    let seen = check_denoiser(&learned, &x_t[..shape.len()], level, shape).unwrap();
    assert_eq!(seen.untested, Vec::<String>::new());
    check_jvp(&learned, &x_t[..shape.len()], level).unwrap();
    check_batch(&learned, &x_t, level, &noise(x_t.len(), 2)).unwrap();
}

#[test]
fn networks_conform_to_the_trait() {
    let level = ScheduleName::Ve.build(1e-2).unwrap().level(0.45);
    conforms::<f64>(&case("sda_small/w3"), [8, 8], level);
    conforms::<f32>(&case("sda_small/w3"), [8, 8], level);
    let folder = Folder::of("azula_small/nomod_periodic", &azula(Preconditioning::Karras));
    conforms::<f64>(folder.path(), [8, 8], level);
}

type Product<'a> = dyn Fn(&Learned<f64>, &[f64], &[f64], &mut [f64]) + 'a;

/// A network with components first is the same network with its channels in another order.
#[test]
fn channels_are_handed_in_the_networks_own_order() {
    let folder = Folder::of("sda_small/w3", &Answers::default());
    let frames = Learned::<f64>::open(folder.path(), None).unwrap();
    let mut manifest = folder.manifest();
    manifest.channel_order = crate::ChannelOrder::Components;
    folder.write(&manifest);
    let components = Learned::<f64>::open(folder.path(), None).unwrap();
    let shape = frames.shape();
    let plane = shape.height * shape.width;
    // What stands at (τ, c) of a window is channel c·w + τ of the network, which is (τ′, c′) to the other.
    let turned = |x: &[f64]| -> Vec<f64> {
        let channels = (0..shape.channels).flat_map(|c| (0..shape.frames).map(move |t| (t, c)));
        channels.flat_map(|(t, c)| x[(t * shape.channels + c) * plane..][..plane].to_vec()).collect()
    };
    let level = Level { mu: 0.6, sigma: 0.8 };
    let (x, v) = (noise::<f64>(shape.len(), 1), noise::<f64>(shape.len(), 2));
    let both = |f: &Product<'_>| {
        let (mut a, mut b) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        f(&frames, &turned(&x), &turned(&v), &mut a);
        f(&components, &x, &v, &mut b);
        assert_eq!(a, turned(&b));
        assert_ne!(a, b);
    };
    use equipoise_denoiser::Denoiser;
    both(&|learned, x, _, out| learned.denoise(x, level, out).unwrap());
    both(&|learned, x, v, out| learned.vjp(x, level, v, out).unwrap());
    both(&|learned, x, v, out| learned.jvp(x, level, v, out).unwrap());
}

#[test]
fn every_way_to_a_network_is_the_same_network() {
    let folder = Folder::of("sda_small/w3", &Answers::default());
    let open = |path: &Path| Learned::<f32>::open(path, None).unwrap().manifest().clone();
    let manifest = open(folder.path());
    assert_eq!(manifest, folder.manifest());
    assert_eq!(open(&folder.path().join(MANIFEST)), manifest);
    assert_eq!(open(&folder.path().join("state.safetensors")), manifest);
    // Without a manifest SDA's own config.json settles all.
    fs::remove_file(folder.path().join(MANIFEST)).unwrap();
    assert_eq!(open(folder.path()), manifest);
    assert_eq!(open(&folder.path().join("state.safetensors")), manifest);
}
