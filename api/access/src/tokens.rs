//! Bearer tokens: who holds one is known by its name.
//!
//! A file keeps a hash of each, so whoever reads it can use none. The secret is 32 random bytes, which nobody tries
//! out, so one round of SHA-256 is enough. A running server looks at the file for each token that it is shown: what
//! is made or revoked counts at once.

mod keeper;
mod text;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{keeper::Holders, text::TokenText};
use crate::{
    AccessError,
    certificate::check_name,
    files::{self, PRIVATE},
};

/// The file's name in its directory.
const FILE: &str = "tokens.json";

/// Tokens in the file, those that have ended too: a team's of many years. All of them are in memory.
const TOKENS_MAX: usize = 10_000;

/// The tokens of a server, in a directory.
#[derive(Debug, Clone)]
pub struct Tokens {
    folder: PathBuf,
}

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Its public part, by which it is found.
    pub id: String,
    /// Whose it is: `ci` becomes `token:ci` on record.
    pub name: String,
    /// The group that its holder belongs to.
    pub group: Option<String>,
    /// SHA-256 of the secret in hexadecimal digits.
    hash: String,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends; never, where there is nothing.
    pub ends: Option<Timestamp>,
    /// When it was revoked, where it was.
    pub revoked: Option<Timestamp>,
}

/// Whose a token is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenNames {
    /// The holder.
    pub name: String,
    /// The group that it belongs to.
    pub group: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tokens: Vec<Token>,
}

// === impl Tokens ===

impl Tokens {
    /// Names the tokens in a directory, which need not be there.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Makes a token and gives its text, which is kept nowhere.
    pub fn make(
        &self,
        names: TokenNames,
        now: Timestamp,
        life: Option<Duration>,
    ) -> Result<(Token, TokenText), AccessError> {
        let TokenNames { name, group } = names;
        for (what, name) in [("name of a token", Some(&name)), ("name of a group", group.as_ref())]
        {
            let Some(name) = name else { continue };
            let wrong = |wrong| AccessError::Name { what, name: name.clone(), wrong };
            check_name(name).map_err(wrong)?;
        }
        files::make_folder(&self.folder)?;
        let _lock = files::lock(&self.folder)?;
        let mut file = self.read()?;
        if file.tokens.len() >= TOKENS_MAX {
            let wrong = format!("has {TOKENS_MAX} tokens in it, and no more are kept");
            return Err(AccessError::Wrong { path: self.path(), wrong });
        }
        let text = TokenText::random()?;
        let token = Token {
            id: text.id().to_owned(),
            name,
            group,
            hash: hex::encode(text.hash()),
            made: now,
            ends: life.map(|life| now.saturating_add(life)),
            revoked: None,
        };
        file.tokens.push(token.clone());
        self.put(&file)?;
        Ok((token, text))
    }

    /// Lists all tokens, the oldest first.
    pub fn list(&self) -> Result<Vec<Token>, AccessError> {
        Ok(self.read()?.tokens)
    }

    /// Revokes a token by its public part, or all of a holder's by the name; gives those that were revoked.
    pub fn revoke(&self, which: &str, now: Timestamp) -> Result<Vec<Token>, AccessError> {
        let none = || AccessError::NoSuchToken(which.to_owned());
        if !self.folder.exists() {
            return Err(none());
        }
        let _lock = files::lock(&self.folder)?;
        let mut file = self.read()?;
        let meant = |token: &&mut Token| {
            token.revoked.is_none() && (token.id == which || token.name == which)
        };
        let revoke = |token: &mut Token| {
            token.revoked = Some(now);
            token.clone()
        };
        let revoked: Vec<Token> = file.tokens.iter_mut().filter(meant).map(revoke).collect();
        if revoked.is_empty() {
            return Err(none());
        }
        self.put(&file)?;
        Ok(revoked)
    }

    fn read(&self) -> Result<File, AccessError> {
        let path = self.path();
        if !path.exists() {
            return Ok(File::default());
        }
        files::check_private(&path)?;
        let read = serde_json::from_str(&files::read(&path)?);
        read.map_err(|error| AccessError::Wrong { path, wrong: format!("is damaged: {error}") })
    }

    fn put(&self, file: &File) -> Result<(), AccessError> {
        let path = self.path();
        let text = serde_json::to_string_pretty(file)
            .map_err(|error| AccessError::Wrong { path: path.clone(), wrong: error.to_string() })?;
        files::put(&path, &text, PRIVATE)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }
}

// === impl Token ===

impl Token {
    /// Says why it is good for nothing any more, where it is so.
    pub fn ended(&self, now: Timestamp) -> Option<&'static str> {
        match (self.revoked, self.ends) {
            (Some(_), _) => Some("revoked"),
            (None, Some(ends)) if ends <= now => Some("expired"),
            (None, _) => None,
        }
    }
}
