//! What a folder of results says of the command that wrote it.

use equipoise_experiment::{Build, Provenance, Shard};

/// The command as it was built and called; its runs, those of a shard or all, take place on `backend`, over these files
/// with their digests.
pub(crate) fn provenance<'a>(
    backend: &str,
    files: impl Iterator<Item = &'a (String, String)>,
    shard: Option<Shard>,
) -> Provenance {
    Provenance {
        build: Build {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: option_env!("EQUIPOISE_REVISION").map(str::to_owned),
            sources: option_env!("EQUIPOISE_SOURCES").map(str::to_owned),
            blas_core: Some(equipoise_blas::core()),
            vectors: Build::vectors_here(),
            backend: backend.to_owned(),
        },
        arguments: std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect(),
        data: files.cloned().collect(),
        threads: rayon::current_num_threads(),
        blas_threads: Some(equipoise_blas::threads()),
        shard,
    }
}
