//! Who asks: what a client sends along for a registry. It is never logged, and its debug form tells nothing.

use std::{collections::BTreeMap, fmt};

use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;

/// Bytes of the header that carries credentials. Tokens of clouds have a few thousand.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// Clients pad, or do not.
const ENCODING: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a client knows for a registry.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing.
    #[default]
    Anonymous,
    /// A user and a password.
    Password {
        /// The user.
        username: String,
        /// The password.
        password: String,
    },
    /// A token that is exchanged for others.
    Identity(String),
    /// A token that is sent as it is.
    Bearer(String),
}

/// Tells that credentials cannot be read; not what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credentials for the registry cannot be read")]
pub struct CredentialsError;

/// Credentials as clients write them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    username: String,
    password: String,
    /// User and password in base64, as configuration files have them.
    auth: String,
    #[serde(alias = "identityToken")]
    identitytoken: String,
    #[serde(alias = "registryToken")]
    registrytoken: String,
    #[serde(alias = "serverAddress")]
    serveraddress: String,
}

impl Credentials {
    /// Reads the value of an `X-Registry-Auth` header: JSON in base64 for URLs. Nothing is anonymous.
    pub fn from_header(value: &[u8]) -> Result<Self, CredentialsError> {
        if value.len() > HEADER_BYTES_MAX {
            return Err(CredentialsError);
        }
        if value.is_empty() {
            return Ok(Self::Anonymous);
        }
        Ok(Self::from_json(&decoded(value)?)?.0)
    }

    /// Reads the value of an `X-Registry-Config` header: JSON in base64 for URLs, credentials by the registry's address.
    pub fn all_from_header(value: &[u8]) -> Result<BTreeMap<String, Self>, CredentialsError> {
        if value.len() > HEADER_BYTES_MAX {
            return Err(CredentialsError);
        }
        let json = decoded(value)?;
        if json.trim_ascii().is_empty() {
            return Ok(BTreeMap::new());
        }
        let written: Option<BTreeMap<String, Written>> =
            serde_json::from_slice(&json).map_err(|_| CredentialsError)?;
        let each = written.unwrap_or_default().into_iter();
        each.map(|(address, written)| Ok((host(&address), written.credentials()?))).collect()
    }

    /// Reads credentials as JSON, with the registry that they name.
    pub fn from_json(json: &[u8]) -> Result<(Self, String), CredentialsError> {
        let text = json.trim_ascii();
        if text.is_empty() || text == b"null" {
            return Ok((Self::Anonymous, String::new()));
        }
        let written: Written = serde_json::from_slice(text).map_err(|_| CredentialsError)?;
        let address = written.serveraddress.clone();
        Ok((written.credentials()?, address))
    }
}

/// Takes the base64 off. Some clients use the other alphabet of it.
fn decoded(value: &[u8]) -> Result<Vec<u8>, CredentialsError> {
    let plain: Vec<u8> = value
        .iter()
        .map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            byte => *byte,
        })
        .collect();
    ENCODING.decode(plain).map_err(|_| CredentialsError)
}

/// Gives the registry that an address is of, as names of images have it.
fn host(address: &str) -> String {
    let bare = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let host = bare.unwrap_or(address).split('/').next().unwrap_or_default();
    match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        host => host.to_owned(),
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "Anonymous",
            Self::Password { .. } => "Password(…)",
            Self::Identity(_) => "Identity(…)",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

impl Written {
    fn credentials(self) -> Result<Credentials, CredentialsError> {
        if !self.registrytoken.is_empty() {
            return Ok(Credentials::Bearer(self.registrytoken));
        }
        if !self.identitytoken.is_empty() {
            return Ok(Credentials::Identity(self.identitytoken));
        }
        if !self.username.is_empty() {
            let Self { username, password, .. } = self;
            return Ok(Credentials::Password { username, password });
        }
        if self.auth.is_empty() {
            return Ok(Credentials::Anonymous);
        }
        let both = base64::engine::general_purpose::STANDARD.decode(self.auth);
        let both = both.ok().and_then(|both| String::from_utf8(both).ok());
        let both = both.as_deref().and_then(|both| both.split_once(':'));
        let (username, password) = both.ok_or(CredentialsError)?;
        let (username, password) = (username.to_owned(), password.to_owned());
        Ok(Credentials::Password { username, password })
    }
}

#[cfg(test)]
mod tests;
