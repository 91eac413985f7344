//! What the assembler spends on each kernel, and how many blocks of threads that leaves room for.

use crate::toolchain::{Built, built, each, ptxas};
use equipoise_likelihood_cuda::Architecture;
use equipoise_likelihood_cuda::variant::{Entry, THREADS};
use std::path::Path;
use std::process::Command;

/// Registers of a thread, and bytes of shared memory of a block, that a kernel may take: either
/// leaves room for four blocks on a multiprocessor of every architecture below.
const MOST_REGISTERS: usize = 64;
const MOST_SHARED: usize = 40 * 1024;

/// What one entry point takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Usage {
    entry: String,
    registers: usize,
    shared: usize,
    spilled: usize,
    stack: usize,
}

/// What one multiprocessor has (CUDA C++ Programming Guide 12.8, table "Technical Specifications per
/// Compute Capability").
struct Multiprocessor {
    registers: usize,
    shared: usize,
    warps: usize,
    blocks: usize,
}

fn multiprocessor(architecture: Architecture) -> Multiprocessor {
    let shared = if architecture < Architecture::new(90) { 164 * 1024 } else { 228 * 1024 };
    Multiprocessor { registers: 65_536, shared, warps: 64, blocks: 32 }
}

/// Resident blocks: registers go to warps in units of 256, shared memory to blocks in units of 128
/// bytes after 1 KiB of the system's own.
fn resident(usage: &Usage, of: &Multiprocessor) -> usize {
    let warps = THREADS as usize / 32;
    let registers = (32 * usage.registers).next_multiple_of(256) * warps;
    let shared = (usage.shared + 1024).next_multiple_of(128);
    [of.registers / registers, of.shared / shared, of.warps / warps, of.blocks].into_iter().min().unwrap_or(0)
}

/// The number before each unit in the assembler's report.
fn parse(report: &str) -> Vec<Usage> {
    let mut all: Vec<Usage> = Vec::new();
    let number = |line: &str, unit: &str| -> usize {
        let before = line.split(unit).next().filter(|before| before.len() < line.len());
        let digits = before.and_then(|before| before.split_whitespace().last());
        digits.map_or(0, |digits| digits.parse().expect("a number before its unit"))
    };
    for line in report.lines() {
        if let Some(rest) = line.split("Compiling entry function '").nth(1) {
            let entry = rest.split('\'').next().unwrap_or_default().to_owned();
            all.push(Usage { entry, ..Usage::default() });
        }
        let Some(usage) = all.last_mut() else { continue };
        if line.contains("bytes stack frame") {
            usage.stack += number(line, " bytes stack frame");
            usage.spilled += number(line, " bytes spill stores") + number(line, " bytes spill loads");
        }
        if line.contains("Used ") {
            usage.registers = number(line, " registers");
            usage.shared = number(line, " bytes smem");
        }
    }
    all
}

fn assemble(ptxas: &Path, variant: &Built) -> Vec<Usage> {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, out) = (folder.path().join("kernels.ptx"), folder.path().join("kernels.cubin"));
    std::fs::write(&source, &variant.ptx).expect("PTX written");
    let mut command = Command::new(ptxas);
    command.arg("-v").arg(format!("-arch={}", variant.architecture)).arg(&source).arg("-o").arg(out);
    let output = command.output().expect("ptxas starts");
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ptxas refuses {}:\n{report}", variant.storage.name());
    parse(&report)
}

#[test]
fn kernels_do_not_spill_and_four_blocks_are_resident() {
    let (Some(built), Some(ptxas)) = (built(), ptxas()) else { return };
    let usages = each(built.len(), |k| assemble(&ptxas, &built[k]));
    println!("| kernel | registers | shared bytes | spilled bytes | blocks | occupancy |");
    println!("|---|---|---|---|---|---|");
    for (variant, usages) in built.iter().zip(&usages) {
        let of = multiprocessor(variant.architecture);
        assert_eq!(usages.len(), Entry::all().count());
        for usage in usages {
            let blocks = resident(usage, &of);
            let what = format!("{} {} {}", variant.storage.name(), usage.entry, variant.architecture);
            let occupancy = 100 * blocks * THREADS as usize / 32 / of.warps;
            let Usage { registers, shared, spilled, stack, .. } = *usage;
            println!("| {what} | {registers} | {shared} | {spilled} | {blocks} | {occupancy} % |");
            assert_eq!((spilled, stack), (0, 0), "{what} spills");
            assert!(registers <= MOST_REGISTERS && shared <= MOST_SHARED, "{what}: {usage:?}");
            assert!(blocks >= 4, "{what}: {blocks} blocks are resident");
        }
    }
}

#[test]
fn reports_are_read_and_spills_are_seen() {
    let report = "ptxas info    : 0 bytes gmem\n\
                  ptxas info    : Compiling entry function 'a_b' for 'sm_80'\n\
                  ptxas info    : Function properties for a_b\n    \
                  8 bytes stack frame, 8 bytes spill stores, 4 bytes spill loads\n\
                  ptxas info    : Used 40 registers, used 1 barriers, 25040 bytes smem, 608 bytes cmem[0]\n\
                  ptxas info    : Compile time = 1.2 ms\n";
    let usage = Usage { entry: "a_b".into(), registers: 40, shared: 25_040, spilled: 12, stack: 8 };
    assert_eq!(parse(report), [usage]);
}

#[test]
fn each_resource_can_limit_the_blocks() {
    let of = multiprocessor(Architecture::new(80));
    let blocks = |registers, shared| resident(&Usage { registers, shared, ..Usage::default() }, &of);
    assert_eq!(blocks(32, 0), 8, "warps");
    assert_eq!(blocks(64, 0), 4, "registers");
    assert_eq!(blocks(65, 0), 3, "registers go to warps in units");
    assert_eq!(blocks(32, 40 * 1024), 4, "shared memory and the system's own");
    assert_eq!(blocks(32, 33_224), 4, "shared memory");
}
