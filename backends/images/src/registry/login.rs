//! `docker login`: a true look whether a registry takes the credentials.

use http::StatusCode;
use reqwest::Url;

use super::{
    Registry,
    challenge::Challenge,
    clients::shown,
    credentials::Credentials,
    dialogue::{Ask, Dialogue},
    endpoint::login_domain,
    error::{Answer, RegistryError},
    token::grant,
};

impl Registry {
    /// Proves to a registry who one is. Gives the token that the registry wants instead of the password from now on;
    /// empty where it has none.
    pub async fn login(
        &self,
        server: &str,
        credentials: &Credentials,
    ) -> Result<String, RegistryError> {
        let domain = login_domain(server);
        let mut last = RegistryError::Protocol(format!("{domain} is no registry"));
        let endpoints = self.options.endpoints(&domain).into_iter();
        for endpoint in endpoints.filter(|endpoint| !endpoint.mirror) {
            let dialogue = Dialogue::new(self, endpoint, credentials.clone(), Vec::new());
            match dialogue.login().await {
                Err(error @ RegistryError::Connection { .. }) => last = error,
                settled => return settled,
            }
        }
        Err(last)
    }
}

impl Dialogue<'_> {
    async fn login(mut self) -> Result<String, RegistryError> {
        let (url, response) = self.ping().await?;
        if response.status() == StatusCode::OK {
            return Ok(String::new());
        }
        let challenges = Challenge::read(response.headers());
        let bearer =
            challenges.iter().find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
        let Some(bearer) = bearer else {
            if response.status() != StatusCode::UNAUTHORIZED {
                return Err(self.refusal(response).await);
            }
            self.authorize(&response, "Get", &url).await?;
            let response = self.once(&Ask::get(url.clone()), &url).await?;
            return match response.status() {
                StatusCode::OK => Ok(String::new()),
                status => Err(refused(&url, status)),
            };
        };
        Ok(grant(&self, bearer, true).await?.refresh_token)
    }
}

/// Makes the refusal in Docker's words.
fn refused(url: &Url, status: StatusCode) -> RegistryError {
    let message = format!("login attempt to {} failed with status: {status}", shown(url));
    Answer { status: status.as_u16(), code: String::new(), message }.into()
}
