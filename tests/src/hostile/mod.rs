//! Hostile input: every reader of files as a function of bytes, and the bytes that its inputs are made from.
//!
//! A reader may refuse what it is given, and nothing else: no panic, no memory far beyond the file, no wait, and no
//! numbers that a second reading would not give. Targets panic where the last does not hold; who calls them sees to the
//! rest.

mod corpus;
mod fields;
mod files;
mod mutation;

pub use mutation::mutated;

/// A reader under hostile input.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Inputs that it reads, and some that it refuses.
    pub corpus: fn() -> Vec<Vec<u8>>,
    /// Reads an input, and again where it is accepted; whether it was.
    ///
    /// # Panics
    /// Where both readings differ.
    pub run: fn(&[u8]) -> bool,
    /// Bytes that it may hold for each that it reads.
    pub swells: u64,
    /// Whether a library that is not ours, of HDF5 or of Zarr, reads the bytes.
    pub foreign: bool,
}

type Corpus = fn() -> Vec<Vec<u8>>;

/// Cells, words and copies of them.
const TEXT: u64 = 256;

/// DEFLATE makes at most 1032 bytes of one; they may be held twice.
const DEFLATED: u64 = 2 * 1032;

const fn ours(name: &'static str, corpus: Corpus, run: fn(&[u8]) -> bool, swells: u64) -> Target {
    Target { name, corpus, run, swells, foreign: false }
}

const fn foreign(name: &'static str, corpus: Corpus, run: fn(&[u8]) -> bool) -> Target {
    Target { name, corpus, run, swells: DEFLATED, foreign: true }
}

/// All of them.
pub static TARGETS: [Target; 17] = [
    ours("arrays", corpus::arrays, fields::arrays, DEFLATED),
    ours("entry", corpus::entries, fields::entry, TEXT),
    ours("beside", corpus::beside, fields::beside, TEXT),
    ours("restart", corpus::restarts, fields::restart, TEXT),
    ours("tecplot", corpus::tecplot, fields::tecplot, TEXT),
    ours("vectors", corpus::vectors, fields::vectors, TEXT),
    ours("readings", corpus::readings, fields::readings, TEXT),
    ours("safetensors", corpus::safetensors, files::safetensors, TEXT),
    ours("torch", corpus::torch, files::torch, DEFLATED),
    ours("pickle", corpus::pickles, files::pickle, TEXT),
    ours("journal", corpus::journals, files::journal, TEXT),
    ours("plan", corpus::plans, files::plan, TEXT),
    ours("network", corpus::networks, files::network, TEXT),
    ours("words", corpus::words, files::words, TEXT),
    foreign("hdf5", corpus::hdf5, fields::hdf5),
    foreign("prior", corpus::priors, files::prior),
    foreign("zarr", corpus::stores, fields::store),
];
