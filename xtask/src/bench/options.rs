//! What `cargo xtask bench` is asked for.

use std::ffi::OsString;
use std::path::PathBuf;

/// The groups of cases, in the order in which they run.
pub(crate) const GROUPS: [&str; 6] = ["likelihood", "step", "reduced", "fit", "denoiser", "verbs"];

/// The arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Where the results go.
    pub(crate) out: PathBuf,
    /// Replace earlier results.
    pub(crate) force: bool,
    /// Time the peers beside ours.
    pub(crate) peers: bool,
    /// Groups, in the order of [`GROUPS`].
    pub(crate) only: Vec<&'static str>,
    /// Fewer sizes and rounds.
    pub(crate) quick: bool,
}

impl Options {
    /// From the arguments behind the verb.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub(crate) fn parse(args: &[OsString]) -> Result<Self, String> {
        let mut options =
            Self { out: "bench".into(), force: false, peers: false, only: GROUPS.to_vec(), quick: false };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let flag = arg.to_string_lossy();
            let mut value = || args.next().ok_or_else(|| format!("`{flag}` needs a value"));
            match &*flag {
                "--out" => options.out = value()?.into(),
                "--only" => options.only = groups(&value()?.to_string_lossy())?,
                "--force" => options.force = true,
                "--peers" => options.peers = true,
                "--quick" => options.quick = true,
                _ => return Err(format!("`bench` does not know the argument `{flag}`")),
            }
        }
        Ok(options)
    }

    /// Rounds of every case.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 3 } else { 9 }
    }
}

fn groups(list: &str) -> Result<Vec<&'static str>, String> {
    let asked: Vec<&str> = list.split(',').map(str::trim).collect();
    match asked.iter().find(|name| !GROUPS.contains(name)) {
        Some(name) => Err(format!("--only: found `{name}`, expected some of {}", GROUPS.join(","))),
        None => Ok(GROUPS.into_iter().filter(|name| asked.contains(name)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options, String> {
        Options::parse(&args.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn flags_are_read_and_groups_keep_their_order() {
        let found = parse(&["--out", "x", "--only", "step, likelihood", "--quick", "--peers"]).unwrap();
        assert_eq!(found.only, ["likelihood", "step"]);
        assert!(found.quick && found.peers && !found.force && found.out.as_os_str() == "x");
        assert_eq!(parse(&[]).unwrap().only, GROUPS);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let faults = [parse(&["--fast"]), parse(&["--out"]), parse(&["--only", "step,stp"])];
        let faults: Vec<String> = faults.into_iter().map(Result::unwrap_err).collect();
        assert_eq!(
            faults,
            [
                "`bench` does not know the argument `--fast`",
                "`--out` needs a value",
                "--only: found `stp`, expected some of likelihood,step,reduced,fit,denoiser,verbs",
            ]
        );
    }
}
