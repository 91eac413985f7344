//! Priors as every verb takes them: names of denoisers, and the file of a Gaussian prior.

use crate::failure::usage;
use equipoise_experiment::Approach;
use equipoise_prior::{DenoiserName, PriorSpec};
use std::path::{Path, PathBuf};

/// What a list of priors says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Priors {
    /// The denoisers, in order; a file stands for `wiener` in its place.
    pub(crate) names: Vec<DenoiserName>,
    /// The prior that `fit` saved.
    pub(crate) file: Option<PathBuf>,
}

/// The names in the values of `--prior`, which commas separate; one whose setting is verbatim takes the rest of
/// its value.
pub(crate) fn listed(values: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    for value in values {
        let mut rest = value.as_str();
        loop {
            let base = rest.split([':', ',']).next().unwrap_or_default();
            let verbatim = DenoiserName::all().any(|spec| spec.verbatim && spec.name == base);
            let Some((name, after)) = rest.split_once(',').filter(|_| !verbatim) else {
                names.push(rest.to_owned());
                break;
            };
            names.push(name.to_owned());
            rest = after;
        }
    }
    names
}

/// The denoisers that the values of `--prior` name, where no file may stand.
///
/// # Errors
/// Bad usage: a name that stands for none.
pub(crate) fn names(values: &[String]) -> anyhow::Result<Vec<DenoiserName>> {
    let parse = |name: &String| name.parse().map_err(|fault| usage(&format!("--prior: {fault}")));
    listed(values).iter().map(parse).collect()
}

impl Priors {
    /// Of the values of `--prior`, each a list, and of `--prior-file`; neither for `wiener`. A file under `--prior`
    /// is taken as it was before `--prior-file`, with a note.
    ///
    /// # Errors
    /// Bad usage: two files, or a value that is no name.
    pub(crate) fn of(values: &[String], file: Option<&Path>) -> anyhow::Result<Self> {
        let mut priors = Self { names: Vec::new(), file: file.map(Path::to_path_buf) };
        for value in &listed(values) {
            let name = match value.parse() {
                Ok(name) => name,
                Err(fault) if !Path::new(value).exists() => {
                    return Err(usage(&format!("--prior: {fault}; a file goes to --prior-file")));
                }
                Err(_) => {
                    note!("note: --prior {value} is now --prior-file {value}");
                    if let Some(first) = priors.file.replace(value.into()) {
                        let found = first.display();
                        return Err(usage(&format!("--prior-file: found {found} and {value}, expected one")));
                    }
                    DenoiserName::wiener()
                }
            };
            priors.names.push(name);
        }
        if priors.names.is_empty() {
            priors.names.push(DenoiserName::wiener());
        }
        Ok(priors)
    }

    /// The first that is not the fitted Gaussian, for which training windows are needed.
    pub(crate) fn windowed(&self) -> Option<&DenoiserName> {
        self.names.iter().find(|name| !name.is_gaussian())
    }
}

/// The help of an option that names priors.
pub(crate) fn told(before: &str) -> String {
    let one = |spec: &PriorSpec| {
        let PriorSpec { name, settings, about, .. } = spec;
        if settings.is_empty() { format!("{name}, {about}") } else { format!("`{name}{settings}`, {about}") }
    };
    let (shifted, plain): (Vec<_>, Vec<_>) = DenoiserName::all().partition(|spec| spec.windows);
    let list = |specs: Vec<&'static PriorSpec>| specs.into_iter().map(one).collect::<Vec<_>>().join("; ");
    format!(
        "{before} {}; or over the training windows, with @SHIFTS for cyclic shifts of them along x: {}",
        list(plain),
        list(shifted)
    )
}

/// Refuses a method that was asked for by name and cannot run under every prior.
///
/// # Errors
/// Bad usage.
pub(crate) fn refuse_unknown<'a>(
    priors: impl Iterator<Item = &'a DenoiserName>,
    approaches: &[Approach],
) -> anyhow::Result<()> {
    for prior in priors {
        if let Some(approach) = approaches.iter().find(|approach| !approach.runs_under(prior)) {
            let taken = DenoiserName::all()
                .map(|spec| spec.name)
                .filter(|name| name.parse().is_ok_and(|name| approach.runs_under(&name)));
            let (method, taken) = (approach.method(), taken.collect::<Vec<_>>().join(" or "));
            return Err(usage(&format!("--prior: found {prior} with method {method}, which takes {taken}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(list: &str) -> Result<Priors, String> {
        Priors::of(&[list.to_owned()], None).map_err(|e| e.to_string())
    }

    /// A command may hold commas and colons.
    #[test]
    fn a_command_takes_the_rest_of_its_value() {
        let found = listed(&["wiener,serve:python3 a.py --at 1,2:3".to_owned(), "local,optimal".to_owned()]);
        assert_eq!(found, ["wiener", "serve:python3 a.py --at 1,2:3", "local", "optimal"]);
    }

    #[test]
    fn a_file_among_names_is_still_understood() {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let found = of(&format!("local,{here},optimal@4")).unwrap();
        let names: Vec<String> = found.names.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["local:4", "wiener", "optimal@4"]);
        assert_eq!(
            (found.file.as_deref(), found.windowed().unwrap().base()),
            (Some(Path::new(here)), "local")
        );
        assert_eq!(
            Priors::of(&[], None).unwrap(),
            Priors { names: vec![DenoiserName::wiener()], file: None }
        );
        let neither = of("wiener,optima").unwrap_err();
        assert!(neither.contains("found `optima`, expected wiener, optimal"), "{neither}");
        assert!(neither.contains("a file goes to --prior-file"), "{neither}");
        assert!(of(&format!("{here},{here}")).unwrap_err().contains("expected one"));
        let beside = Priors::of(&["optimal".to_owned()], Some(Path::new(here))).unwrap();
        assert_eq!((beside.names.len(), beside.file.as_deref()), (1, Some(Path::new(here))));
        assert!(Priors::of(&[here.to_owned()], Some(Path::new(here))).is_err());
    }
}
