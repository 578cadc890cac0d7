//! What the page is made of, and how the Docker API is asked for it.

use std::{fmt, sync::Arc};

use api_http::{Preliminary, RequestBody, Routes};
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _};
use http::{Request, StatusCode, Uri, header::USER_AGENT, request::Parts, uri::PathAndQuery};
use http_body_util::BodyExt as _;
use journal_log::Seq;
use projector_containers::Containers;
use projector_engine::{Clock, Handle, Point, World};

use super::{
    answer::{Answer, refused},
    tenants::{self, TenantLine},
};

/// What has to be allowed to who sees the page: to hear what happens to all, and to list the containers.
///
/// The side log of reads has the last of these for all that is told, and the first one only where it is refused.
const ASKED_FIRST: [(&str, Told); 2] =
    [("/info", Told::Nobody), ("/containers/json?limit=1", Told::Client)];

/// The header by which the Docker API tells the record that an answer is as of.
const AS_OF: &str = "x-sockerless-as-of";

/// Who is told what the Docker API says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Client,
    Nobody,
}

/// The Docker API, as a function.
type Docker = Arc<dyn Fn(Request<RequestBody>) -> BoxFuture<'static, Answer> + Send + Sync>;

/// What the page is made of. Cheap to clone.
#[derive(Clone)]
pub struct PageSource {
    pub(super) handle: Handle<Containers>,
    pub(super) clock: Arc<dyn Clock>,
    /// What runs the containers, and with them the pools.
    pub(super) backend: &'static str,
    docker: Docker,
    tenants: tenants::Lines,
}

/// A request of the page, as the Docker API is asked for the like of it.
pub(super) struct Question<'q> {
    source: &'q PageSource,
    parts: &'q Parts,
    point: Option<&'q str>,
}

// === impl PageSource ===

impl PageSource {
    /// Makes the source of an engine whose containers the named backend runs.
    ///
    /// `docker` is the Docker API over the same engine. It should have no keys and take no change: the page needs neither.
    pub fn new(
        handle: Handle<Containers>,
        clock: Arc<dyn Clock>,
        backend: &'static str,
        docker: impl Routes,
    ) -> Self {
        let docker: Docker = Arc::new(move |request| {
            let asked = docker.answer(request);
            async move { asked.await.map(|body| body.map_err(Into::into).boxed_unsync()) }.boxed()
        });
        Self { handle, clock, backend, docker, tenants: tenants::none() }
    }

    /// Has it tell of tenants, each with a server of their own that `/tenants/NAME/` in front of a path leads to.
    #[must_use]
    pub fn with_tenants(self, lines: impl Fn() -> Vec<TenantLine> + Send + Sync + 'static) -> Self {
        Self { tenants: Arc::new(lines), ..self }
    }

    pub(super) fn tenants(&self) -> Vec<TenantLine> {
        (self.tenants)()
    }

    pub(super) const fn question<'q>(
        &'q self,
        parts: &'q Parts,
        point: Option<&'q str>,
    ) -> Question<'q> {
        Question { source: self, parts, point }
    }
}

impl fmt::Debug for PageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageSource").field("backend", &self.backend).finish_non_exhaustive()
    }
}

// === impl Question ===

impl Question<'_> {
    /// Asks the Docker API at the point of the question, as who asks it.
    pub(super) async fn ask(&self, path: &str, query: Option<&str>) -> Answer {
        self.ask_for(Told::Client, path, query).await
    }

    async fn ask_for(&self, told: Told, path: &str, query: Option<&str>) -> Answer {
        let point = self.point.map(|point| format!("/at/{point}")).unwrap_or_default();
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        // A part of a valid target is one too; were it not, no route would answer it.
        let target = PathAndQuery::try_from(format!("{point}{path}{query}"));
        let target = target.unwrap_or_else(|_| PathAndQuery::from_static("/"));
        let mut request = Request::new(RequestBody::of_bytes(Bytes::new()));
        *request.uri_mut() = Uri::from(target);
        *request.extensions_mut() = self.parts.extensions.clone();
        if told == Told::Nobody {
            request.extensions_mut().insert(Preliminary);
        }
        if let Some(user) = self.parts.headers.get(USER_AGENT) {
            request.headers_mut().insert(USER_AGENT, user.clone());
        }
        (self.source.docker)(request).await
    }

    /// Gives the world that the question is about, where the Docker API lets who asks see all of it; else its answer.
    pub(super) async fn world(&self) -> Result<Arc<World<Containers>>, Box<Answer>> {
        let mut seq = None;
        for (path, told) in ASKED_FIRST {
            let answer = self.ask_for(told, path, None).await;
            if answer.status() != StatusCode::OK {
                return Err(Box::new(answer));
            }
            seq = answer.headers().get(AS_OF).and_then(|seq| seq.to_str().ok()?.parse().ok());
        }
        let handle = &self.source.handle;
        let Some(seq) = self.point.and(seq) else { return Ok(handle.snapshot()) };
        // It was made a moment ago, and is kept.
        let world = handle.world_at(Point::Record(Seq::new(seq))).await;
        world.map_err(|error| {
            Box::new(refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))
        })
    }
}
