//! Pages as a browser shows them: made by the command, looked at by keys in headless Chromium.

use crate::call::finish;
use crate::{cuda, python, setup, workspace};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What tells the browser what to do.
pub(crate) const PLAYWRIGHT: &str = "playwright==1.65.2";

/// Trajectories for members of another one: enough of a verdict for its page.
const JUDGED: [&str; 5] =
    ["judge", "--members", "data/kolmogorov/train.h5", "--truth", "data/kolmogorov/test.h5"];
/// A sweep whose report has every part.
const SWEPT: [&str; 9] =
    ["sweep", "--dataset", "kolmogorov", "--protocol", "fast", "--sub", "4", "--law", "matched,sum"];

/// A step of `cargo xtask test`: the pages of a verdict and of a sweep, by the command that the tests built. The browser and
/// what drives it are installed in continuous integration; elsewhere the step says that it was skipped, and `cargo xtask
/// peers` looks at them.
pub(crate) fn run() -> anyhow::Result<()> {
    if !cuda::in_ci() {
        eprintln!(
            "skipped: continuous integration has a browser for it; `cargo xtask peers` looks where there is one"
        );
        return Ok(());
    }
    setup::ensure_browser()?;
    let root = workspace::root();
    let (library, folder) = (root.join("target/playwright"), root.join("target/pages"));
    python::install_into(&library, &[PLAYWRIGHT], false, "it tells a browser what to do")?;
    let command =
        std::env::current_exe()?.with_file_name(format!("equipoise{}", std::env::consts::EXE_SUFFIX));
    let pages = made(&folder, || Command::new(&command))?;
    let mut interpreter = python::python("python3");
    interpreter.env("PYTHONPATH", &library).env("EQUIPOISE_BROWSER", "must");
    look(interpreter, &folder, &pages)
}

/// Pages that calls of `command` leave below a folder.
///
/// # Errors
/// Where one fails.
pub(crate) fn made(folder: &Path, command: impl Fn() -> Command) -> anyhow::Result<Vec<PathBuf>> {
    let page = |words: &[&str], page: &str| {
        let out = folder.join(words[0]);
        let mut call = command();
        call.current_dir(workspace::root()).args(words).args(["--quiet", "--force", "--out"]).arg(&out);
        finish(call.stdout(std::process::Stdio::null())).map(|()| out.join(page))
    };
    Ok(vec![page(&JUDGED, "judge.html")?, page(&SWEPT, "report.html")?])
}

/// Looks at pages; screenshots stay in the folder.
///
/// # Errors
/// A fault of a page.
pub(crate) fn look(mut interpreter: Command, folder: &Path, pages: &[PathBuf]) -> anyhow::Result<()> {
    let script = workspace::root().join("xtask/peers/page.py");
    finish(interpreter.arg(script).arg(folder).args(pages))
}
