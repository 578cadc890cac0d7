//! Calls to a URL that the user named: it may be anywhere but at a metadata service, and leads nowhere else.

use reqwest::Url;

use super::{
    address::Reach,
    clients::{Clients, check_answer, check_url, shown},
    error::{RegistryError, innermost},
};

/// Sends bodies to URLs that the user named.
#[derive(Debug)]
pub struct Outlet {
    clients: Clients,
}

/// Why a body was not sent.
#[derive(Debug, thiserror::Error)]
pub enum OutletError {
    /// The URL is none, or leads where nothing may be sent.
    #[error("nothing can be sent to {url}: {reason}")]
    Forbidden {
        /// The URL, without what may be secret in it.
        url: String,
        /// Why.
        reason: String,
    },
    /// The receiver could not be reached or broke off.
    #[error("{url} cannot be reached: {reason}")]
    Failed {
        /// The URL, without what may be secret in it.
        url: String,
        /// Why.
        reason: String,
    },
}

impl Outlet {
    /// Sends under the name that the header `User-Agent` is to have.
    pub fn new(user_agent: String) -> Self {
        Self { clients: Clients::new(user_agent) }
    }

    /// Tells whether something may be sent to `url` as far as the URL itself says.
    pub fn check(&self, url: &str) -> Result<(), OutletError> {
        parse(url).map(drop)
    }

    /// Sends `body` by POST and returns the status. A redirect is a status like any other, and is not followed.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<u16, OutletError> {
        let url = parse(url)?;
        let client =
            self.clients.get(Reach::Loopback, true).map_err(|error| failed(&url, &error))?;
        let mut request = client.post(url.clone()).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = request.send().await;
        let response = response.map_err(|error| OutletError::Failed {
            url: shown(&url),
            reason: innermost(&error).to_string(),
        })?;
        check_answer(&url, &response, Reach::Loopback).map_err(|error| refused(&url, error))?;
        Ok(response.status().as_u16())
    }
}

fn parse(url: &str) -> Result<Url, OutletError> {
    let parsed = Url::parse(url).map_err(|error| OutletError::Forbidden {
        // What is no URL may hold a password anywhere.
        url: "this".to_owned(),
        reason: error.to_string(),
    })?;
    check_url(&parsed, Reach::Loopback).map_err(|error| refused(&parsed, error))?;
    Ok(parsed)
}

fn refused(url: &Url, error: RegistryError) -> OutletError {
    match error {
        RegistryError::Forbidden { url, reason } => OutletError::Forbidden { url, reason },
        other @ (RegistryError::Connection { .. }
        | RegistryError::Answer(_)
        | RegistryError::NoCredentials { .. }
        | RegistryError::Manifest { .. }
        | RegistryError::Platform(_)
        | RegistryError::Verification { .. }
        | RegistryError::Protocol(_)
        | RegistryError::Missing(_)
        | RegistryError::Stopped
        | RegistryError::Config(_)
        | RegistryError::Layer(_)
        | RegistryError::Store(_)) => failed(url, &other),
    }
}

fn failed(url: &Url, error: &RegistryError) -> OutletError {
    OutletError::Failed { url: shown(url), reason: error.to_string() }
}

#[cfg(test)]
mod tests;
