//! Both APIs as one service: podman's paths are answered here, all others by the Docker API.

use std::{future::Future, sync::Arc};

use api_docker::Context;
use api_http::{RequestBody, RouteTemplate, Routes};
use futures_util::future::{Either as Future2, FutureExt as _};
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Either};

use crate::{
    body::{Body, Cut},
    call::{Call, Docker},
    routes,
};

/// The version of podman's API that is spoken: clients of 4 and of 5 take it.
pub const LIBPOD_VERSION: &str = "5.0.0";

/// The header by which podman's clients know who answers.
const VERSION_HEADER: HeaderName = HeaderName::from_static("libpod-api-version");

/// The route as metrics know it where no Docker route has answered.
const TEMPLATE: &str = "/libpod";

/// Puts podman's API beside the Docker API: what a listener serves.
pub fn libpod_api<R: Routes>(docker: R, context: Context) -> impl Routes {
    let own = docker.clone();
    let ask: Docker = Arc::new(move |request| {
        let asked = own.answer(request);
        async move { asked.await.map(|body| body.map_err(Cut::new).boxed_unsync()) }.boxed()
    });
    BothApis { docker, ask, context: Arc::new(context) }
}

#[derive(Clone)]
struct BothApis<R> {
    docker: R,
    ask: Docker,
    context: Arc<Context>,
}

/// What stands in front of a path of podman's API, and the path.
#[derive(Debug, PartialEq, Eq)]
struct Target<'p> {
    /// The major version that the client is of; the newest where it says none.
    major: u32,
    path: &'p str,
}

// === impl BothApis ===

impl<R: Routes> Routes for BothApis<R> {
    type Body = Either<R::Body, Body>;

    fn answer(
        &self,
        request: Request<RequestBody>,
    ) -> impl Future<Output = Response<Self::Body>> + Send + 'static {
        let Some(target) = Target::of(request.uri().path()) else {
            return Future2::Left(self.docker.answer(request).map(|one| one.map(Either::Left)));
        };
        let (major, path) = (target.major, target.path.to_owned());
        let (call, body) =
            Call::take(Arc::clone(&self.context), Arc::clone(&self.ask), major, request);
        let answered = async move { routes::answer(call, &path, body).await }.boxed();
        Future2::Right(answered.map(|mut answer| {
            let version = HeaderValue::from_static(LIBPOD_VERSION);
            answer.headers_mut().insert(VERSION_HEADER, version);
            let extensions = answer.extensions_mut();
            extensions.get_or_insert(RouteTemplate(TEMPLATE));
            answer.map(Either::Right)
        }))
    }
}

// === impl Target ===

impl<'p> Target<'p> {
    /// Reads a path of podman's API, with or without a version in front: `/v4.3.1/libpod/info`.
    ///
    /// The version is the client's own, of any form; it is no promise of anything, so only its first number is looked at.
    fn of(path: &'p str) -> Option<Self> {
        let newest = Self { major: u32::MAX, path };
        let (version, rest) = match path.strip_prefix("/v") {
            Some(versioned) if versioned.starts_with(|first: char| first.is_ascii_digit()) => {
                versioned.split_at(versioned.find('/')?)
            }
            Some(_) | None => ("", path),
        };
        let inner = rest.strip_prefix("/libpod")?;
        let digits = version.split('.').next().unwrap_or_default();
        let major = digits.parse().unwrap_or(newest.major);
        inner.starts_with('/').then_some(Self { major, path: inner })
    }
}

#[cfg(test)]
mod tests;
