//! Proof of who asks: a password with each request, or a token from the server that a registry trusts
//! (distribution specification, "Token Authentication" and "OAuth2 Token Authentication").

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{
    HeaderValue, Method,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Body, Url};
use serde::Deserialize;

use super::{
    challenge::Challenge,
    clients::{check_answer, check_url, shown},
    credentials::Credentials,
    dialogue::{Dialogue, connection, read_body},
    error::{Answer, RegistryError},
};

/// Bytes of a token server's answer. Tokens of clouds have a few thousand.
const TOKEN_BYTES_MAX: usize = 256 * 1024;

/// The name under which this program asks for tokens; servers know Docker's.
const CLIENT_ID: &str = "docker";

/// What is sent with each request.
#[derive(Clone)]
pub(super) struct Authorization {
    header: HeaderValue,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Sent as the user gave it: when it is refused, nothing else is left.
    Final,
    /// Fetched, and may be fetched again.
    Token,
}

/// A token server's answer.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Granted {
    token: String,
    access_token: String,
    /// For further tokens; asked for by a login alone.
    pub(super) refresh_token: String,
}

/// What a token is asked for.
struct Wish<'c> {
    realm: &'c str,
    service: &'c str,
    scopes: Vec<String>,
    offline: bool,
}

impl Authorization {
    /// Answers the challenges of a registry.
    pub(super) async fn get(
        dialogue: &Dialogue<'_>,
        challenges: &[Challenge],
        method: &str,
        url: &Url,
    ) -> Result<Self, RegistryError> {
        if let Credentials::Bearer(token) = &dialogue.credentials {
            return Self::bearer(token, Kind::Final);
        }
        for challenge in challenges {
            if let Challenge::Bearer { .. } = challenge {
                let granted = grant(dialogue, challenge, false).await?;
                return Self::bearer(granted.token()?, Kind::Token);
            }
        }
        match (&dialogue.credentials, challenges.first()) {
            (Credentials::Password { username, password }, Some(Challenge::Basic)) => {
                Self::of(&basic(username, password), Kind::Final)
            }
            (_, Some(_)) => {
                Err(RegistryError::NoCredentials { method: method.to_owned(), url: shown(url) })
            }
            (_, None) => Err(Answer {
                status: 401,
                code: "UNAUTHORIZED".to_owned(),
                message: "authentication required".to_owned(),
            }
            .into()),
        }
    }

    /// Tells whether nothing else can be sent when this is refused.
    pub(super) fn is_final(&self) -> bool {
        self.kind == Kind::Final
    }

    /// Gives the value of the header.
    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    fn bearer(token: &str, kind: Kind) -> Result<Self, RegistryError> {
        Self::of(&format!("Bearer {token}"), kind)
    }

    fn of(value: &str, kind: Kind) -> Result<Self, RegistryError> {
        let mut header = HeaderValue::from_str(value).map_err(|_| {
            RegistryError::Protocol("a token has characters that no header can have".to_owned())
        })?;
        header.set_sensitive(true);
        Ok(Self { header, kind })
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorization({:?})", self.kind)
    }
}

impl Granted {
    fn token(&self) -> Result<&str, RegistryError> {
        [&self.token, &self.access_token]
            .into_iter()
            .find(|token| !token.is_empty())
            .map(String::as_str)
            .ok_or_else(|| RegistryError::Protocol("the token server gives no token".to_owned()))
    }
}

/// Fetches a token; `offline` asks for one for further tokens too.
pub(super) async fn grant(
    dialogue: &Dialogue<'_>,
    challenge: &Challenge,
    offline: bool,
) -> Result<Granted, RegistryError> {
    let Challenge::Bearer { realm, service, scope, .. } = challenge else {
        return Ok(Granted::default());
    };
    let scopes = match (&*dialogue.scopes, scope) {
        ([], Some(scope)) => vec![scope.clone()],
        (own, _) => own.to_vec(),
    };
    let service = service.as_deref().unwrap_or_default();
    let wish = Wish { realm, service, scopes, offline };
    let url = wish.url(dialogue)?;
    let client = dialogue.registry.clients.get(dialogue.reach, dialogue.endpoint.verified)?;
    let request = match &dialogue.credentials {
        Credentials::Identity(token) => client
            .request(Method::POST, url.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(wish.form(token))),
        Credentials::Password { username, password } => {
            let url = wish.query(&url, Some(username));
            client.request(Method::GET, url).header(AUTHORIZATION, basic(username, password))
        }
        Credentials::Anonymous | Credentials::Bearer(_) => {
            client.request(Method::GET, wish.query(&url, None))
        }
    };
    let response = request.send().await.map_err(|error| connection("Get", &url, &error))?;
    check_answer(&url, &response, dialogue.reach)?;
    if !response.status().is_success() {
        return Err(dialogue.refusal(response).await);
    }
    let body = read_body(response, TOKEN_BYTES_MAX).await?;
    serde_json::from_slice(&body)
        .map_err(|_| RegistryError::Protocol(format!("{} gives no token", shown(&url))))
}

impl Wish<'_> {
    /// Checks where the token server is.
    fn url(&self, dialogue: &Dialogue<'_>) -> Result<Url, RegistryError> {
        let url = Url::parse(self.realm)
            .map_err(|_| RegistryError::Protocol("the realm for tokens is no URL".to_owned()))?;
        check_url(&url, dialogue.reach)?;
        if dialogue.endpoint.base.scheme() == "https" && url.scheme() != "https" {
            let reason = "a registry with TLS leads to a token server without".to_owned();
            return Err(RegistryError::Forbidden { url: shown(&url), reason });
        }
        Ok(url)
    }

    fn query(&self, url: &Url, account: Option<&str>) -> Url {
        let mut url = url.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(account) = account {
                query.append_pair("account", account);
            }
            if self.offline {
                query.append_pair("client_id", CLIENT_ID).append_pair("offline_token", "true");
            }
            for scope in &self.scopes {
                query.append_pair("scope", scope);
            }
            if !self.service.is_empty() {
                query.append_pair("service", self.service);
            }
        }
        url
    }

    fn form(&self, token: &str) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        [
            ("grant_type", "refresh_token"),
            ("service", self.service),
            ("client_id", CLIENT_ID),
            ("scope", &self.scopes.join(" ")),
            ("refresh_token", token),
        ]
        .map(|(key, value)| format!("{key}={}", encoded(value)))
        .join("&")
    }
}

fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}
