//! The whole API as one service: takes the point of the past and the version off the path, and puts Docker's headers on every answer.

use std::{borrow::Cow, future::Future, sync::Arc};

use api_http::{RequestBody, Routes};
use api_types::{API_VERSION, ApiVersion, split_version};
use futures_util::FutureExt as _;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, Uri, header::SERVER, uri::PathAndQuery,
};

use crate::{
    Context,
    call::{Call, Head},
    moment::split_point,
    reads::Reading,
    routes,
};

/// Where a request goes whose version is not answered: no route is there, and what answers then knows the reason.
const NOWHERE: &str = "/";

/// Makes the Docker API over an engine and a backend: what a listener serves.
pub fn docker_api(context: Context) -> impl Routes {
    let headers = HeaderMap::from_iter([
        (HeaderName::from_static("api-version"), text(&API_VERSION.to_string())),
        (HeaderName::from_static("docker-experimental"), HeaderValue::from_static("false")),
        (HeaderName::from_static("ostype"), HeaderValue::from_static("linux")),
        (SERVER, text(&context.server.header())),
    ]);
    let routes = api_http::warp_service(routes::all());
    DockerApi { context: Arc::new(context), routes, headers: Arc::new(headers) }
}

/// Makes a header's value; what cannot be in one is left out.
fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or_else(|_| HeaderValue::from_static("sockerless"))
}

#[derive(Clone)]
struct DockerApi<R> {
    context: Arc<Context>,
    routes: R,
    headers: Arc<HeaderMap>,
}

impl<R: Routes> Routes for DockerApi<R> {
    type Body = R::Body;

    fn answer(
        &self,
        mut request: Request<RequestBody>,
    ) -> impl Future<Output = Response<R::Body>> + Send + 'static {
        let (point, rest) = split_point(request.uri().path());
        let (digits, rest) = split_version(rest);
        let version = ApiVersion::accept(digits);
        let path = if version.is_ok() { without_empty_segments(rest) } else { NOWHERE.into() };
        let rewritten = (path != request.uri().path()).then(|| with_path(request.uri(), &path));
        let head = Head { point: point.map(str::to_owned), version };
        let call = Call::new(Arc::clone(&self.context), head, &request);
        if let Some(uri) = rewritten {
            *request.uri_mut() = uri;
        }
        let reading = Reading::begin(&call, request.extensions());
        request.extensions_mut().insert(call);
        let headers = Arc::clone(&self.headers);
        self.routes.answer(request).map(move |mut response| {
            if let Some(reading) = reading {
                reading.end(&response);
            }
            let shared = headers.iter().map(|(name, value)| (name.clone(), value.clone()));
            response.headers_mut().extend(shared);
            response
        })
    }
}

/// Takes empty segments out of a path: clients write a container's name as it is shown, `/web`.
fn without_empty_segments(path: &str) -> Cow<'_, str> {
    if !path.contains("//") {
        return path.into();
    }
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments.flat_map(|segment| ["/", segment]).collect::<String>().into()
}

fn with_path(uri: &Uri, path: &str) -> Uri {
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    // A part of a valid target is one too; were it not, no route would answer it.
    let nowhere = || PathAndQuery::from_static(NOWHERE);
    Uri::from(PathAndQuery::try_from(target).unwrap_or_else(|_| nowhere()))
}

#[cfg(test)]
mod tests;
