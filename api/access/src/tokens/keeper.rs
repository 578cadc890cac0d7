//! Who holds a token, as a server asks it.

use std::{collections::HashMap, fmt, sync::Arc};

use api_http::{Identity, TokenKeeper, TurnedAway};
use subtle::ConstantTimeEq as _;

use super::{Token, TokenText, Tokens};
use crate::{
    AccessError, Now, Reread,
    files::{Stamp, stamp},
};

/// Knows the holders of a server's tokens; reads the file again when it changes.
pub struct Holders {
    tokens: Tokens,
    now: Now,
    by_id: Reread<Option<Stamp>, ById>,
}

/// Tokens with their hashes, by their public parts.
type ById = Arc<HashMap<String, ([u8; 32], Token)>>;

/// What everybody is told who shows a token that is none: it does not say which part of it was right.
const UNKNOWN: &str = "the token is not known";

// === impl Holders ===

impl Holders {
    /// Reads the file of tokens, where there is one; it has to be good.
    pub fn open(tokens: Tokens, now: Now) -> Result<Self, AccessError> {
        let by_id = Reread::new(stamp(&tokens.path()), load(&tokens)?);
        Ok(Self { tokens, now, by_id })
    }

    /// Gives what the file holds now; nothing where that cannot be read.
    fn current(&self) -> ById {
        self.by_id.at(stamp(&self.tokens.path()), |_| {
            load(&self.tokens).unwrap_or_else(|error| {
                let error: &dyn std::error::Error = &error;
                tracing::error!(
                    error,
                    "tokens were changed and cannot be read: nobody is known by one"
                );
                Arc::default()
            })
        })
    }
}

fn load(tokens: &Tokens) -> Result<ById, AccessError> {
    let entry = |token: Token| {
        let mut hash = [0; 32];
        // A hash that is none is no token's.
        hex::decode_to_slice(&token.hash, &mut hash).ok()?;
        Some((token.id.clone(), (hash, token)))
    };
    Ok(Arc::new(tokens.list()?.into_iter().filter_map(entry).collect()))
}

impl TokenKeeper for Holders {
    fn holder(&self, text: &str) -> Result<Identity, TurnedAway> {
        let unknown = || TurnedAway(UNKNOWN.into());
        let text = TokenText::parse(text).ok_or_else(unknown)?;
        let by_id = self.current();
        let (hash, token) = by_id.get(text.id()).ok_or_else(unknown)?;
        if !bool::from(hash.ct_eq(&text.hash())) {
            return Err(unknown());
        }
        // Only whoever has the whole of it is told more.
        if let Some(why) = token.ended((self.now)()) {
            return Err(TurnedAway(format!("the token {} is {why}", token.id)));
        }
        Ok(Identity {
            principal: format!("token:{}", token.name),
            groups: token.group.iter().cloned().collect(),
            credential: token.id.clone(),
        })
    }
}

impl fmt::Debug for Holders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holders").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}
