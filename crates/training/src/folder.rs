//! The folder of a training: its files, and the record of what it belongs to.

use crate::{Config, Result, TrainingError};
use equipoise_weights::put;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the folder belongs to: configuration and data.
pub const RECORD: &str = "training.json";
/// The state after the last steps that were kept.
pub const CHECKPOINT: &str = "checkpoint.safetensors";
/// The weights that the prior has: the running average.
pub const WEIGHTS: &str = "weights.safetensors";
/// The Gaussian.
pub const GAUSSIAN: &str = "prior.h5";
/// The context.
pub(crate) const CONTEXT: &str = "context.safetensors";
/// A row a step.
pub const CURVE: &str = "curve.csv";
/// A row a validation and level.
pub const VALIDATION: &str = "validation.csv";

/// A real number as `report::real` has tables write it: with a point, so that no reader takes a column for whole numbers.
pub(crate) fn real(x: f64) -> String {
    let text = format!("{x:?}");
    match text.split_once('e') {
        Some((digits, power)) if !digits.contains('.') => format!("{digits}.0e{power}"),
        _ => text,
    }
}

/// Stands in a folder that was empty until its record is whole: what is there without one is of a start that died.
const BEGUN: &str = "training.partial";

/// How the files begin that say who has the folder, which are none of its content (`experiment::Lease`).
const LEASE: &str = "lease.";

const FORMAT: &str = "equipoise-training 1";

/// What a folder belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    format: String,
    /// All of it, defaults too.
    pub(crate) config: Config,
    /// The name of the training file.
    pub(crate) train: String,
    /// Its SHA-256.
    pub(crate) train_sha256: String,
    /// The symmetries that windows are moved by.
    pub(crate) augment: Vec<String>,
    /// The SHA-256 of the Gaussian's file.
    pub(crate) gaussian_sha256: String,
}

/// The paths of a folder.
#[derive(Clone, Debug)]
pub struct Files(PathBuf);

impl Files {
    /// Of this folder.
    pub fn of(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// A file of it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes the folder, which must not be there, be empty, or hold what a start left that died.
    pub(crate) fn make(&self) -> Result<()> {
        let failed = |source| TrainingError::File { path: self.0.clone(), source };
        fs::create_dir_all(&self.0).map_err(failed)?;
        if self.path(BEGUN).exists() {
            self.clear().map_err(failed)?;
        }
        let mut names = fs::read_dir(&self.0).map_err(failed)?.filter_map(Result::ok);
        if names.any(|entry| !entry.file_name().to_string_lossy().starts_with(LEASE)) {
            return Err(TrainingError::Exists { path: self.0.clone() });
        }
        fs::write(self.path(BEGUN), "").map_err(failed)
    }

    /// Removes what a start writes, and what it was writing under another name; the mark goes last.
    fn clear(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.0)? {
            let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
            let own = [GAUSSIAN, CONTEXT, RECORD].iter().any(|own| name == **own);
            if own
                || (name != BEGUN
                    && path.extension().is_some_and(|ending| ending == "partial" || ending == "part"))
            {
                fs::remove_file(path)?;
            }
        }
        fs::remove_file(self.path(BEGUN))
    }

    /// The record is whole.
    pub(crate) fn settle(&self) -> Result<()> {
        match fs::remove_file(self.path(BEGUN)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(TrainingError::File { path: self.path(BEGUN), source })
            }
            _ => Ok(()),
        }
    }

    /// Writes a file, whole or not at all.
    pub(crate) fn put(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        put(&path, text.as_bytes(), true).map_err(|source| TrainingError::File { path, source })
    }

    pub(crate) fn record(&self) -> Result<Record> {
        let path = self.path(RECORD);
        let text =
            fs::read_to_string(&path).map_err(|source| TrainingError::File { path: path.clone(), source })?;
        let record: Record = serde_json::from_str(&text)
            .map_err(|source| TrainingError::Json { path: path.clone(), source })?;
        if record.format == FORMAT {
            return Ok(record);
        }
        let (field, found) = ("format".to_owned(), record.format);
        Err(TrainingError::Belongs { path, field, found, expected: FORMAT.to_owned() })
    }

    pub(crate) fn write_record(&self, record: &Record) -> Result<()> {
        let mut text = serde_json::to_string_pretty(record)
            .map_err(|source| TrainingError::Json { path: self.path(RECORD), source })?;
        text.push('\n');
        self.put(RECORD, &text)
    }
}

impl Record {
    pub(crate) fn new(config: &Config, [train, sha256, gaussian]: [String; 3], augment: Vec<String>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            config: config.clone(),
            train,
            train_sha256: sha256,
            augment,
            gaussian_sha256: gaussian,
        }
    }

    /// That the folder belongs to this configuration and these data.
    pub(crate) fn check(&self, files: &Files, config: &Config, sha256: &str) -> Result<()> {
        let belongs = |field: String, found: String, expected: String| {
            Err(TrainingError::Belongs { path: files.folder().to_owned(), field, found, expected })
        };
        if self.train_sha256 != sha256 {
            let field = "SHA-256 of the training file".to_owned();
            return belongs(field, sha256.to_owned(), format!("{} of {}", self.train_sha256, self.train));
        }
        let json = |config: &Config| {
            serde_json::to_value(config)
                .map_err(|source| TrainingError::Json { path: files.path(RECORD), source })
        };
        match difference("", &json(config)?, &json(&self.config)?) {
            Some((field, found, expected)) => belongs(field, found, expected),
            None => Ok(()),
        }
    }
}

/// The first entry that differs: its name, and both values.
fn difference(name: &str, found: &Value, expected: &Value) -> Option<(String, String, String)> {
    let (Value::Object(a), Value::Object(b)) = (found, expected) else {
        return (found != expected).then(|| (name.to_owned(), found.to_string(), expected.to_string()));
    };
    let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    let null = Value::Null;
    a.iter().find_map(|(key, value)| difference(&inner(key), value, b.get(key).unwrap_or(&null)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A start that died leaves no folder that neither begins nor goes on; a file of others stays.
    #[test]
    fn what_a_start_left_that_died_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(folder.path());
        let names = || {
            let mut names: Vec<_> =
                fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
            names.sort();
            names
        };
        files.make().unwrap();
        for name in [GAUSSIAN, "context.safetensors.12.part", RECORD] {
            fs::write(files.path(name), "part").unwrap();
        }
        files.make().unwrap();
        assert_eq!(names(), [BEGUN]);
        fs::write(files.path("thesis.txt"), "chapter 1").unwrap();
        assert!(matches!(files.make(), Err(TrainingError::Exists { .. })));
        assert_eq!(names(), ["thesis.txt"]);
        fs::remove_file(files.path("thesis.txt")).unwrap();
        fs::write(files.path("lease.1"), "{}").unwrap();
        files.make().unwrap();
        assert_eq!(names(), ["lease.1", BEGUN]);
        fs::remove_file(files.path("lease.1")).unwrap();
        files.settle().unwrap();
        fs::write(files.path(RECORD), "{}").unwrap();
        assert!(matches!(files.make(), Err(TrainingError::Exists { .. })));
        assert_eq!(names(), [RECORD]);
    }

    #[test]
    fn a_record_of_another_version_is_what_was_found() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(folder.path());
        let config = Config::default();
        let record = Record {
            format: "equipoise-training 2".into(),
            ..Record::new(&config, [(); 3].map(|()| String::new()), Vec::new())
        };
        files.write_record(&record).unwrap();
        let told = files.record().unwrap_err().to_string();
        assert!(
            told.contains("training.json: format: found equipoise-training 2, expected equipoise-training 1"),
            "{told}"
        );
    }
}
