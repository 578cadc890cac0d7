//! Sizes in words: `512m`, `1.5 GiB`.

/// A text that is no size; the texts are those of Docker's `go-units`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// Not a number, or a negative one.
    #[error("invalid size: '{0}'")]
    Number(String),
    /// A unit that does not exist.
    #[error("invalid suffix: '{0}'")]
    Suffix(String),
}

/// Reads a size in bytes; units are powers of 1024 (`b`, `k`, `m`, `g`, `t`, `p`, each with an optional `b` or `ib`).
pub fn parse_size_bytes(text: &str) -> Result<i64, SizeError> {
    parse(text, 1024.0)
}

/// Reads a size in bytes; units are powers of 1000 (`b`, `k`, `m`, `g`, `t`, `p`, each with an optional `b` or `ib`).
pub fn parse_decimal_size_bytes(text: &str) -> Result<i64, SizeError> {
    parse(text, 1000.0)
}

fn parse(text: &str, step: f64) -> Result<i64, SizeError> {
    let invalid = || SizeError::Number(text.to_owned());
    let end =
        text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').ok_or_else(invalid)?;
    let (number, suffix) =
        (text[..=end].strip_suffix(' ').unwrap_or(&text[..=end]), &text[end + 1..]);
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value = number.parse::<f64>().ok().filter(|_| plain).ok_or_else(invalid)?;
    let suffix = suffix.to_lowercase();
    let exponent = match suffix.as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        "p" | "pb" | "pib" => 5,
        _ => return Err(SizeError::Suffix(suffix)),
    };
    // A cast saturates, so what does not fit is the largest size.
    Ok((value * step.powi(exponent)) as i64)
}

#[cfg(test)]
mod tests;
