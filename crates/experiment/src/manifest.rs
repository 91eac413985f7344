//! The manifest of a sweep, `manifest.json`: what ran, on what, where, and what it wrote.

use crate::replace::replace;
use crate::{Build, Error, Machine, Result, Shard};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The name of the manifest in the output folder.
pub const MANIFEST: &str = "manifest.json";

/// What the caller knows of its own build, arguments and data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The tool as it was built, and where it runs.
    #[serde(flatten)]
    pub build: Build,
    /// The command line.
    pub arguments: Vec<String>,
    /// SHA-256 of every data file, by name.
    pub data: BTreeMap<String, String>,
    /// Threads that the sweep uses.
    pub threads: usize,
    /// Threads of BLAS; `None` where nobody knows.
    #[serde(default)]
    pub blas_threads: Option<usize>,
    /// Which trials of the plan it carries out; `None` for all.
    #[serde(default)]
    pub shard: Option<Shard>,
}

/// One of the shards whose rows were merged, as its manifest was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Which.
    pub shard: Shard,
    /// Trials with a row.
    pub finished: usize,
    /// Trials that are its.
    pub total: usize,
    /// When it began, RFC 3339.
    pub started: String,
    /// When it last ended; `None` while it runs or after a crash.
    pub ended: Option<String>,
    /// Where it ran last.
    pub machine: Machine,
    /// On how many threads.
    pub threads: usize,
}

/// The content of `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest<P> {
    /// Tool, arguments and data.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// All that wrote rows, in order of their first; a row names its own by place. Empty in manifests
    /// from before builds were told apart.
    #[serde(default)]
    pub builds: Vec<Build>,
    /// The machine.
    pub machine: Machine,
    /// When the sweep began, RFC 3339.
    pub started: String,
    /// When it last ended or was interrupted, RFC 3339; `None` while it runs or after a crash.
    pub ended: Option<String>,
    /// Trials with a row.
    pub finished: usize,
    /// Trials of the plan.
    pub total: usize,
    /// Remarks on the sweep as a whole.
    pub notes: Vec<String>,
    /// The shards that rows were merged from, in their order; none for a single run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shards: Vec<Share>,
    /// The plan.
    pub plan: P,
    /// Every file that the sweep wrote or is about to write, relative to the folder, `/` between parts.
    pub files: BTreeSet<String>,
}

impl<P: Serialize + DeserializeOwned> Manifest<P> {
    /// The manifest of `total` trials that begin at `started`.
    pub(crate) fn begin(provenance: Provenance, plan: P, total: usize, started: String) -> Self {
        Self {
            builds: vec![provenance.build.clone()],
            provenance,
            machine: Machine::here(),
            started,
            ended: None,
            finished: 0,
            total,
            notes: Vec::new(),
            shards: Vec::new(),
            plan,
            files: BTreeSet::new(),
        }
    }

    /// Reads the manifest of a folder; `None` if the folder has none.
    ///
    /// # Errors
    /// If the file cannot be read or is no manifest.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(MANIFEST);
        match fs::read(&path) {
            Ok(bytes) => {
                Self::whole(&bytes).map(Some).map_err(Error::form(&path, "not a manifest of a sweep"))
            }
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(Error::io("read", &path)(fault)),
        }
    }

    /// A manifest whose plan leaves nothing out, also what a plan's file may.
    fn whole(bytes: &[u8]) -> serde_json::Result<Self> {
        let (manifest, told): (Self, Value) =
            (serde_json::from_slice(bytes)?, serde_json::from_slice(bytes)?);
        match left_out(&told["plan"], &serde_json::to_value(&manifest.plan)?) {
            Some(field) => Err(serde::de::Error::custom(format!("missing field `{field}`"))),
            None => Ok(manifest),
        }
    }

    /// Writes the manifest of a folder in one step.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let mut json =
            serde_json::to_vec_pretty(self).map_err(|source| Error::Encode { what: "manifest", source })?;
        json.push(b'\n');
        replace(&folder.join(MANIFEST), &json)
    }

    /// Accepts `asked` as the continuation of this sweep: same version, data and plan.
    ///
    /// # Errors
    /// [`Error::UnknownBuild`] where the rows do not say what wrote them; [`Error::Differs`] names the
    /// first field that is not the same.
    pub(crate) fn accept(&self, asked: &Self, folder: &Path) -> Result<()> {
        if self.builds.is_empty() {
            return Err(Error::UnknownBuild { manifest: folder.join(MANIFEST) });
        }
        let shard = |manifest: &Self| serde_json::json!(manifest.provenance.shard);
        let differs = match self.differs(asked)? {
            None => difference("shard", &shard(self), &shard(asked)),
            differs => differs,
        };
        match differs {
            Some((field, found, expected)) => {
                Err(Error::Differs { manifest: folder.join(MANIFEST), field, found, expected })
            }
            None => Ok(()),
        }
    }

    /// The first field of version, data and plan that is not the same, and both values.
    pub(crate) fn differs(&self, other: &Self) -> Result<Option<(String, String, String)>> {
        let encode = |value: &Self| -> Result<Value> {
            let fixed = (&value.provenance.build.version, &value.provenance.data, &value.plan);
            serde_json::to_value(fixed).map_err(|source| Error::Encode { what: "manifest", source })
        };
        let (found, expected) = (encode(self)?, encode(other)?);
        let names = ["version", "data", "plan"].into_iter().enumerate();
        Ok(names.into_iter().find_map(|(part, name)| difference(name, &found[part], &expected[part])))
    }

    /// Accepts the build of `asked` as the one that wrote here last.
    ///
    /// # Errors
    /// [`Error::OtherBuild`] with all that differs.
    pub(crate) fn accept_build(&self, asked: &Self, folder: &Path) -> Result<()> {
        match self.provenance.build.differences(&asked.provenance.build) {
            differences if differences.is_empty() => Ok(()),
            differences => Err(Error::OtherBuild { manifest: folder.join(MANIFEST), differences }),
        }
    }

    /// Goes on under `provenance`, whose build joins the list unless it is there.
    pub(crate) fn take_over(&mut self, provenance: Provenance) {
        self.provenance = provenance;
        let build = &self.provenance.build;
        if self.builds.iter().all(|known| !known.differences(build).is_empty()) {
            self.builds.push(build.clone());
        }
    }

    /// The place of the build that runs.
    pub(crate) fn build(&self) -> usize {
        let of_build = |known: &Build| known.differences(&self.provenance.build).is_empty();
        self.builds.iter().position(of_build).unwrap_or(self.builds.len().saturating_sub(1))
    }
}

/// The path of the first leaf in which two values differ, and the two leaves.
pub(crate) fn difference(path: &str, a: &Value, b: &Value) -> Option<(String, String, String)> {
    match (a, b) {
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            names.into_iter().find_map(|name| {
                let (a, b) =
                    (left.get(name).unwrap_or(&Value::Null), right.get(name).unwrap_or(&Value::Null));
                difference(&format!("{path}.{name}"), a, b)
            })
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .find_map(|(i, (a, b))| difference(&format!("{path}[{i}]"), a, b)),
        _ if a == b => None,
        _ => Some((path.to_owned(), a.to_string(), b.to_string())),
    }
}

/// The first field of `whole` that `told` does not have, at any depth.
fn left_out(told: &Value, whole: &Value) -> Option<String> {
    match (told, whole) {
        (Value::Object(told), Value::Object(whole)) => whole
            .iter()
            .find_map(|(name, of)| told.get(name).map_or(Some(name.clone()), |told| left_out(told, of))),
        (Value::Array(told), Value::Array(whole)) => {
            told.iter().zip(whole).find_map(|(told, whole)| left_out(told, whole))
        }
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::tests::{Plan, standard};

    pub(crate) fn provenance() -> Provenance {
        Provenance {
            build: Build {
                version: "0.1.0".into(),
                revision: Some("abcdef".into()),
                sources: Some("0123456789abcdef".into()),
                blas_core: Some("Haswell".into()),
                vectors: "avx2 fma".into(),
                backend: "cpu".into(),
            },
            arguments: vec!["sweep".into()],
            data: BTreeMap::from([("test.h5".into(), "aa".into())]),
            threads: 2,
            blas_threads: Some(1),
            shard: None,
        }
    }

    fn manifest(plan: Plan) -> Manifest<Plan> {
        Manifest::begin(provenance(), plan, 240, "2000-01-01T00:00:00Z".into())
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = manifest(standard());
        manifest.plan.eta = 0.1 + 0.2;
        manifest.files.insert("a/b.png".into());
        manifest.write(folder.path()).unwrap();
        assert_eq!(Manifest::<Plan>::read(folder.path()).unwrap(), Some(manifest));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no partial file stays");
    }

    #[test]
    fn a_manifest_from_before_builds_were_told_apart_is_read_and_not_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = manifest(standard());
        let mut json = serde_json::to_value(&manifest).unwrap();
        for name in ["blas_core", "blas_threads", "sources", "backend", "builds"] {
            assert!(json.as_object_mut().unwrap().remove(name).is_some(), "{name}");
        }
        fs::write(folder.path().join(MANIFEST), json.to_string()).unwrap();
        let found = Manifest::<Plan>::read(folder.path()).unwrap().unwrap();
        assert_eq!((&found.provenance.build.blas_core, found.provenance.blas_threads), (&None, None));
        let refused = found.accept(&manifest, folder.path());
        assert!(matches!(refused, Err(Error::UnknownBuild { .. })), "{refused:?}");
    }

    #[test]
    fn a_folder_without_a_manifest_is_none_and_a_broken_manifest_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::<Plan>::read(folder.path()).unwrap(), None);
        fs::write(folder.path().join(MANIFEST), "{\"version\":").unwrap();
        assert!(matches!(Manifest::<Plan>::read(folder.path()), Err(Error::Form { .. })));
    }

    #[test]
    fn the_first_difference_is_named() {
        let old = manifest(standard());
        let refused = |change: fn(&mut Manifest<Plan>)| {
            let mut asked = manifest(standard());
            change(&mut asked);
            old.accept(&asked, Path::new("out")).unwrap_err().to_string()
        };
        let messages = [
            refused(|m| m.plan.datasets[1].window = 16),
            refused(|m| m.plan.subs.truncate(2)),
            refused(|m| m.plan.gamma = Some(0.5)),
            refused(|m| m.plan.datasets[0].source.train_checksum = "other".into()),
            refused(|m| m.provenance.data.clear()),
            refused(|m| m.provenance.build.version = "0.2.0".into()),
        ];
        insta::assert_snapshot!(messages.join("\n"), @r#"
        out/manifest.json: cannot resume, `plan.datasets[1].window` differs: the folder has 8, this sweep has 16
        out/manifest.json: cannot resume, `plan.subs` differs: the folder has [2,4,8,16], this sweep has [2,4]
        out/manifest.json: cannot resume, `plan.gamma` differs: the folder has null, this sweep has 0.5
        out/manifest.json: cannot resume, `plan.datasets[0].source.train_checksum` differs: the folder has "training data of ibpm", this sweep has "other"
        out/manifest.json: cannot resume, `data.test.h5` differs: the folder has "aa", this sweep has null
        out/manifest.json: cannot resume, `version` differs: the folder has "0.1.0", this sweep has "0.2.0"
        "#);
    }

    #[test]
    fn threads_arguments_and_revision_may_differ() {
        let mut asked = manifest(standard());
        asked.provenance.threads = 7;
        asked.provenance.arguments.push("--resume".into());
        asked.provenance.build.revision = None;
        let found = manifest(standard());
        found.accept(&asked, Path::new("out")).unwrap();
        found.accept_build(&asked, Path::new("out")).unwrap();
    }

    #[test]
    fn another_build_is_told_with_all_that_differs_and_joins_the_list() {
        let mut found = manifest(standard());
        let mut asked = manifest(standard());
        asked.provenance.build.backend = "reduced".into();
        asked.provenance.build.sources = Some("fedcba9876543210".into());
        let message = found.accept_build(&asked, Path::new("out")).unwrap_err().to_string();
        insta::assert_snapshot!(message, @"out/manifest.json: cannot resume: `backend` differs, the folder has cpu, this run has reduced; `sources` differs, the folder has 0123456789abcdef, this run has fedcba9876543210; write to another folder, or pass --resume=anyway, which keeps the rows of both apart by the column `build` and repeats trials of another backend");
        found.take_over(asked.provenance.clone());
        assert_eq!((found.builds.len(), found.build()), (2, 1));
        found.take_over(asked.provenance);
        assert_eq!((found.builds.len(), found.build()), (2, 1), "a build is listed once");
        found.take_over(provenance());
        assert_eq!((found.builds.len(), found.build()), (2, 0));
    }
}
