//! Programs that xtask calls: to their end, or for what they print.

use anyhow::{Context, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a command to its end, with nothing on its standard input.
///
/// # Errors
/// When it cannot be started or ends badly, with its line.
pub(crate) fn finish(command: &mut Command) -> anyhow::Result<()> {
    let status = command.stdin(Stdio::null()).status();
    let status = status.with_context(|| format!("cannot start {}", program(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// What a command prints.
///
/// # Errors
/// As [`finish`], with what it said on standard error; or if it prints no UTF-8.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start {}", program(command)))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        bail!("`{}`: {}", line(command), told.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} did not print UTF-8", program(command)))
}

/// What a command prints, without the blanks around it, if it succeeds.
pub(crate) fn printed(command: &mut Command) -> Option<String> {
    output(command).ok().map(|text| text.trim().to_owned())
}

/// A command as one would type it, with the variables that it sets.
pub(crate) fn line(command: &Command) -> String {
    let set = command.get_envs().filter_map(|(name, value)| Some((name, value?.to_string_lossy())));
    let variables = set.map(|(name, value)| {
        let value = if value.contains(' ') { format!("'{value}'") } else { value.into_owned() };
        format!("{}={value}", name.to_string_lossy())
    });
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    variables.chain([program(command)]).chain(args).collect::<Vec<_>>().join(" ")
}

/// The name of a program, without its folder.
fn program(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program.file_stem().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
}
