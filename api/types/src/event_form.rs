//! How events are written, as the client asks for it (Engine API 1.52, `GET /events`).

/// Stands before each value of a JSON text sequence (RFC 7464).
const RECORD_SEPARATOR: u8 = 0x1e;

/// A media type of a stream of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EventForm {
    /// A value a line under the name of one value, as ever.
    #[default]
    Json,
    /// A value a line.
    JsonLines,
    /// The same by its older name.
    NewlineDelimited,
    /// A value a record.
    Sequence,
}

impl EventForm {
    /// Chooses the form that the client likes best, of those named first the first; what it does not name counts less
    /// than what it does.
    pub fn chosen(accept: Option<&str>) -> Self {
        let accept = accept.unwrap_or_default();
        let mut best = (0, Self::default());
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let named = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/jsonl" => Self::JsonLines,
                "application/x-ndjson" => Self::NewlineDelimited,
                "application/json-seq" => Self::Sequence,
                "application/json" => Self::Json,
                _ => continue,
            };
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            let weight = weight.map_or(1000, thousandths);
            if weight > best.0 {
                best = (weight, named);
            }
        }
        best.1
    }

    /// Gives the media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::JsonLines => "application/jsonl",
            Self::NewlineDelimited => "application/x-ndjson",
            Self::Sequence => "application/json-seq",
        }
    }

    /// Gives what stands before a value.
    pub const fn before(self) -> &'static [u8] {
        match self {
            Self::Sequence => &[RECORD_SEPARATOR],
            Self::Json | Self::JsonLines | Self::NewlineDelimited => &[],
        }
    }
}

/// Reads a weight from 0 to 1 with three digits at most (RFC 9110, 12.4.2); one that is none counts nothing.
fn thousandths(text: &str) -> u16 {
    let weight: f64 = text.parse().unwrap_or_default();
    if (0.0..=1.0).contains(&weight) { (weight * 1000.0) as u16 } else { 0 }
}

#[cfg(test)]
mod tests;
