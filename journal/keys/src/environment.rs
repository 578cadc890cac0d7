//! Variables: which are sealed, and how they are shown.

use journal_domain::{KeyId, SealedEnvironment};
use journal_log::codec;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{KeyStore, OpenError};

/// What is shown for a value whose key is destroyed.
pub const DESTROYED: &str = "<destroyed>";

/// What is shown for a value by who opens none.
pub const SEALED: &str = "<sealed>";

/// Variables whose values say nothing of anybody's secrets, and that people look for in a log. All others are sealed.
const PLAIN: [&str; 10] =
    ["CI", "HOME", "HOSTNAME", "LANG", "PATH", "PWD", "SHELL", "TERM", "TZ", "USER"];

/// The beginning of the names of the locale's variables, which are plain too.
const PLAIN_PREFIX: &str = "LC_";

/// Tells whether a variable, `NAME=value`, stays as it is. A name without a value does.
pub fn is_plain(variable: &str) -> bool {
    match variable.split_once('=') {
        Some((name, value)) => {
            value.is_empty() || name.starts_with(PLAIN_PREFIX) || PLAIN.contains(&name)
        }
        None => true,
    }
}

// === impl KeyStore ===

impl KeyStore {
    /// Takes the values out of `environment` and seals them under `key`; `None` where all are plain.
    ///
    /// Where it fails, the environment is as it was.
    pub fn seal_environment(
        &self,
        key: KeyId,
        environment: &mut [String],
    ) -> Result<Option<SealedEnvironment>, OpenError> {
        let chosen = (0..).zip(&*environment).filter(|(_, variable)| !is_plain(variable));
        let (places, values): (Vec<u32>, Vec<&String>) = chosen.unzip();
        if places.is_empty() {
            return Ok(None);
        }
        let plain = codec::encode(&values).map_err(|_| OpenError::TooLong)?;
        let sealed = self.seal(key, places, Zeroizing::new(plain))?;
        for place in &sealed.places {
            let variable = &mut environment[*place as usize];
            let name = variable.split_once('=').map_or(0, |(name, _)| name.len() + 1);
            let stripped = variable[..name].to_owned();
            variable.zeroize();
            *variable = stripped;
        }
        Ok(Some(sealed))
    }

    /// Gives the environment with the values put in again.
    pub fn open_environment(
        &self,
        environment: &[String],
        sealed: &SealedEnvironment,
    ) -> Result<Vec<String>, OpenError> {
        let plain = self.unseal(sealed)?;
        let values: Vec<String> =
            codec::decode(&plain).map_err(|_| OpenError::Broken(sealed.key))?;
        if values.len() != sealed.places.len() {
            return Err(OpenError::Broken(sealed.key));
        }
        let mut whole = environment.to_vec();
        for (place, value) in sealed.places.iter().zip(values) {
            let there = whole.get_mut(*place as usize).ok_or(OpenError::Broken(sealed.key))?;
            *there = value;
        }
        Ok(whole)
    }

    /// Gives the environment as it is shown: with the values, or with a mark where their key is destroyed or values stay
    /// sealed.
    pub fn show_environment(
        &self,
        environment: &[String],
        sealed: Option<&SealedEnvironment>,
    ) -> Vec<String> {
        let Some(sealed) = sealed else { return environment.to_vec() };
        self.open_environment(environment, sealed).unwrap_or_else(|_| {
            let mut marked = environment.to_vec();
            for place in &sealed.places {
                if let Some(variable) = marked.get_mut(*place as usize) {
                    variable.push_str(self.mark());
                }
            }
            marked
        })
    }
}

#[cfg(test)]
mod tests;
