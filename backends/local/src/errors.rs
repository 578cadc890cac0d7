//! Errors as one line, for reports that are kept as text.

use std::error::Error;

/// Gives an error with all its causes, each after a colon.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
