//! Running the command from the project folder, and reading what it printed.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The project folder.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// The command in the project folder, in an environment where it was never started before.
///
/// It locks no file: children that other tests start at the same time inherit what this process has open, lock and
/// all, also a file that was closed here since.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_equipoise"));
    command.args(arguments).current_dir(project()).env_remove("EQUIPOISE_RESTARTED").env_remove("RUST_LOG");
    command.env("HDF5_USE_FILE_LOCKING", "FALSE");
    command
}

/// What one run left; lines of progress, which depend on how fast it was, are left out.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let stderr = text(output.stderr);
        let said: String = stderr.split_inclusive('\n').filter(|line| !is_progress(line)).collect();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: said }
    }
}

/// A line that begins with a moment.
fn is_progress(line: &str) -> bool {
    let moment: String = line.chars().take(20).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    moment == "0000-00-00T00:00:00Z"
}

/// Runs to the end.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    command(arguments).output().unwrap().into()
}

/// The standard output of a run that must succeed without a word on standard error.
pub(crate) fn printed(arguments: &[&str]) -> String {
    let ran = run(arguments);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    ran.stdout
}

/// JSON with every number rounded to `digits` significant digits.
pub(crate) fn rounded(json: &str, digits: usize) -> Value {
    fn round(value: &mut Value, digits: usize) {
        match value {
            Value::Number(number) if number.is_f64() => {
                let x = number.as_f64().unwrap();
                *value = format!("{x:.*e}", digits - 1).parse::<f64>().unwrap().into();
            }
            Value::Array(values) => values.iter_mut().for_each(|value| round(value, digits)),
            Value::Object(fields) => fields.values_mut().for_each(|value| round(value, digits)),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(json).unwrap();
    round(&mut value, digits);
    value
}

/// The records of a CSV text by the names of its columns.
pub(crate) fn records(csv: &str) -> Vec<std::collections::HashMap<String, String>> {
    csv::Reader::from_reader(csv.as_bytes()).deserialize().map(Result::unwrap).collect()
}
