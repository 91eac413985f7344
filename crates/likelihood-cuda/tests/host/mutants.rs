//! The proof can fail: spoiled sources, and which check catches each.

use crate::case::{Case, Place};
use crate::element::Element;
use crate::kernel::{Kernel, have_compiler, proven};
use crate::laws::places;
use crate::traffic::least;
use equipoise_likelihood_cuda::LIKELIHOOD;
use equipoise_likelihood_cuda::variant::{Storage, Target, Weight};
use std::collections::BTreeSet;

/// A source spoiled in one place, launches that must show it, and what they must say.
struct Mutant {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    /// Entry points, with about 9000 observations each.
    entries: &'static [&'static str],
    caught: &'static str,
}

const fn mutant(
    name: &'static str,
    from: &'static str,
    to: &'static str,
    entries: &'static [&'static str],
    caught: &'static str,
) -> Mutant {
    Mutant { name, from, to, entries, caught }
}

const MUTANTS: [Mutant; 25] = [
    mutant(
        "no barrier between terms and their sum",
        "        staged = n;\n        __syncthreads();",
        "        staged = n;",
        &["compact_scalar"],
        "shared memory is read before it is written",
    ),
    mutant(
        "no barrier between the sum and the next terms",
        "start - TILE, staged);\n            __syncthreads();",
        "start - TILE, staged);",
        &["compact_scalar"],
        "race: shared memory is read with no barrier after its write",
    ),
    mutant(
        "no barrier before a block's sums are brought together",
        "    }\n    __syncthreads();\n    double *partials",
        "    }\n    double *partials",
        &["compact_scalar"],
        "race: shared memory is read with no barrier after its write",
    ),
    mutant(
        "no barrier before the ticket's answer is read",
        "    }\n    __syncthreads();\n    if (!get(shared.last)) return;",
        "    }\n    if (!get(shared.last)) return;",
        &["compact_scalar"],
        "race: shared memory is read with no barrier after its write",
    ),
    mutant(
        "no barrier between two rounds over block sums",
        "            }\n            __syncthreads();\n        }\n        len = chunks;",
        "            }\n        }\n        len = chunks;",
        &["a tree of two rounds"],
        "race: ",
    ),
    mutant(
        "a barrier that one thread passes by",
        "    }\n    __syncthreads();\n    double *partials",
        "    }\n    if (threadIdx.x != 77) __syncthreads();\n    double *partials",
        &["compact_scalar"],
        "deadlock: ",
    ),
    mutant(
        "a stride off by one",
        "(i - row * a.columns.divisor) * a.stride.divisor",
        "(i - row * a.columns.divisor) * (a.stride.divisor - 1)",
        &["strided_compact_scalar"],
        "residual of sample 0 differs",
    ),
    mutant(
        "rows off by one",
        "(row - plane * a.rows.divisor) * a.stride.divisor",
        "(row - plane * a.rows.divisor) * a.stride.divisor + 1",
        &["strided_field_scalar"],
        "an access",
    ),
    mutant(
        "a shuffle with the wrong offset in the tree of sums",
        "value += __shfl_xor_sync(ALL, value, distance);",
        "value += __shfl_xor_sync(ALL, value, distance ^ 8);",
        &["compact_scalar"],
        "quadratic sum of sample 0 differs",
    ),
    mutant(
        "a fold that leaves out half of a warp",
        "unsigned distance = WARP / 2; distance > 0",
        "unsigned distance = WARP / 4; distance > 0",
        &["compact_scalar"],
        "of sample 0 differs",
    ),
    mutant(
        "lanes added from the end",
        "for (unsigned at = lane; at < n; at += LANES) sum += get(terms[at]);",
        "for (unsigned k = (n + LANES - 1 - lane) / LANES; k-- > 0;) sum += get(terms[k * LANES + lane]);",
        &["compact_scalar"],
        "quadratic sum of sample 0 differs",
    ),
    mutant(
        "another tree over blocks",
        "const double left = at < len ? FETCH(terms + at) : 0.0;",
        "const double left = at < len ? FETCH(terms + (at + 2 < len ? at + 2 : at - at % 4)) : 0.0;",
        &["a tree of many blocks"],
        "quadratic sum of sample 0 differs",
    ),
    mutant(
        "terms of the rounded gradient",
        "put(shared.terms[0][at], wide * p);",
        "put(shared.terms[0][at], wide * static_cast<double>(weighted.item[k]));",
        &["compact_scalar"],
        "quadratic sum of sample 0 differs",
    ),
    mutant(
        "infinity taken for finite",
        "r - r == 0 ? 0 : 1",
        "r == r ? 0 : 1",
        &["compact_scalar"],
        "non-finite count of sample 0 differs",
    ),
    mutant(
        "an exponent off by one",
        "static_cast<int>(bits >> 52) - 1023",
        "static_cast<int>(bits >> 52) - 1022",
        &["compact_each"],
        "log variance of sample 0 differs",
    ),
    mutant(
        "a skipped tail",
        "const unsigned end = smaller(a.count, (blockIdx.x + 1) * BLOCK);",
        "const unsigned end = smaller(a.count / TILE * TILE, (blockIdx.x + 1) * BLOCK);",
        &["compact_scalar"],
        "array `residual` is not written",
    ),
    mutant(
        "vectors in a tile that is not whole",
        "const bool vector = vectors && n == TILE;",
        "const bool vector = vectors && n > 0;",
        &["compact_scalar"],
        "an access",
    ),
    mutant(
        "vectors without a look at alignment",
        "const bool vectors = vectors_fit<LAYOUT, TARGET, WEIGHT>(a, sample);",
        "const bool vectors = true;",
        &["compact_scalar"],
        "a misaligned access",
    ),
    mutant(
        "the last block but one combines",
        "atomicInc(a.tickets + blockIdx.y, a.blocks - 1) == a.blocks - 1",
        "atomicInc(a.tickets + blockIdx.y, a.blocks - 1) == a.blocks - 2",
        &["compact_scalar"],
        "quadratic sum of sample 0 differs",
    ),
    mutant(
        "a ticket that is not handed back",
        "atomicInc(a.tickets + blockIdx.y, a.blocks - 1) ==",
        "atomicAdd(a.tickets + blockIdx.y, 1u) ==",
        &["compact_scalar"],
        "a ticket is left behind",
    ),
    mutant(
        "no fence before the ticket",
        "        __threadfence();\n        put(shared.last",
        "        put(shared.last",
        &["compact_scalar"],
        "quadratic sum of sample 0 differs",
    ),
    mutant(
        "unobserved rows left as they were",
        "e < smaller(first + GAPS_A_BLOCK, a.gaps)",
        "e < smaller(first + GAPS_A_BLOCK, a.gaps) && e < a.gaps / 2",
        &["strided_field_scalar"],
        "array `gradient` is not written",
    ),
    mutant(
        "a segment whose neighbour is forgotten",
        "start > 0 ? load(a.indices + (start - 1)) : NO_INDEX",
        "NO_INDEX",
        &["listed_field_scalar"],
        "an element is written twice",
    ),
    mutant(
        "a segment past the end of the field",
        "__shfl_sync(ALL, mine, k) * SEGMENT + lane;\n        if (position < a.size)",
        "__shfl_sync(ALL, mine, k) * SEGMENT + lane;\n        if (position < a.size + 32)",
        &["a sparse list"],
        "an access outside every array",
    ),
    mutant(
        "y read twice",
        "load_items<VECTOR>(items.value, sample.values + start, n);",
        "load_items<VECTOR>(items.value, sample.values + start, n);\n    \
         load_items<VECTOR>(items.value, sample.values + start, n);",
        &["compact_scalar"],
        "values: 72008 bytes loaded",
    ),
];

fn case(name: &str) -> Case {
    match name {
        "a tree of two rounds" => Case::new(Place::Compact(513 * 4096 + 1), Target::Compact, Weight::Scalar),
        "a tree of many blocks" => Case::new(Place::Compact(61 * 4096 + 5), Target::Compact, Weight::Scalar),
        "a sparse list" => Case::new(Place::Listed(2_005, vec![7, 1_100]), Target::Field, Weight::Scalar),
        _ => places(9_001).into_iter().find(|case| case.entry().to_string() == name).unwrap(),
    }
}

/// All that the proof holds against one launch: the emulation, the bits, the traffic, and the bits
/// once more with strange numbers off a boundary.
fn verdict(kernel: &Kernel, case: &Case) -> Result<(), String> {
    let traffic = case.check::<f32>(kernel)?;
    // The formula of the partial sums is for one round.
    if case.count() <= 512 * 4096 {
        for (found, least) in traffic.0.iter().zip(least::<f32>(case).0) {
            if *found != least {
                return Err(format!("{}: {} bytes loaded, {} stored", found.0, found.1, found.2));
            }
        }
    }
    let strange = Case { hostile: true, shift: 1, schedule: 2, ..case.clone() };
    strange.check::<f32>(kernel).map(|_| ())
}

/// `source` without the entry points that no case launches.
fn trimmed(source: &str, cases: &[Case]) -> String {
    let kept: BTreeSet<String> = cases.iter().map(|case| format!("ENTRY({},", case.entry())).collect();
    let lines = source.lines();
    let lines =
        lines.filter(|line| !line.starts_with("ENTRY(") || kept.iter().any(|entry| line.starts_with(entry)));
    lines.fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn every_spoiled_source_is_caught_and_the_whole_one_passes() {
    if !have_compiler() || proven() {
        return;
    }
    let names: BTreeSet<&str> = MUTANTS.iter().flat_map(|mutant| mutant.entries).copied().collect();
    for name in names {
        verdict(Kernel::shipped(f32::STORAGE), &case(name)).unwrap();
    }
    let mut escaped = Vec::new();
    for Mutant { name, from, to, entries, caught } in &MUTANTS {
        assert_eq!(LIKELIHOOD.text.matches(from).count(), 1, "{name}: the place to spoil");
        let cases: Vec<Case> = entries.iter().map(|name| case(name)).collect();
        let spoiled = trimmed(&LIKELIHOOD.text.replacen(from, to, 1), &cases);
        let kernel = match Kernel::build(&spoiled, Storage::F32) {
            Ok(kernel) => kernel,
            Err(log) => panic!("{name}: {log}"),
        };
        let found: Vec<_> = cases.iter().filter_map(|case| verdict(&kernel, case).err()).collect();
        if !found.iter().any(|fault| fault.contains(caught)) {
            escaped.push(format!("{name}: expected `{caught}`, found {found:?}"));
        }
    }
    assert!(escaped.is_empty(), "{}", escaped.join("\n"));
}
