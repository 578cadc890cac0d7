//! A conversation with one registry: found, asked for its challenge, and asked for things as often as it takes.
//!
//! A dialogue belongs to one pull, push or look; its token goes with it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, LOCATION},
};
use reqwest::{Body, Response, Url};

use super::{
    Registry,
    address::Reach,
    challenge::Challenge,
    clients::{check_answer, check_url, shown},
    credentials::Credentials,
    endpoint::Endpoint,
    error::{Answer, RegistryError, innermost},
    retry::retry_after,
    token::Authorization,
};

/// Redirects of one request. Registries need one, storage behind them another.
const REDIRECTS_MAX: usize = 5;

/// Bytes of a refusal that are read.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// A conversation with a registry.
pub(super) struct Dialogue<'r> {
    pub(super) registry: &'r Registry,
    pub(super) endpoint: Endpoint,
    /// How far inside the registry is: nothing that it leads to may be further inside.
    pub(super) reach: Reach,
    pub(super) credentials: Credentials,
    /// What tokens are asked for, such as `repository:library/busybox:pull`.
    pub(super) scopes: Vec<String>,
    authorization: Mutex<Option<Authorization>>,
}

/// A request.
pub(super) struct Ask<'b> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// Makes the body, once for each attempt.
    pub(super) body: Option<&'b (dyn Fn() -> Body + Sync)>,
}

impl Ask<'_> {
    /// Asks for what is at `url`.
    pub(super) const fn get(url: Url) -> Self {
        Self::of(Method::GET, url)
    }

    /// Asks without a body.
    pub(super) const fn of(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), body: None }
    }

    /// Adds a header.
    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl<'r> Dialogue<'r> {
    /// Begins a conversation; nothing is sent yet.
    pub(super) fn new(
        registry: &'r Registry,
        endpoint: Endpoint,
        credentials: Credentials,
        scopes: Vec<String>,
    ) -> Self {
        let credentials = if endpoint.mirror { Credentials::Anonymous } else { credentials };
        // The user has named the registry, so it may be anywhere; where it is, is known from its first answer.
        let (reach, authorization) = (Reach::Loopback, Mutex::new(None));
        Self { registry, endpoint, reach, credentials, scopes, authorization }
    }

    /// Finds out whether a registry answers at `endpoint`, and proves to it who one is.
    pub(super) async fn open(
        registry: &'r Registry,
        endpoint: Endpoint,
        credentials: Credentials,
        scopes: Vec<String>,
    ) -> Result<Self, RegistryError> {
        let mut dialogue = Self::new(registry, endpoint, credentials, scopes);
        let (url, response) = dialogue.ping().await?;
        match response.status() {
            StatusCode::OK => Ok(dialogue),
            StatusCode::UNAUTHORIZED => {
                dialogue.authorize(&response, "Get", &url).await?;
                Ok(dialogue)
            }
            _ => Err(dialogue.refusal(response).await),
        }
    }

    /// Asks for nothing; the answer tells where the registry is, and what it wants to be sent.
    pub(super) async fn ping(&mut self) -> Result<(Url, Response), RegistryError> {
        let url = self.endpoint.url("v2/")?;
        let response = self.once(&Ask::get(url.clone()), &url).await?;
        self.reach = check_answer(&url, &response, Reach::Loopback)?;
        Ok((url, response))
    }

    /// Asks, and asks again where that may help: after overload, after a broken connection, with a fresh token.
    pub(super) async fn send(&self, ask: Ask<'_>) -> Result<Response, RegistryError> {
        let mut failures = 0;
        loop {
            let (error, wait) = match self.send_authorized(&ask).await {
                Ok(response) if is_good(response.status()) => return Ok(response),
                Ok(response) => {
                    let wait = retry_after(response.headers(), jiff::Timestamp::now());
                    (self.refusal(response).await, wait)
                }
                Err(error) => (error, None),
            };
            failures += 1;
            let pause = self.registry.pauses.after(failures, wait);
            match pause.filter(|_| error.is_passing()) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
        }
    }

    /// Asks without trying again: for what cannot be sent twice to the same place.
    pub(super) async fn send_once(&self, ask: &Ask<'_>) -> Result<Response, RegistryError> {
        let response = self.send_authorized(ask).await?;
        if is_good(response.status()) { Ok(response) } else { Err(self.refusal(response).await) }
    }

    /// Asks, and once more with a fresh token where the registry wants one.
    async fn send_authorized(&self, ask: &Ask<'_>) -> Result<Response, RegistryError> {
        let (response, url) = self.follow(ask).await?;
        // Storage that a registry leads to has no challenge that is any business of ours.
        if response.status() != StatusCode::UNAUTHORIZED || !self.is_own(&url) {
            return Ok(response);
        }
        let sent = self.authorization();
        if sent.as_ref().is_some_and(Authorization::is_final) {
            return Ok(response);
        }
        self.authorize(&response, verb(&ask.method), &url).await?;
        Ok(self.follow(ask).await?.0)
    }

    /// Follows redirects; gives where the answer came from.
    async fn follow(&self, ask: &Ask<'_>) -> Result<(Response, Url), RegistryError> {
        let mut url = ask.url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let response = self.once(ask, &url).await?;
            check_answer(&url, &response, self.reach)?;
            let safe = matches!(ask.method, Method::GET | Method::HEAD);
            if !response.status().is_redirection() || !safe {
                return Ok((response, url));
            }
            url = self.location(&response, &url)?;
        }
        Err(RegistryError::Protocol(format!("{} redirects without an end", shown(&ask.url))))
    }

    /// Asks a single time.
    pub(super) async fn once(&self, ask: &Ask<'_>, url: &Url) -> Result<Response, RegistryError> {
        check_url(url, self.reach)?;
        let client = self.registry.clients.get(self.reach, self.endpoint.verified)?;
        let mut headers: HeaderMap = ask.headers.iter().cloned().collect();
        let known = self.authorization().filter(|_| self.is_own(url));
        if let Some(authorization) = known {
            headers.insert(AUTHORIZATION, authorization.header());
        }
        let mut request = client.request(ask.method.clone(), url.clone()).headers(headers);
        if let Some(body) = ask.body {
            request = request.body(body());
        }
        request.send().await.map_err(|error| connection(verb(&ask.method), url, &error))
    }

    /// Reads where an answer leads, and checks that it may lead there.
    pub(super) fn location(&self, response: &Response, from: &Url) -> Result<Url, RegistryError> {
        let text = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let url = text
            .and_then(|text| from.join(text).ok())
            .ok_or_else(|| RegistryError::Protocol(format!("{} leads nowhere", shown(from))))?;
        if from.scheme() == "https" && url.scheme() != "https" {
            let reason = format!("{} leads there from https", shown(from));
            return Err(RegistryError::Forbidden { url: shown(&url), reason });
        }
        check_url(&url, self.reach)?;
        Ok(url)
    }

    /// Gets what the registry wants to be sent.
    pub(super) async fn authorize(
        &self,
        response: &Response,
        method: &str,
        url: &Url,
    ) -> Result<(), RegistryError> {
        let challenges = Challenge::read(response.headers());
        let got = Authorization::get(self, &challenges, method, url).await?;
        *self.locked() = Some(got);
        Ok(())
    }

    /// Gives what proves who asks.
    pub(super) fn authorization(&self) -> Option<Authorization> {
        self.locked().clone()
    }

    /// Reads a refusal.
    pub(super) async fn refusal(&self, response: Response) -> RegistryError {
        let status = response.status();
        let insufficient =
            Challenge::read(response.headers()).iter().any(Challenge::is_insufficient);
        let json = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.to_str().is_ok_and(|value| value.contains("json")));
        let body = read_body(response, REFUSAL_BYTES_MAX).await.unwrap_or_default();
        let answer = Answer::read(status, if json { &body } else { b"" });
        if insufficient { answer.denied().into() } else { answer.into() }
    }

    /// Tells whether a URL is the registry's own, and not that of storage behind it.
    fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.endpoint.base.origin()
    }

    fn locked(&self) -> MutexGuard<'_, Option<Authorization>> {
        self.authorization.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Endpoint {
    /// Gives the same place at another address.
    pub(super) fn at(self, base: &str) -> Result<Self, RegistryError> {
        let base = Url::parse(base)
            .map_err(|_| RegistryError::Protocol(format!("{base} is no address")))?;
        Ok(Self { base, ..self })
    }

    /// Gives the URL of a path below the endpoint.
    pub(super) fn url(&self, path: &str) -> Result<Url, RegistryError> {
        self.base.join(path).map_err(|_| RegistryError::Protocol(format!("{path} is no path")))
    }
}

/// Reads a body that is small; more than `limit_bytes` is an error.
pub(super) async fn read_body(
    mut response: Response,
    limit_bytes: usize,
) -> Result<Vec<u8>, RegistryError> {
    let url = response.url().clone();
    let mut body = Vec::new();
    loop {
        let chunk = response.chunk().await.map_err(|error| connection("Get", &url, &error))?;
        let Some(chunk) = chunk else { return Ok(body) };
        if body.len() + chunk.len() > limit_bytes {
            let url = shown(&url);
            return Err(RegistryError::Protocol(format!(
                "{url} sends more than {limit_bytes} bytes"
            )));
        }
        body.extend_from_slice(&chunk);
    }
}

/// Makes the error of a connection.
pub(super) fn connection(method: &str, url: &Url, error: &reqwest::Error) -> RegistryError {
    let (method, url, reason) = (method.to_owned(), shown(url), innermost(error));
    RegistryError::Connection { method, url, reason }
}

/// Writes a method as Docker's messages have it.
pub(super) fn verb(method: &Method) -> &'static str {
    match *method {
        Method::HEAD => "Head",
        Method::POST => "Post",
        Method::PUT => "Put",
        Method::PATCH => "Patch",
        _ => "Get",
    }
}

fn is_good(status: StatusCode) -> bool {
    status.is_success()
}
