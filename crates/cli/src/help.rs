//! The parser with its help: one line an argument under `-h`, all of it under `--help` and in manual pages.

use crate::Arguments;
use clap::{Arg, Command, CommandFactory};

/// Columns of a line of `-h`.
const COLUMNS: usize = 100;

/// Columns that a flag takes ahead of its text, at most where names stand beside it.
const FLAG: usize = 32;

/// Columns of what stands around a list of names.
const NAMED: usize = 20;

/// What the command's `--help` ends with.
const AFTER: &str = "\
Exit status: 0 success; 1 bad input, with one message on standard error; 2 bad usage, which names the flag, what \
was found and what is expected; 130 interrupted.

Environment:
  EQUIPOISE_DATA                   the folder of the embedded samples
  EQUIPOISE_READ_SECONDS           how long the HDF5 library may take to go on, 120 (docs/formats.md)
  EQUIPOISE_SERVE_HELLO_SECONDS    how long a prior served by a command may take to begin (docs/serve.md)
  EQUIPOISE_SERVE_REQUEST_SECONDS  how long it may take to answer
  EQUIPOISE_NVRTC                  the file of NVRTC, under --backend cuda (docs/cuda.md)
  EQUIPOISE_CACHE                  the folder of compiled kernels; empty for none
  NO_COLOR                         messages without colours";

/// The parser of the command line.
pub(crate) fn command() -> Command {
    short(Arguments::command().after_long_help(AFTER))
}

/// Lists of names that would not fit beside an argument are told at length only.
fn short(command: Command) -> Command {
    command.mut_args(brief).mut_subcommands(short)
}

fn brief(arg: Arg) -> Arg {
    let values = arg.get_possible_values();
    let shown: Vec<_> = values.iter().filter(|value| !value.is_hide_set()).collect();
    let told = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let names: usize = shown.iter().map(|value| value.get_name().len() + 2).sum();
    let defaults: usize = arg.get_default_values().iter().map(|value| value.len() + 12).sum();
    let takes = arg.get_action().takes_values();
    if !takes || shown.is_empty() || FLAG + told.chars().count() + defaults + NAMED + names <= COLUMNS {
        return arg;
    }
    let mut long = arg.get_long_help().map_or(told, ToString::to_string);
    long += "\n\nPossible values:";
    for value in shown {
        let about = value.get_help().map_or_else(String::new, |about| format!(": {about}"));
        long += &format!("\n- {}{about}", value.get_name());
    }
    arg.hide_possible_values(true).long_help(long)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A verb and those below it, by the words that call them.
    fn verbs(command: &Command, called: &str) -> Vec<(String, Command)> {
        let below = command.get_subcommands().filter(|verb| verb.get_name() != "help");
        let below = below.flat_map(|verb| verbs(verb, format!("{called} {}", verb.get_name()).trim()));
        [(called.to_owned(), command.clone())].into_iter().chain(below).collect()
    }

    fn all() -> Vec<(String, Command)> {
        let mut command = command();
        command.build();
        verbs(&command, "")
    }

    #[test]
    fn short_help_has_a_line_an_argument() {
        assert!(all().len() > 14);
        let mut wide = Vec::new();
        for (called, mut verb) in all() {
            let help = verb.render_help().to_string();
            wide.extend(
                help.lines()
                    .filter(|line| line.chars().count() > COLUMNS && !line.starts_with("Usage:"))
                    .map(|line| format!("{called}: {}: {line}", line.chars().count())),
            );
            for arg in verb.get_arguments().filter(|arg| !arg.is_hide_set()) {
                let told = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!told.is_empty() && !told.contains('\n'), "{called} {}: {told:?}", arg.get_id());
            }
        }
        assert_eq!(wide, Vec::<String>::new(), "{}", wide.join("\n"));
    }

    #[test]
    fn long_help_says_units_space_and_every_name() {
        for (called, mut verb) in all() {
            let numbers = !["", "network", "slurm", "completions", "man"].contains(&called.as_str());
            let help = verb.render_long_help().to_string();
            assert_eq!(help.contains("Units and space:"), numbers, "{called}");
            assert!(!help.contains("///"), "{called}");
            for arg in verb.get_arguments().filter(|arg| arg.is_hide_possible_values_set()) {
                let names = arg.get_possible_values();
                let missing =
                    names.iter().find(|name| !name.is_hide_set() && !help.contains(name.get_name()));
                assert!(missing.is_none(), "{called} {}: {missing:?}", arg.get_id());
            }
        }
    }
}
