//! Query strings without what is secret in them.

use percent_encoding::percent_decode_str;

/// What stands for a value that is left out.
const HIDDEN: &str = "...";

/// Parts of the names of parameters whose values are left out.
const SECRET_NAMES: [&str; 7] =
    ["auth", "buildargs", "credential", "key", "pass", "secret", "token"];

/// Gives a query string without the values of parameters that are secret by their name, or hold an address with a
/// password.
pub fn without_secrets(query: &str) -> String {
    let parameters = query.split('&').map(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else { return parameter.to_owned() };
        let lower = name.to_ascii_lowercase();
        let decoded = percent_decode_str(value).decode_utf8_lossy();
        let secret = SECRET_NAMES.iter().any(|part| lower.contains(part)) || has_password(&decoded);
        format!("{name}={}", if secret { HIDDEN } else { value })
    });
    parameters.collect::<Vec<_>>().join("&")
}

/// Tells whether a text holds an address with somebody's name before its host.
fn has_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.contains('@')
    })
}

#[cfg(test)]
mod tests;
