//! Every command that README and docs tell a reader to type is one that the parser takes.

#[path = "../../../xtask/src/commands.rs"]
mod commands;

use crate::Arguments;
use clap::Parser;
use clap::error::ErrorKind;
use commands::{Documented, commands, pages};
use std::path::Path;

/// The arguments of `equipoise` that a command amounts to; `None` for a command of another program.
fn arguments(words: &[String]) -> Option<Vec<&str>> {
    let words: Vec<&str> = words.iter().map(String::as_str).take_while(|word| *word != ">").collect();
    match words[..] {
        ["equipoise", ref rest @ ..] => Some(rest.to_vec()),
        ["cargo", "xtask", "sweep", ref rest @ ..] => Some([&["sweep"], rest].concat()),
        ["--dataset", ..] => Some([&["sweep"], &words[..]].concat()),
        ["cargo", "run", ..] if !words.contains(&"--example") => {
            Some(words.iter().skip_while(|word| **word != "--").skip(1).copied().collect())
        }
        _ => None,
    }
}

/// What is wrong with the commands of a page.
fn faults(text: &str) -> Vec<String> {
    let fault = |Documented { words, typed }: &Documented| {
        let arguments = arguments(words)?;
        let refusal = Arguments::try_parse_from([&["equipoise"], &arguments[..]].concat()).err()?;
        match refusal.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => None,
            ErrorKind::MissingRequiredArgument if !typed && arguments.len() == 1 => None,
            _ => Some(format!("{}: {refusal}", words.join(" "))),
        }
    };
    commands(text).iter().filter_map(fault).collect()
}

#[test]
fn every_command_of_the_pages_is_taken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pages = pages(&root).unwrap();
    let known =
        |(_, text): &(String, String)| commands(text).iter().filter_map(|c| arguments(&c.words)).count();
    assert!(known(&pages[0]) > 15 && pages.iter().map(known).sum::<usize>() > 30);
    for (name, text) in &pages {
        assert_eq!(faults(text), Vec::<String>::new(), "{name}");
    }
    for (right, wrong) in [
        ("-- denoise", "-- denoise --folder x"),
        ("--protocol fast", "--protocol fastest"),
        ("-- reconstruct --prior-file prior.h5", "-- reconstruct"),
        ("xtask sweep --certify", "xtask sweep --certified"),
    ] {
        let spoiled = pages[0].1.replacen(right, wrong, 1);
        assert_eq!(faults(&spoiled).len(), 1, "{wrong}");
    }
}
