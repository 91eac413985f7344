//! Loads and stores of the loop over tiles, counted in the PTX, against the least that the formula
//! needs.
//!
//! A thread holds four observations of a tile. The loop has two paths: one for whole tiles of aligned
//! arrays, whose accesses span 16 bytes of r, and one for the rest, element by element. Either moves
//! every array once; a gather (x̂ on a field) and a table (1/v of a channel) go element by element in
//! both.

use crate::kernel::{Kernel, Moved, kernels};
use crate::toolchain::built;
use equipoise_likelihood_cuda::variant::{Entry, Layout, Storage, Target, Weight};

/// Observations of a tile that one thread holds.
const ITEMS: usize = 4;

struct Traffic {
    loads: Moved,
    stores: Moved,
}

/// The least that one thread moves for its part of a tile, in both paths together.
fn least(entry: Entry, storage: Storage) -> Traffic {
    let (s, r) = (storage.bytes(), storage.real_bytes());
    let if_so = |condition: bool, bytes: usize| if condition { bytes } else { 0 };
    let streams = s
        + if_so(entry.layout == Layout::Compact, s)
        + if_so(entry.layout == Layout::Listed, 4)
        + if_so(entry.weight == Weight::Each, r);
    let gathered = if_so(entry.layout != Layout::Compact, s) + if_so(entry.weight == Weight::Channel, 8);
    // Two threads of a block fetch the indices beside the tile.
    let beside = if_so(entry.layout == Layout::Listed && entry.target == Target::Field, 2 * 2 * 4);
    let written = r + if_so(entry.target == Target::Compact, r);
    Traffic {
        loads: Moved { vector: ITEMS * streams, scalar: ITEMS * (streams + 2 * gathered) + beside },
        stores: Moved { vector: ITEMS * written, scalar: ITEMS * written },
    }
}

/// One pass of the loops that write the field: a group of 16 bytes, whole or in part, around lattice
/// points; one element of a segment for each lane around listed points.
fn scattered(entry: Entry, storage: Storage) -> Moved {
    match (entry.target, entry.layout) {
        (Target::Compact, _) | (_, Layout::Compact) => Moved::default(),
        (Target::Field, Layout::Strided) => Moved { vector: 16, scalar: 16 },
        (Target::Field, Layout::Listed) => Moved { vector: 0, scalar: storage.real_bytes() },
    }
}

fn judge(kernel: &Kernel<'_>, entry: Entry, storage: Storage) -> Result<(), String> {
    let tiles = kernel.tiles();
    let (loads_inside, loads) = kernel.moved("ld", tiles);
    let (stores_inside, stores) = kernel.moved("st", tiles);
    let least = least(entry, storage);
    for (what, found, expected) in [
        ("loads", loads, least.loads),
        ("stores", stores, least.stores),
        ("loads in inner loops", loads_inside, Moved::default()),
        ("stores in inner loops", stores_inside, scattered(entry, storage)),
    ] {
        if found != expected {
            return Err(format!("{what}: found {found:?}, expected {expected:?}"));
        }
    }
    let spaces = ["global", "shared", "param"];
    let elsewhere = kernel.within(tiles).find(|opcode| {
        let access = opcode.starts_with("ld.") || opcode.starts_with("st.");
        access && !opcode.split('.').any(|part| spaces.contains(&part))
    });
    elsewhere.map_or(Ok(()), |opcode| Err(format!("{opcode} in the loop over tiles")))
}

#[test]
fn the_loop_over_tiles_moves_the_least_and_nothing_through_local_memory() {
    let Some(built) = built() else { return };
    println!(
        "bytes that the vector path moves for one observation, as the loop over tiles in the PTX has it"
    );
    for variant in built {
        let kernels = kernels(&variant.ptx);
        assert!(!variant.ptx.contains(".local"), "{} uses local memory", variant.storage.name());
        for entry in Entry::all() {
            let name = entry.to_string();
            let what = format!("{} {name} {}", variant.storage.name(), variant.architecture);
            let kernel = kernels.iter().find(|kernel| kernel.entry == Some(&name));
            let kernel = kernel.unwrap_or_else(|| panic!("{what} is missing"));
            judge(kernel, entry, variant.storage).unwrap_or_else(|fault| panic!("{what}: {fault}"));
            let least = least(entry, variant.storage);
            let gathered = if entry.layout == Layout::Compact { 0 } else { variant.storage.bytes() };
            let table = if entry.weight == Weight::Channel { ", 8 from the cached table" } else { "" };
            let (streamed, written) = (least.loads.vector / ITEMS, least.stores.vector / ITEMS);
            println!("{what}: {streamed} streamed and {gathered} gathered in{table}; {written} out");
        }
    }
}

#[test]
fn a_second_load_and_a_generic_store_are_found() {
    let Some(built) = built() else { return };
    let variant = &built[0];
    let entry = Entry { layout: Layout::Compact, target: Target::Compact, weight: Weight::Scalar };
    let judged = |ptx: &str| {
        let kernels = kernels(ptx);
        let kernel = kernels.iter().find(|kernel| kernel.entry == Some("compact_scalar"));
        judge(kernel.expect("the kernel"), entry, variant.storage)
    };
    assert_eq!(judged(&variant.ptx), Ok(()));
    let start = variant.ptx.find(".entry compact_scalar").expect("the kernel");
    let (head, tail) = variant.ptx.split_at(start);
    let twice = tail.replacen("ld.global.v4.f32", "ld.global.v4.f32 x;\nld.global.v4.f32", 1);
    assert!(judged(&(head.to_owned() + &twice)).unwrap_err().starts_with("loads: found"));
    let generic = tail.replacen("ld.global.v4.f32", "st.f32 x;\nld.global.v4.f32", 1);
    assert_eq!(judged(&(head.to_owned() + &generic)).unwrap_err(), "st.f32 in the loop over tiles");
}
