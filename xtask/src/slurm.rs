//! The scripts of `equipoise slurm` on a real Slurm of this machine: tasks that fail, are cancelled, put back, told to
//! stop or preempted, a node that is lost and returns, more shards than an array may have.

mod cluster;
mod scene;

use crate::{cuda, setup, workspace};
use anyhow::Context;
use cluster::Cluster;
use scene::{Scene, reference};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What happens to the tasks of a scene.
type Play = fn(&Scene<'_>) -> anyhow::Result<()>;

/// As a step of `cargo xtask test`: in continuous integration, where there must be a Slurm; elsewhere it is skipped.
///
/// # Errors
/// As for [`run`].
pub(crate) fn check() -> anyhow::Result<()> {
    if cuda::in_ci() {
        return run();
    }
    eprintln!("slurm: skipped: `cargo xtask slurm` plays it, continuous integration does");
    Ok(())
}

/// Runs every scene beside the others, as most of their time is waiting. The command must have been built.
///
/// # Errors
/// The first scene that ends otherwise than it should; in continuous integration also that there is no Slurm.
pub(crate) fn run() -> anyhow::Result<()> {
    if let Some(reason) = setup::ensure_slurm(cuda::in_ci())? {
        anyhow::ensure!(!cuda::in_ci(), "found no Slurm to play the scenes on, expected one: {reason}");
        eprintln!("slurm: skipped: {reason}");
        return Ok(());
    }
    let program = program();
    anyhow::ensure!(program.is_file(), "found no {}, expected the command, built", program.display());
    let folder = std::env::temp_dir().join(format!("equipoise-slurm-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome =
        all(&folder, &program).with_context(|| format!("what Slurm says lies in {}", folder.display()));
    if outcome.is_ok() {
        std::fs::remove_dir_all(&folder)?;
    }
    outcome
}

fn all(folder: &Path, program: &Path) -> anyhow::Result<()> {
    let cluster = Cluster::start(&folder.join("cluster"))?;
    let expected = reference(program, &folder.join("single"))?;
    let scene = |name| Scene { cluster: &cluster, program, out: folder.join(name), expected: &expected };
    let scenes: [(&str, Play); 4] = [
        ("put-back", |scene| scene.put_back()),
        ("failed", |scene| scene.failed()),
        ("preempted", |scene| scene.preempted()),
        ("lost", |scene| scene.lost()),
    ];
    std::thread::scope(|scope| {
        let begun = scenes.map(|(name, play)| {
            let scene = scene(name);
            scope.spawn(move || {
                let clock = Instant::now();
                play(&scene).with_context(|| format!("scene `{name}`"))?;
                eprintln!("slurm: {name} passed after {:.0} s", clock.elapsed().as_secs_f64());
                Ok(())
            })
        });
        begun.into_iter().try_for_each(|handle| match handle.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

/// The command, as the tests before this step built it.
fn program() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace::root().join("target"), PathBuf::from);
    target.join("debug/equipoise")
}
