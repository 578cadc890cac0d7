//! One call: who makes it, what it asks of which state, and how it is put on record.
//!
//! A route that reads is given a [`Look`] at the state, any other a [`Call`]. A change goes through [`Call::submit`], which makes
//! it one record. A changing call that fails before it could become a command is put on record here too, so that no
//! route can forget it.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use api_http::{Peer, RouteTemplate};
use api_types::{ApiVersion, ApiVersionError, Query, split_version};
use backends_images::Credentials;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use journal_domain::{Command, Reject, SystemCommand};
use journal_log::{Actor, RequestId, Timestamp};
use projector_containers::Containers;
use projector_engine::{Committed, Submission, SubmitError, World};
use serde::Serialize;
use warp::{Filter, Rejection, reply::Response};

use crate::{
    Addition, Context, Level,
    error::{ApiError, OnRecord},
    moment::{self, Look, Moment, split_point},
    once::{CREATE_ROUTE, KEY_HEADER},
    reply,
};

/// Bytes of a client's own name that go on record. Docker's are under 100.
const AGENT_BYTES_MAX: usize = 256;

/// Bytes of a refused call's path that go on record: four times the longest that a known route has.
const REJECTED_PATH_BYTES_MAX: usize = 512;

/// Bytes of a refusal's reason that go on record. The answer has it whole.
const REJECTED_REASON_BYTES_MAX: usize = 1024;

/// A call in progress; a clone costs a counter.
#[derive(Clone)]
pub(crate) struct Call(Arc<Inner>);

struct Inner {
    context: Arc<Context>,
    request: RequestId,
    head: Head,
    method: Method,
    /// The target as the client wrote it, with the point and the version in front.
    target: Uri,
    peer: Option<Peer>,
    headers: Headers,
    /// What another API adds.
    addition: Option<Addition>,
}

/// The headers of a call that routes look at.
#[derive(Default)]
struct Headers {
    agent: Option<HeaderValue>,
    accept: Option<HeaderValue>,
    content_type: Option<HeaderValue>,
    /// What the client calls the call, to have it done once.
    idempotency_key: Option<HeaderValue>,
    /// Credentials for a registry. They go nowhere but there.
    registry_auth: Option<HeaderValue>,
    /// Credentials for several of them.
    registry_config: Option<HeaderValue>,
}

/// What stands in front of a path.
#[derive(Debug)]
pub(crate) struct Head {
    /// The point of the past that is asked about, as the client wrote it.
    pub(crate) point: Option<String>,
    /// The version of the API, or why that is not answered.
    pub(crate) version: Result<ApiVersion, ApiVersionError>,
}

/// Gives the call that a request belongs to.
pub(crate) fn call() -> impl Filter<Extract = (Call,), Error = Rejection> + Copy {
    warp::ext::get::<Call>()
}

// === impl Headers ===

impl Headers {
    /// Takes them out of a request's own, of each name the first. A request has a few, so they are looked through once.
    fn of(sent: &HeaderMap) -> Self {
        let mut found = Self::default();
        for (name, value) in sent {
            let place = match name.as_str() {
                "user-agent" => &mut found.agent,
                "accept" => &mut found.accept,
                "content-type" => &mut found.content_type,
                KEY_HEADER => &mut found.idempotency_key,
                "x-registry-auth" => &mut found.registry_auth,
                "x-registry-config" => &mut found.registry_config,
                _ => continue,
            };
            place.get_or_insert_with(|| value.clone());
        }
        found
    }
}

// === impl Call ===

impl Call {
    /// Makes the call of a request.
    pub(crate) fn new<B>(context: Arc<Context>, head: Head, request: &http::Request<B>) -> Self {
        let extensions = request.extensions();
        let id = extensions.get::<api_http::RequestId>().copied();
        let id = id.unwrap_or_else(api_http::RequestId::random);
        Self(Arc::new(Inner {
            context,
            request: RequestId::from_bytes(*id.as_bytes()),
            head,
            method: request.method().clone(),
            target: request.uri().clone(),
            peer: extensions.get::<Peer>().cloned(),
            headers: Headers::of(request.headers()),
            addition: extensions.get::<Addition>().cloned(),
        }))
    }

    /// Gives what every route needs.
    pub(crate) fn context(&self) -> &Context {
        &self.0.context
    }

    /// Gives the version of the API that the client speaks, or why that is not answered.
    pub(crate) fn version(&self) -> Result<ApiVersion, ApiError> {
        Ok(self.0.head.version.clone()?)
    }

    /// Gives what another API adds to the request.
    pub(crate) fn addition(&self) -> Option<&Addition> {
        self.0.addition.as_ref()
    }

    /// Gives the method.
    pub(crate) fn method(&self) -> &Method {
        &self.0.method
    }

    /// Gives the target as the client wrote it.
    pub(crate) fn target(&self) -> &Uri {
        &self.0.target
    }

    /// Gives the path without the point and the version in front.
    pub(crate) fn path(&self) -> &str {
        split_version(split_point(self.0.target.path()).1).1
    }

    /// Gives the point of the past that the call asks about, as the client wrote it.
    pub(crate) fn point(&self) -> Option<&str> {
        self.0.head.point.as_deref()
    }

    /// Gives the forms of an answer that the client takes.
    pub(crate) fn accept(&self) -> Option<&HeaderValue> {
        self.0.headers.accept.as_ref()
    }

    /// Gives the type of the body, as the client wrote it.
    pub(crate) fn content_type(&self) -> Option<&HeaderValue> {
        self.0.headers.content_type.as_ref()
    }

    /// Reads what the client knows for the registry that the call is about.
    pub(crate) fn credentials(&self) -> Result<Credentials, ApiError> {
        let value = self.0.headers.registry_auth.as_ref().map(HeaderValue::as_bytes);
        Ok(Credentials::from_header(value.unwrap_or_default())?)
    }

    /// Reads what the client knows for each registry that the call may be about.
    pub(crate) fn registry_config(&self) -> Result<BTreeMap<String, Credentials>, ApiError> {
        let value = self.0.headers.registry_config.as_ref().map(HeaderValue::as_bytes);
        Ok(Credentials::all_from_header(value.unwrap_or_default())?)
    }

    /// Gives what the client calls the call, to have it done once.
    pub(crate) fn idempotency_key(&self) -> Option<&HeaderValue> {
        self.0.headers.idempotency_key.as_ref()
    }

    /// Gives who makes the call.
    pub(crate) fn principal(&self) -> String {
        self.actor().principal
    }

    /// Names who makes the call as lists of callers do: by name, then by group.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.peer.iter().flat_map(Peer::names).collect()
    }

    /// Gives the groups that the one who makes the call has shown to belong to.
    pub(crate) fn groups(&self) -> &[String] {
        let identity = self.0.peer.as_ref().and_then(|peer| peer.identity.as_ref());
        identity.map_or(&[], |identity| &identity.groups)
    }

    /// Gives the query string as the client wrote it.
    pub(crate) fn query_text(&self) -> &str {
        self.0.target.query().unwrap_or_default()
    }

    /// Reads the query string.
    pub(crate) fn query(&self) -> Result<Query, ApiError> {
        Ok(Query::parse(self.0.target.query().unwrap_or_default())?)
    }

    /// Gives the state as it is now.
    pub(crate) fn world(&self) -> Arc<World<Containers>> {
        self.0.context.handle.snapshot()
    }

    /// Gives the time as the engine's clock has it.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.context.clock.now()
    }

    /// Makes a command one record, and waits until that is durable and in the state.
    pub(crate) async fn submit(
        &self,
        command: impl Into<Command>,
    ) -> Result<Committed<Containers>, ApiError> {
        let command = command.into();
        self.0.context.gate.check(&command)?;
        let handle = &self.0.context.handle;
        let submitted = handle.submit_checked(self.submission(command), self.check()).await;
        if let Err(SubmitError::Refused { refusal, .. }) = &submitted {
            self.0.context.pool_refusals.count(refusal);
        }
        Ok(submitted?)
    }

    /// Answers the call with what `handler` makes of it; a call about the past is refused.
    ///
    /// `template` is the route as metrics know it, without ids.
    pub(crate) async fn answer<F>(
        self,
        template: &'static str,
        handler: impl FnOnce(Self) -> F + Send,
    ) -> Response
    where
        F: Future<Output = Result<Response, ApiError>> + Send,
    {
        let refused = self
            .refused_by_method()
            .or_else(|| self.check_read(template).err())
            .or_else(|| self.refused_key(template));
        let answered = match (self.point(), refused) {
            (None, None) => handler(self.clone()).await,
            (None, Some(error)) => Err(error),
            (Some(_), _) => Err(self.present_only(template).await),
        };
        self.conclude(template, answered).await
    }

    /// Answers a call that reads with what `handler` sees at the moment that the call is about.
    pub(crate) async fn look<F>(
        self,
        template: &'static str,
        handler: impl FnOnce(Look) -> F + Send,
    ) -> Response
    where
        F: Future<Output = Result<Response, ApiError>> + Send,
    {
        let answered = match self.moment(template).await {
            Ok(moment) => handler(Look::new(self.clone(), moment)).await,
            Err(error) => Err(error),
        };
        self.conclude(template, answered).await
    }

    /// Finds the moment that the call is about. What no route answers comes by here too.
    async fn moment(&self, template: &str) -> Result<Moment, ApiError> {
        if let Some(error) = self.refused_by_method() {
            return Err(error);
        }
        self.check_read(template)?;
        if self.point().is_some() && self.is_changing() {
            return Err(ApiError::past_is_fixed(&self.0.method));
        }
        moment::find(self).await
    }

    /// Says why a call about the past is not answered that only the present world has an answer to.
    async fn present_only(&self, template: &str) -> ApiError {
        match self.moment(template).await {
            Ok(Moment::Past { world, .. }) => {
                ApiError::not_kept(&format!("what {} {template} tells", self.0.method), world.seq)
            }
            Ok(Moment::Present) => ApiError::internal("a call about the past lost its point"),
            Err(error) => error,
        }
    }

    async fn conclude(
        &self,
        template: &'static str,
        answered: Result<Response, ApiError>,
    ) -> Response {
        let mut response = match answered {
            Ok(response) => response,
            Err(error) => self.put_on_record(error).await.into_response(),
        };
        response.extensions_mut().insert(RouteTemplate(template));
        response
    }

    /// Puts the failure of a changing call on record, where it is not there yet.
    pub(crate) async fn put_on_record(&self, error: ApiError) -> ApiError {
        if !self.is_changing() || error.record() != OnRecord::NotYet {
            return error;
        }
        let command = SystemCommand::from(Reject {
            method: self.0.method.as_str().to_owned(),
            path: cut(self.0.target.path(), REJECTED_PATH_BYTES_MAX),
            status: error.status().as_u16(),
            reason: cut(error.message(), REJECTED_REASON_BYTES_MAX),
        });
        match self.0.context.handle.submit(self.submission(command.into())).await {
            Err(SubmitError::Refused { seq, .. }) => error.at(seq),
            Err(failure) => failure.into(),
            Ok(committed) => error.at(committed.stamp.seq),
        }
    }

    /// Refuses a call that may change something while the log is only looked at.
    fn refused_by_method(&self) -> Option<ApiError> {
        let gate = &self.0.context.gate;
        if !self.is_changing() || gate.level() < Level::ReadOnly {
            return None;
        }
        Some(ApiError::refused_at(Level::ReadOnly, &gate.reason().unwrap_or_default()))
    }

    /// Refuses a key on a changing call that is not done once under one, rather than pass over it.
    fn refused_key(&self, template: &str) -> Option<ApiError> {
        if self.0.headers.idempotency_key.is_none()
            || !self.is_changing()
            || template == CREATE_ROUTE
        {
            return None;
        }
        let message = format!("not built yet: Idempotency-Key on {} {template}", self.0.method);
        Some(ApiError::not_implemented(message))
    }

    fn is_changing(&self) -> bool {
        ![Method::GET, Method::HEAD, Method::OPTIONS].contains(&self.0.method)
    }

    fn submission(&self, command: Command) -> Submission<Command> {
        Submission { actor: self.actor(), request: self.0.request, cause: None, command }
    }

    /// Tells who makes the call.
    pub(crate) fn actor(&self) -> Actor {
        let (principal, source) = match &self.0.peer {
            Some(peer) => (peer.principal(), peer.source()),
            None => ("unknown".to_owned(), String::new()),
        };
        let agent = self.0.headers.agent.as_ref().map(HeaderValue::as_bytes).unwrap_or_default();
        let agent = cut(&String::from_utf8_lossy(agent), AGENT_BYTES_MAX);
        Actor { principal, source, agent }
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Call").field(&self.0.method).field(&self.0.target).finish()
    }
}

/// Answers a read with a JSON body made of the state at one point.
pub(crate) fn read<T: Serialize>(world: &World<Containers>, body: &T) -> Response {
    reply::as_of(reply::json(StatusCode::OK, body), world.seq)
}

/// Answers a read with a list.
pub(crate) fn read_list<T: Serialize>(world: &World<Containers>, lines: &Vec<T>) -> Response {
    reply::as_of(reply::json_list(StatusCode::OK, lines), world.seq)
}

/// Keeps the first bytes of a text, whole characters only.
pub(crate) fn cut(text: &str, bytes_max: usize) -> String {
    text[..text.floor_char_boundary(bytes_max)].to_owned()
}
