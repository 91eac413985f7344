//! The text of the scripts: what Slurm is asked for, what this call asks for, and what is the same in all.

use super::{Arguments, text};
use crate::failure::usage;
use equipoise_experiment::JOURNAL;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The script of the tasks.
pub(super) const ARRAY: &str = "array.sh";
/// The script of the job that merges.
pub(super) const MERGE: &str = "merge.sh";
/// The script that submits both.
pub(super) const SUBMIT: &str = "submit.sh";

/// What the scripts of a call say.
pub(super) struct Script<'a> {
    /// The command.
    pub(super) program: PathBuf,
    /// Its words, but for the folder of results.
    pub(super) call: Vec<String>,
    /// The folder that it is called in.
    pub(super) folder: PathBuf,
    /// The folder of results.
    pub(super) out: PathBuf,
    /// The folder of the scripts.
    pub(super) scripts: PathBuf,
    pub(super) arguments: &'a Arguments,
}

impl Script<'_> {
    /// The script of a task: one shard.
    pub(super) fn array(&self) -> anyhow::Result<String> {
        let Arguments { cpus, grace, time, .. } = self.arguments;
        let mut asked = vec![
            format!("--cpus-per-task={cpus}"),
            "--open-mode=append".to_owned(),
            "--requeue".to_owned(),
            format!("--signal=B:TERM@{grace}"),
        ];
        asked.extend(time.iter().map(|limit| format!("--time={limit}")));
        let mut call: Vec<String> = self.call.iter().map(|word| quoted(word)).collect();
        if !call.iter().any(|word| word == "--threads" || word.starts_with("--threads=")) {
            call.push(format!("--threads {cpus}"));
        }
        let scratch = self.arguments.scratch.as_deref().map(expanded).transpose()?;
        let settings = [
            ("shards", self.arguments.shards.to_string()),
            ("folder", quoted_path(&self.folder)?),
            ("out", quoted_path(&self.out)?),
            ("scratch", scratch.unwrap_or_else(|| "''".to_owned())),
            ("resume", if self.arguments.unlike { "--resume=anyway" } else { "--resume" }.to_owned()),
            ("journal", JOURNAL.to_owned()),
            ("call", format!("({} {})", quoted_path(&self.program)?, call.join(" "))),
        ];
        self.job("equipoise", "%A_%a", &asked, &settings, include_str!("array.sh"))
    }

    /// The script of the job that merges the shards.
    pub(super) fn merge(&self) -> anyhow::Result<String> {
        let settings = [("folder", quoted_path(&self.folder)?), ("out", quoted_path(&self.out)?)];
        let unlike = if self.arguments.unlike { " --unlike" } else { "" };
        let body = format!(
            "\ncd \"$folder\" || exit 1\nexec {} merge{unlike} \"$out\"\n",
            quoted_path(&self.program)?
        );
        self.job("equipoise-merge", "merge-%j", &["--open-mode=append".to_owned()], &settings, &body)
    }

    /// The script that submits them.
    pub(super) fn submit(&self) -> anyhow::Result<String> {
        let throttle = self.arguments.at_once.map_or_else(|| "''".to_owned(), |most| format!("%{most}"));
        let settings = [
            ("shards", self.arguments.shards.to_string()),
            ("throttle", throttle),
            ("scripts", quoted_path(&self.scripts)?),
        ];
        Ok(format!("#!/bin/bash\n{}{}", assigned(&settings), include_str!("submit.sh")))
    }

    fn job(
        &self,
        name: &str,
        log: &str,
        asked: &[String],
        settings: &[(&str, String)],
        body: &str,
    ) -> anyhow::Result<String> {
        let mut script = "#!/bin/bash\n".to_owned();
        let log = format!("--output=\"{}/{log}.log\"", text(&self.scripts)?.replace('%', "%%"));
        let own = [format!("--job-name={name}"), log];
        for option in own.iter().chain(asked).chain(&self.arguments.sbatch) {
            if option.contains('\n') || !option.starts_with('-') {
                return Err(usage(&format!("--sbatch: found {option:?}, expected an option of sbatch")));
            }
            writeln!(script, "#SBATCH {option}")?;
        }
        self.arguments.setup.iter().try_for_each(|line| writeln!(script, "{line}"))?;
        Ok(script + &assigned(settings) + body)
    }
}

fn assigned(settings: &[(&str, String)]) -> String {
    settings.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

/// A word as bash takes it for itself.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A path as bash takes it for itself.
pub(super) fn quoted_path(path: &Path) -> anyhow::Result<String> {
    Ok(quoted(text(path)?))
}

/// A path in which the node expands variables, each of which it must know.
fn expanded(path: &str) -> anyhow::Result<String> {
    let refused =
        || usage(&format!("--scratch: found {path:?}, expected a path, in which $NAME is a variable"));
    let mut told = String::new();
    for (k, part) in path.split('$').enumerate() {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        let part = if k > 0 { part.trim_start_matches('{').replacen('}', "", 1) } else { part.to_owned() };
        if !part.chars().all(plain) {
            return Err(refused());
        }
        if k == 0 {
            told += &part;
            continue;
        }
        let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        if name.is_empty() {
            return Err(refused());
        }
        write!(told, "${{{name}:?}}{rest}")?;
    }
    if told.is_empty() { Err(refused()) } else { Ok(format!("\"{told}\"")) }
}
