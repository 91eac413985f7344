//! `equipoise completions`: what a shell offers while a call is typed.

use crate::{help, output};
use clap::builder::PossibleValuesParser;
use clap::{Arg, Command};
use clap_complete::{Shell, generate};
use equipoise_prior::DenoiserName;
use equipoise_sampler::SamplerName;
use equipoise_scaling::Law;
use equipoise_schedule::{ScheduleName, Spacing};
use equipoise_solver::Method;

/// Print the completions of a shell
///
/// They offer verbs, flags, and the names of laws, methods, priors, samplers and schedules. Installed, for example:
///
///   bash  equipoise completions bash > ~/.local/share/bash-completion/completions/equipoise
///   zsh   equipoise completions zsh > "${fpath[1]}/_equipoise"
///   fish  equipoise completions fish > ~/.config/fish/completions/equipoise.fish
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints them.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    output::print(|to| {
        generate(arguments.shell, &mut offering(help::command()), "equipoise", to);
        Ok(())
    })
}

/// With the names that a flag's own parser takes but cannot list, since settings may follow them.
fn offering(command: Command) -> Command {
    command.mut_args(offer).mut_subcommands(offering)
}

fn offer(arg: Arg) -> Arg {
    let names: Vec<&'static str> = match arg.get_id().as_str() {
        _ if !arg.get_possible_values().is_empty() => return arg,
        "law" => Law::ALL.map(Law::name).into(),
        // That of `fit` is another's.
        "method" if arg.get_long_help().is_some_and(|told| told.to_string().contains("METHOD:")) => {
            Method::all().map(Method::name).collect()
        }
        "prior" => DenoiserName::all().map(|spec| spec.name).collect(),
        "sampler" => SamplerName::ALL.map(kept).into(),
        "spacing" => Spacing::ALL.map(Spacing::name).into(),
        "schedule" => ScheduleName::all().map(kept).collect(),
        "axes" => ["NTCHW", "TNCHW"].into(),
        "kind" => ["ibpm", "kolmogorov", "generic"].into(),
        "normalizer" => ["channel", "profile", "published", "identity"].into(),
        _ => return arg,
    };
    arg.value_parser(PossibleValuesParser::new(names))
}

/// A name to the end of the process, which prints it and ends.
fn kept(name: impl ToString) -> &'static str {
    name.to_string().leak()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::error::ErrorKind;

    fn script(shell: Shell) -> String {
        let mut text = Vec::new();
        generate(shell, &mut offering(help::command()), "equipoise", &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn every_shell_is_offered_every_name() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell);
            let methods = Method::all().map(|method| method.name());
            let names =
                methods.chain(Law::ALL.map(Law::name)).chain(DenoiserName::all().map(|spec| spec.name));
            for name in names.chain(["reconstruct", "describe", "--prior-file", "--seeds", "azula-ve"]) {
                assert!(script.contains(name.trim_start_matches('-')), "{shell}: {name}");
            }
        }
        for shell in [Shell::Elvish, Shell::PowerShell] {
            assert!(script(shell).contains("--prior-file"), "{shell}");
        }
    }

    /// What is offered by one parser is taken by the other; a prior may ask for settings after its name.
    #[test]
    fn every_name_that_is_offered_is_taken() {
        let (mut tried, offered) = (0, offering(help::command()));
        for verb in offered.get_subcommands() {
            for arg in verb.get_arguments().filter(|arg| arg.get_id() != "prior" && arg.get_long().is_some())
            {
                for value in arg.get_possible_values().iter().filter(|value| !value.is_hide_set()) {
                    let flag = format!("--{}={}", arg.get_long().unwrap(), value.get_name());
                    let refused =
                        help::command().try_get_matches_from(["equipoise", verb.get_name(), &flag]).err();
                    let kind = refused.map(|refusal| refusal.kind());
                    assert!(
                        !matches!(kind, Some(ErrorKind::InvalidValue | ErrorKind::ValueValidation)),
                        "{} {flag}",
                        verb.get_name()
                    );
                    tried += 1;
                }
            }
        }
        assert!(tried > 200, "{tried}");
    }

    /// Bash reads the script, and finds a function in it that answers.
    #[cfg(unix)]
    #[test]
    fn bash_reads_it_and_completes_a_law() {
        let asked = "\nCOMP_WORDS=(equipoise sweep --law mat); COMP_CWORD=3; _equipoise equipoise mat --law; echo ${COMPREPLY[@]}";
        let ran = std::process::Command::new("bash").args(["-c", &(script(Shell::Bash) + asked)]).output();
        let Ok(ran) = ran else { return println!("skipped: no bash") };
        assert_eq!(
            String::from_utf8_lossy(&ran.stdout).trim(),
            "matched",
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
    }
}
