//! What `cargo xtask bench` is asked for.

use std::ffi::OsString;
use std::path::PathBuf;

/// The groups of cases, in the order in which they run.
pub(crate) const GROUPS: [&str; 9] =
    ["likelihood", "step", "reduced", "fit", "denoiser", "network", JUDGE, VERBS, BUILD];
/// The group of one verdict, a whole process of ours and of a peer.
pub(crate) const JUDGE: &str = "judge";
/// The group of whole processes of the command.
pub(crate) const VERBS: &str = "verbs";
/// The group that takes minutes a round, and runs where it is asked for or another revision is.
pub(crate) const BUILD: &str = "build";

/// The arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Where the results go.
    pub(crate) out: PathBuf,
    /// Replace earlier results.
    pub(crate) force: bool,
    /// Time the peers beside ours.
    pub(crate) peers: bool,
    /// The revision that is timed in turn with this tree.
    pub(crate) against: Option<String>,
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
        let mut options = Self { out: "bench".into(), ..Self::default() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let flag = arg.to_string_lossy();
            let mut value = || args.next().ok_or_else(|| format!("`{flag}` needs a value"));
            match &*flag {
                "--out" => options.out = value()?.into(),
                "--only" => options.only = groups(&value()?.to_string_lossy())?,
                "--against" => options.against = Some(value()?.to_string_lossy().into_owned()),
                "--force" => options.force = true,
                "--peers" => options.peers = true,
                "--quick" => options.quick = true,
                _ => return Err(format!("`bench` does not know the argument `{flag}`")),
            }
        }
        if options.only.is_empty() {
            let asked = |name: &&str| *name != BUILD || options.against.is_some();
            options.only = GROUPS.into_iter().filter(asked).collect();
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
        assert_eq!(found.against, None);
    }

    #[test]
    fn a_build_from_nothing_is_timed_where_it_is_asked_for() {
        assert_eq!(parse(&[]).unwrap().only, GROUPS[..8]);
        assert_eq!(parse(&["--only", "build,step"]).unwrap().only, ["step", "build"]);
        let against = parse(&["--against", "HEAD~1"]).unwrap();
        assert_eq!((against.against.as_deref(), against.only), (Some("HEAD~1"), GROUPS.to_vec()));
        assert_eq!(parse(&["--against", "x", "--only", "fit"]).unwrap().only, ["fit"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let faults = [
            parse(&["--fast"]),
            parse(&["--out"]),
            parse(&["--against"]),
            parse(&["--only", "step,stp"]),
            parse(&["--only", ""]),
        ];
        let faults: Vec<String> = faults.into_iter().map(Result::unwrap_err).collect();
        assert_eq!(
            faults,
            [
                "`bench` does not know the argument `--fast`",
                "`--out` needs a value",
                "`--against` needs a value",
                "--only: found `stp`, expected some of likelihood,step,reduced,fit,denoiser,network,judge,verbs,build",
                "--only: found ``, expected some of likelihood,step,reduced,fit,denoiser,network,judge,verbs,build",
            ]
        );
    }
}
