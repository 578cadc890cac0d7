//! Ports of `EXPOSE`: `80`, `53/udp`, `8000-8010/tcp`.

use super::{ChangeError, wrong};

/// Reads one word, which may be a range, and gives its ports as `80/tcp`.
pub(super) fn parse(word: &str) -> Result<impl Iterator<Item = String> + use<>, ChangeError> {
    let (range, protocol) = word.split_once('/').unwrap_or((word, "tcp"));
    let protocol = protocol.to_lowercase();
    if !["tcp", "udp", "sctp"].contains(&protocol.as_str()) {
        return wrong(format!("Invalid proto: {protocol}"));
    }
    // What stands before is for the host, and an image says nothing of hosts.
    let range = range.rsplit(':').next().unwrap_or(range);
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let port = |text: &str| text.parse::<u16>().ok().filter(|_| !text.starts_with('+'));
    match (port(first), port(last)) {
        (Some(first), Some(last)) if first <= last => {
            Ok((first..=last).map(move |port| format!("{port}/{protocol}")))
        }
        _ => wrong(format!("Invalid containerPort: {range}")),
    }
}
