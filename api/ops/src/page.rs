//! The operations page: its files, and what it asks for.
//!
//! | path | answer |
//! |---|---|
//! | `/`, `/assets/…` | the page itself, for anybody: it has no data |
//! | `/page/range` | the records that can be looked at, and times of some of them |
//! | `/page/live` | a line for each new head, and one now and then |
//! | `/page/world` | containers, pods and pools, of one state |
//! | `/page/summary` | how many containers there are, and the pools |
//! | `/page/records?count=` | the last records, told in short |
//! | `/page/containers/{id}/json`, `…/logs` | what the Docker API says |
//! | `/page/tenants` | who has a server of their own behind this one: names, members, whether it is up |
//!
//! `/page/at/{point}/…` tells those with a state or records of a point of the past. Nothing here changes anything: other methods are
//! refused, and so is whoever shows no good token. Before anything is told, the Docker API is asked for the like of it, at
//! the same point and by who asks: so policies hold, and the side log of reads has it. What pages of other origins send is
//! refused by `api-http`, as on every listener.

mod answer;
mod files;
mod live;
mod range;
mod records;
mod source;
mod target;
mod tenants;
mod world;

use std::{
    future::Future,
    sync::{Arc, OnceLock},
};

use api_http::{Peer, RequestBody, Routes};
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, WWW_AUTHENTICATE},
    request::Parts,
};
use http_body_util::Either;

use self::{
    answer::{Answer, Body, refused},
    target::{Target, View, What},
};
pub use self::{source::PageSource, tenants::TenantLine};

/// Where what the page shows will be: its files are there before the log is read.
pub type PageDoor = Arc<OnceLock<PageSource>>;

/// What is said to who shows no token.
const NO_TOKEN: &str = "a token is wanted here: `sockerless page` makes one";

/// Puts the page beside the other routes of the operations address.
pub fn with_page<R: Routes>(operations: R, door: PageDoor) -> impl Routes {
    WithPage { operations, door }
}

#[derive(Clone)]
struct WithPage<R> {
    operations: R,
    door: PageDoor,
}

// === impl WithPage ===

impl<R: Routes> Routes for WithPage<R> {
    type Body = Either<R::Body, Body>;

    fn answer(
        &self,
        request: Request<RequestBody>,
    ) -> impl Future<Output = Response<Self::Body>> + Send + 'static {
        let routes = self.clone();
        async move {
            let Some(target) = Target::of(request.uri().path()) else {
                return routes.operations.answer(request).await.map(Either::Left);
            };
            // What is asked has no body, and one that is sent is not read.
            let (parts, _) = request.into_parts();
            let answered = Box::pin(answer(&routes.door, target, &parts)).await;
            answer::guarded(answered).map(Either::Right)
        }
    }
}

async fn answer(door: &PageDoor, target: Target, parts: &Parts) -> Answer {
    if parts.method != Method::GET {
        let mut answer = refused(StatusCode::METHOD_NOT_ALLOWED, "the page changes nothing");
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        return answer;
    }
    let view = match target {
        Target::File(name) => return files::file(&name, &parts.headers),
        Target::View(view) => view,
        Target::Nothing => return refused(StatusCode::NOT_FOUND, "page not found"),
    };
    let is_known = parts.extensions.get::<Peer>().is_some_and(|peer| peer.identity.is_some());
    if !is_known {
        let mut answer = refused(StatusCode::UNAUTHORIZED, NO_TOKEN);
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return answer;
    }
    let Some(source) = door.get() else {
        return refused(StatusCode::SERVICE_UNAVAILABLE, "the log is being read");
    };
    let told = tell(source, &view, parts).await;
    answer::not_kept(told.unwrap_or_else(|refused| *refused))
}

/// Tells what is asked for, or hands on what the Docker API says against it.
async fn tell(source: &PageSource, view: &View, parts: &Parts) -> Result<Answer, Box<Answer>> {
    let question = source.question(parts, view.point.as_deref());
    match &view.what {
        What::Docker(path) => Ok(question.ask(path, parts.uri.query()).await),
        What::World => {
            let world = question.world().await?;
            Ok(answer::json(&world::WorldView::of(&world, source.backend)))
        }
        What::Summary => {
            let world = question.world().await?;
            Ok(answer::json(&world::SummaryView::of(&world)))
        }
        What::Tenants => {
            question.world().await?;
            Ok(answer::json(&source.tenants()))
        }
        What::Records => {
            let query = records::RecordsQuery::of(&parts.uri)?;
            let world = question.world().await?;
            Ok(records::records(&source.handle, world, query).await)
        }
        What::Range => {
            let world = question.world().await?;
            Ok(range::range(&source.handle, world).await)
        }
        What::Live => {
            question.world().await?;
            Ok(live::live(source))
        }
    }
}

#[cfg(test)]
mod tests;
