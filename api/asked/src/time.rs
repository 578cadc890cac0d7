//! Times as clients write them.

use api_types::{Filters, UnixTime};
use journal_log::Timestamp;

use crate::Unfit;

/// Reads the time up to which a prune takes what there is: what `keys` say, which is one time at most.
pub fn until(filters: &Filters, keys: &[&str], now: Timestamp) -> Result<Option<Timestamp>, Unfit> {
    let texts: Vec<&str> = keys.iter().flat_map(|key| filters.get(key)).collect();
    match texts[..] {
        [] => Ok(None),
        [text] => time(text, now).map(Some),
        _ => Err(Unfit::invalid("more than one until filter specified")),
    }
}

/// Reads a time as clients write it: of the clock, or so long before `now`.
pub fn time(text: &str, now: Timestamp) -> Result<Timestamp, Unfit> {
    let time = UnixTime::parse(text, UnixTime::from_nanos(now.as_unix_nanos().into()))?;
    Ok(Timestamp::from_unix_nanos(time.saturating_nanos()))
}
