//! The measuring end of `cargo xtask bench`: prepares the cases of one group and times the one that a
//! line of standard input names.
//!
//! ```text
//! throughput GROUP [--quick] [--arrays BYTES]   a group's cases, on the threads of RAYON_NUM_THREADS
//! throughput ensemble FOLDER [--quick]          the files that `judge` is timed on
//! ```
//!
//! Commands, one a line, each answered by one line of JSON: `list`, `time ID`, `peak`. An answer with
//! `error` stands for what could not be done. The process ends with its input.

mod case;
mod clock;
mod denoiser;
mod ensemble;
mod error;
mod fit;
mod likelihood;
mod network;
mod reduced;
mod server;
mod step;
mod stream;
mod training;
mod usage;
mod wake;

use case::Case;
use error::{Error, Result};
use std::path::Path;
use std::process::ExitCode;

/// How a group is asked for.
pub(crate) struct Request {
    /// Smaller and fewer sizes.
    quick: bool,
    /// Bytes of each array of the stream.
    arrays: usize,
}

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error::told(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    match args {
        [verb, folder, flags @ ..] if verb == "ensemble" => {
            ensemble::write(Path::new(folder), request(flags)?.quick)
        }
        [group, flags @ ..] => server::serve(cases(group, &request(flags)?)?),
        [] => Err(Error::Usage { found: String::new() }),
    }
}

fn request(flags: &[String]) -> Result<Request> {
    let mut request = Request { quick: false, arrays: 1 << 28 };
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        match flag.as_str() {
            "--quick" => request.quick = true,
            "--arrays" => {
                let bytes = flags.next().and_then(|text| text.parse().ok());
                request.arrays = bytes.ok_or_else(|| Error::Usage { found: flag.clone() })?;
            }
            _ => return Err(Error::Usage { found: flag.clone() }),
        }
    }
    Ok(request)
}

fn cases(group: &str, request: &Request) -> Result<Vec<Case>> {
    match group {
        "stream" => Ok(stream::cases(request.arrays)),
        "likelihood" => Ok(likelihood::cases(request.quick)),
        "step" => Ok(step::cases(request.quick)),
        "reduced" => Ok(reduced::cases(request.quick)),
        "fit" => Ok(fit::cases(request.quick)),
        "denoiser" => Ok(denoiser::cases()),
        "network" => {
            Ok(network::cases(request.quick).into_iter().chain(training::cases(request.quick)).collect())
        }
        _ => Err(Error::Usage { found: group.to_owned() }),
    }
}
