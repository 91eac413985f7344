//! What a failed run says: one message with its causes.

/// An error and its causes, joined by colons. A cause that the text before it already quotes is not
/// said twice.
pub(crate) fn message(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |said, cause| {
        let cause = cause.to_string();
        match said.as_str() {
            "" => cause,
            _ if said.ends_with(&cause) => said,
            _ => format!("{said}: {cause}"),
        }
    })
}

/// Bad usage that the parser alone cannot see; ends with its exit status.
pub(crate) fn usage(message: &str) -> anyhow::Error {
    clap::Error::raw(clap::error::ErrorKind::ValueValidation, format!("{message}\n")).into()
}

#[cfg(test)]
mod tests {
    use super::message;
    use anyhow::anyhow;

    #[test]
    fn a_quoted_cause_is_said_once() {
        let bare = anyhow!("permission denied").context("cannot open").context("flow.h5");
        assert_eq!(message(&bare), "flow.h5: cannot open: permission denied");
        let quoting = anyhow!("permission denied").context("flow.h5: permission denied");
        assert_eq!(message(&quoting), "flow.h5: permission denied");
    }
}
