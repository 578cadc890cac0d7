//! `Authorization: Bearer …`: who a request says it is from, beside what its connection has proven.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use crate::identity::{Identity, TokenKeeper, TurnedAway};

/// The scheme of a token, which is written in any case.
const SCHEME: &[u8] = b"bearer ";

/// Gives the holder of the token in `headers`; nothing where there is none.
///
/// Other schemes are passed over, as clients send what a proxy wants. A token that is shown has to be good, also where
/// none is wanted: whoever counts on it must not become somebody else without noticing.
pub(crate) fn holder(
    headers: &HeaderMap,
    keeper: &dyn TokenKeeper,
) -> Result<Option<Arc<Identity>>, TurnedAway> {
    let mut tokens = headers.get_all(AUTHORIZATION).iter().filter_map(token);
    let (Some(token), other) = (tokens.next(), tokens.next()) else { return Ok(None) };
    if other.is_some() {
        return Err(TurnedAway("more than one token".into()));
    }
    let token =
        std::str::from_utf8(token).map_err(|_| TurnedAway("the token is no text".into()))?;
    keeper.holder(token.trim()).map(Arc::new).map(Some)
}

fn token(value: &HeaderValue) -> Option<&[u8]> {
    let value = value.as_bytes();
    if value.eq_ignore_ascii_case(SCHEME.trim_ascii()) {
        return Some(&[]);
    }
    let (scheme, token) = value.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then_some(token)
}
