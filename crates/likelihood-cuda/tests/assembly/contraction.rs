//! No contraction of a·b + c: what the CPU rounds twice, the kernels round twice.

use crate::kernel::kernels;
use crate::toolchain::{built, nvrtc};
use equipoise_likelihood_cuda::source::options;
use equipoise_likelihood_cuda::variant::Storage;
use equipoise_likelihood_cuda::{Architecture, LIKELIHOOD, Nvrtc};
use std::collections::BTreeMap;

/// The CUDA library's logarithm, whose author wrote its steps as fused ones. Its result differs from
/// the CPU's by ulps in any case.
const LOGARITHM: &str = r#"extern "C" __global__ void logarithm(double *x) { *x = log(*x); }"#;

/// How many fused multiply-adds each function holds.
fn fused(ptx: &str) -> BTreeMap<&str, usize> {
    let count =
        |kernel: &crate::kernel::Kernel<'_>| kernel.opcodes().filter(|o| o.starts_with("fma.")).count();
    kernels(ptx).iter().map(|kernel| (kernel.entry.unwrap_or("called"), count(kernel))).collect()
}

fn in_logarithm(nvrtc: &Nvrtc, architecture: Architecture) -> usize {
    let ptx = nvrtc.compile("logarithm", LOGARITHM, &options(Storage::F64), architecture).expect("PTX");
    fused(&ptx)["logarithm"]
}

/// 1/v is `rcp.rn.f64`, which is rounded correctly.
#[test]
fn only_the_logarithm_fuses() {
    let (Some(nvrtc), Some(built)) = (nvrtc(), built()) else { return };
    for variant in built {
        let own = in_logarithm(&nvrtc, variant.architecture);
        assert!(own > 0, "{} has a logarithm without fused steps", variant.architecture);
        for (name, found) in fused(&variant.ptx) {
            let expected = if name.ends_with("_each") { own } else { 0 };
            assert_eq!(found, expected, "{} {name} {}", variant.storage.name(), variant.architecture);
        }
        for approximate in ["div.full", "div.approx.f64", "rcp.approx.f64"] {
            assert!(!variant.ptx.contains(approximate), "{approximate}");
        }
    }
}

/// Left to itself, the compiler contracts E·log 2 + Σ log m; other products pass through shared
/// memory on their way to a sum.
#[test]
fn without_the_option_a_contraction_is_found() {
    let Some(nvrtc) = nvrtc() else { return };
    let options: Vec<_> = options(Storage::F32).into_iter().filter(|o| *o != "--fmad=false").collect();
    let architecture = Architecture::new(90);
    let ptx = nvrtc.compile("f32", LIKELIHOOD.text, &options, architecture).expect("PTX");
    let own = in_logarithm(&nvrtc, architecture);
    assert!(fused(&ptx)["compact_each"] > own, "{:?}", fused(&ptx));
}
