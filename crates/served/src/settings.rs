//! How long a child may take, and where its standard error goes.

use crate::{Fault, Result, ServedError};
use std::ffi::OsString;
use std::time::Duration;

/// The variable with the seconds that a child has until its hello.
pub const HELLO_VARIABLE: &str = "EQUIPOISE_SERVE_HELLO_SECONDS";
/// The variable with the seconds that a child has for one request.
pub const REQUEST_VARIABLE: &str = "EQUIPOISE_SERVE_REQUEST_SECONDS";

/// Patience with a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The longest wait for the hello, while weights are read: 60 s.
    pub hello: Duration,
    /// The longest wait for one answer: 600 s.
    pub request: Duration,
    /// Whether what the child writes on standard error is passed on to our own: it is. Errors quote its last
    /// lines either way.
    pub forward: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { hello: Duration::from_secs(60), request: Duration::from_secs(600), forward: true }
    }
}

impl Settings {
    /// The defaults, with what [`HELLO_VARIABLE`] and [`REQUEST_VARIABLE`] say.
    ///
    /// # Errors
    /// [`Fault::Seconds`] for a value that is no positive number of seconds.
    pub fn from_environment(command: &str) -> Result<Self> {
        Self::read(|name| std::env::var_os(name)).map_err(|fault| ServedError::before(command, fault))
    }

    fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Fault> {
        let mut settings = Self::default();
        for (name, place) in
            [(HELLO_VARIABLE, &mut settings.hello), (REQUEST_VARIABLE, &mut settings.request)]
        {
            if let Some(found) = variable(name).filter(|found| !found.is_empty()) {
                let found = found.to_string_lossy().into_owned();
                let seconds = found.trim().parse().ok().filter(|seconds: &f64| *seconds > 0.0);
                let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                *place = duration.ok_or(Fault::Seconds { name, found })?;
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_seconds_or_an_error() {
        let read = |value: &'static str| {
            Settings::read(move |name| (name == REQUEST_VARIABLE).then(|| value.into()))
        };
        assert_eq!(read("").unwrap(), Settings::default());
        assert_eq!(read(" 2.5").unwrap().request, Duration::from_millis(2500));
        assert_eq!(read("2.5").unwrap().hello, Duration::from_secs(60));
        for wrong in ["0", "-1", "ten", "nan", "inf", "1e300"] {
            let fault = read(wrong).unwrap_err().to_string();
            assert!(fault.contains(REQUEST_VARIABLE) && fault.contains(wrong), "{fault}");
        }
    }
}
