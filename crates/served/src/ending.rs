//! How a child ended, in words.

use std::fmt;
use std::process::ExitStatus;

/// How a child that says no more was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ended.
    Ended(ExitStatus),
    /// It runs on, with its standard output closed.
    Runs,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Ended(status) = self else {
            return f.write_str("a process that runs on with its standard output closed");
        };
        write!(f, "a process that ended with {status}")?;
        // A shell ends with 128 + the signal that ended its program.
        let of_shell = status.code().filter(|code| *code > 128).map(|code| code - 128);
        if let (Some(code), Some(signal)) = (status.code(), of_shell) {
            write!(f, " ({code} = 128 + signal {signal})")?;
        }
        match (status.code(), signal(*status).or(of_shell)) {
            (_, Some(9)) => f.write_str(", the signal of the system when memory runs out"),
            (_, Some(11)) => f.write_str(", a fault of memory access"),
            (Some(127), _) => f.write_str(", the shell's for a program that it does not find"),
            (Some(126), _) => f.write_str(", the shell's for a file that it cannot execute"),
            _ => Ok(()),
        }
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn signals_and_codes_of_the_shell_are_named() {
        let said = |raw: i32| Ending::Ended(ExitStatus::from_raw(raw)).to_string();
        assert!(said(9).ends_with("signal: 9 (SIGKILL), the signal of the system when memory runs out"));
        let of_shell = said(137 << 8);
        assert!(
            of_shell.ends_with("137 (137 = 128 + signal 9), the signal of the system when memory runs out")
        );
        assert!(said(127 << 8).ends_with("127, the shell's for a program that it does not find"));
        assert_eq!(said(3 << 8), "a process that ended with exit status: 3");
    }
}
