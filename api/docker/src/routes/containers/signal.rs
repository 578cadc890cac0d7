//! Signals in query strings.

use api_types::Query;
use journal_domain::Signal;

use crate::error::ApiError;

/// Reads the parameter `signal`; absent and empty are none.
pub(super) fn signal(query: &Query) -> Result<Option<Signal>, ApiError> {
    match query.get("signal") {
        None | Some("") => Ok(None),
        Some(text) => match text.parse() {
            Ok(signal) => Ok(Some(signal)),
            Err(_) => Err(ApiError::invalid(format!("Invalid signal: {text}"))),
        },
    }
}
