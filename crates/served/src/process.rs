//! The child as a process: started by a shell in a group of its own, stopped and reaped with its group.

use crate::hello::EXPECTED;
use crate::said::Said;
use crate::settings::HELLO_VARIABLE;
use crate::streams::{Event, First, LINE, answers, first_line, requests};
use crate::{Ending, Fault, Hello, Result, ServedError, Settings};
use std::io;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// How long a child that closed its output, or whose input was closed, may take to end.
const GRACE: Duration = Duration::from_secs(2);
/// How long last words may be on their way.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A running child with its streams.
#[derive(Debug)]
pub(crate) struct Process {
    group: Group,
    /// `None` once its input is closed.
    pub(crate) requests: Option<SyncSender<Vec<u8>>>,
    pub(crate) events: Receiver<Event>,
    pub(crate) said: Said,
}

impl Process {
    /// Starts `command` and reads its hello.
    pub(crate) fn start(command: &str, settings: &Settings) -> Result<(Self, Hello)> {
        let failed = |reason: String| ServedError::before(command, Fault::Start { reason });
        let mut group = Group::start(command).map_err(|fault| failed(fault.to_string()))?;
        let said = Said::default();
        let Child { stdin, stdout, stderr, .. } = &mut group.0;
        let (Some(stdin), Some(stdout), Some(stderr)) = (stdin.take(), stdout.take(), stderr.take()) else {
            return Err(failed("its streams are not pipes".to_owned()));
        };
        said.listen(stderr, settings.forward);
        let (sender, events) = sync_channel(1);
        match group.hello(stdout, settings.hello) {
            Ok((hello, reader)) => {
                answers(reader, hello.longest(), sender.clone());
                let requests = Some(requests(stdin, sender));
                Ok((Self { group, requests, events, said }, hello))
            }
            Err(fault) => {
                group.stop();
                let said = said.lines(LAST_WORDS);
                Err(ServedError { command: command.to_owned(), fault: Box::new(fault), said })
            }
        }
    }

    /// How the child is found after the end of its output.
    pub(crate) fn ending(&mut self) -> Ending {
        self.group.ending(GRACE)
    }

    /// Stops the child; what it said last on standard error.
    pub(crate) fn stop(&mut self) -> Vec<String> {
        self.group.stop();
        self.said.lines(LAST_WORDS)
    }
}

impl Drop for Process {
    /// The end of its input is a child's sign to end.
    fn drop(&mut self) {
        self.requests = None;
        self.group.ending(GRACE);
        self.group.stop();
    }
}

/// A process and what it starts.
#[derive(Debug)]
struct Group(Child);

impl Group {
    /// A group of its own keeps the terminal's interrupt from the child: it is the parent's to answer, and a
    /// parent that is gone is an end of input.
    fn start(command: &str) -> io::Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        shell.spawn().map(Self)
    }

    fn hello(
        &mut self,
        stdout: ChildStdout,
        patience: Duration,
    ) -> Result<(Hello, io::BufReader<ChildStdout>), Fault> {
        let expected = || EXPECTED.to_owned();
        match first_line(stdout).recv_timeout(patience) {
            Ok(First::Line(line, reader)) => Ok((Hello::parse(&line)?, reader)),
            Ok(First::TooLong) => Err(Fault::Endless { limit: LINE }),
            Ok(First::Ended) | Err(RecvTimeoutError::Disconnected) => {
                Err(Fault::Ended { ending: self.ending(GRACE), expected: expected() })
            }
            Err(RecvTimeoutError::Timeout) => Err(Fault::Silent {
                expected: expected(),
                seconds: patience.as_secs_f64(),
                variable: HELLO_VARIABLE,
            }),
        }
    }

    /// How the process is found within `patience`; reaps it where it ended.
    fn ending(&mut self, patience: Duration) -> Ending {
        let deadline = Instant::now() + patience;
        let mut pause = Duration::from_millis(1);
        loop {
            match self.0.try_wait() {
                Ok(Some(status)) => return Ending::Ended(status),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(pause),
                _ => return Ending::Runs,
            }
            pause = (2 * pause).min(Duration::from_millis(20));
        }
    }

    /// Kills what still runs, and reaps the child.
    fn stop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            self.kill_group();
            // It may have ended meanwhile.
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// The group's number is the child's, which is not given away before the child is reaped. Signals to a
    /// group are not in the standard library; the shell that started it has them.
    #[cfg(unix)]
    fn kill_group(&self) {
        let kill = format!("kill -KILL -{}", self.0.id());
        let quiet =
            Command::new("sh").args(["-c", &kill]).stdin(Stdio::null()).stderr(Stdio::null()).status();
        // Without it the child alone is killed.
        let _ = quiet;
    }

    #[cfg(not(unix))]
    fn kill_group(&self) {}
}

impl Drop for Group {
    fn drop(&mut self) {
        self.stop();
    }
}
