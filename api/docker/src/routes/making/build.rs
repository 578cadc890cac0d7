//! `docker build` with the classic builder: `POST /build`.
//!
//! A build is a transfer: an opening record, steps whose images are on record each by itself, and a closing record. The answer
//! begins when the context is here and its Dockerfile is one; a client that hangs up then ends the build.

mod asked;
mod context;
mod fetching;
mod programs;
mod remote;
mod site;
mod teller;

use std::{convert::Infallible, sync::Arc, time::Duration};

use api_http::{BodyStream, body_stream};
use api_types::ProgressMessage;
use backends_build::{BuildError, Context, Dockerfile, build};
use backends_images::Workspace;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderValue, header::CONTENT_TYPE};
use journal_domain::{AddMade, Digest, ImageCommand, ImageName, ImageSource, MakingEnd};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use warp::{
    Filter,
    reply::{Reply as _, Response},
};

use self::{asked::Asked, context::Taken, site::ServerSite, teller::Teller};
use crate::{
    Level,
    call::{Call, call},
    error::ApiError,
    reply,
    routes::{
        Route,
        images::{Slots, Transfer},
    },
};

/// Lines that wait for a client: a slow one is waited for.
const LINES_MAX: usize = 64;

pub(super) fn route(slots: Slots, pulls: Slots) -> Route {
    warp::path!("build")
        .and(warp::post())
        .and(call())
        .and(body_stream())
        .then(move |call: Call, body| {
            let (slots, pulls) = (slots.clone(), pulls.clone());
            call.answer("/build", move |call| begin(call, body, slots, pulls))
        })
        .boxed()
}

/// How long a build that has had no effect goes on without a record. What was all done before is over by then, and nobody sees
/// that an answer begins so much later.
const OPENED_AFTER: Duration = Duration::from_millis(20);

/// What is built of what.
struct Work {
    asked: Arc<Asked>,
    dockerfile: Dockerfile,
    context: Arc<Context>,
    /// The files of the context; they go with this.
    _files: Workspace,
}

async fn begin(
    call: Call,
    body: BodyStream,
    slots: Slots,
    pulls: Slots,
) -> Result<Response, ApiError> {
    call.version()?;
    let asked = Asked::read(&call)?;
    let shown = asked.names.first().map(ToString::to_string).unwrap_or_default();
    let slot = slots.take().await?;
    let transfer = Arc::new(Transfer::begin(&call, slot, ImageSource::Build, shown));
    let (sender, lines) = mpsc::channel(LINES_MAX);
    let teller = Teller::new(sender, asked.quiet);
    let (mut tell, read) = oneshot::channel();
    // A client that hangs up while it sends leaves a transfer that ends on record all the same.
    let working = Arc::clone(&transfer);
    tokio::spawn(async move {
        let taken = tokio::select! {
            taken = taken_in(&working, &call, &asked, body) => taken,
            // What is fetched may take minutes more.
            () = tell.closed() => Err(ApiError::invalid("the client hung up")),
        };
        match taken {
            Ok(Taken { context, dockerfile, files }) => {
                // Nobody may listen: then there is nobody to tell lines, either, and the build ends.
                let _ = tell.send(Ok(()));
                let (asked, context) = (Arc::new(asked), Arc::new(context));
                let work = Work { asked, dockerfile, context, _files: files };
                carry_out(working, work, teller, pulls).await;
            }
            Err(error) => {
                let _ = tell.send(Err(working.fail_as(error).await));
            }
        }
    });
    read.await.map_err(|_| ApiError::internal("the build panicked"))??;
    // The answer names the record that opens the build: what does nothing has only one sync to wait for, at its end.
    let _ = tokio::time::timeout(OPENED_AFTER, transfer.asked_for()).await;
    let seq = transfer.opened().await?;
    let lines = ReceiverStream::new(lines).map(Ok::<Bytes, Infallible>);
    let mut response = warp::reply::stream(lines).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(reply::in_record(response, seq))
}

/// Takes the context in. One that takes its time is that of a build on record.
async fn taken_in(
    transfer: &Transfer,
    call: &Call,
    asked: &Asked,
    body: BodyStream,
) -> Result<Taken, ApiError> {
    let mut take = Box::pin(context::take(call, asked, body));
    if let Ok(taken) = tokio::time::timeout(OPENED_AFTER, &mut take).await {
        return taken;
    }
    let (opened, taken) = tokio::join!(transfer.opened(), take);
    opened.and(taken)
}

/// Builds, puts what came of it on record, and tells the client.
async fn carry_out(transfer: Arc<Transfer>, work: Work, teller: Teller, pulls: Slots) {
    let site = ServerSite::new(&transfer, Arc::clone(&work.asked), teller.clone(), pulls);
    let gate = transfer.call().context().gate.clone();
    let context = Arc::clone(&work.context);
    let built = tokio::select! {
        built = build(&site, &work.dockerfile, context, &work.asked.options) => built,
        () = teller.closed() => Err(BuildError::Cancelled),
        reason = gate.closed() => {
            Err(BuildError::step(ApiError::refused_at(Level::FreesOnly, &reason).message()))
        }
    };
    let names = work.asked.names.clone();
    // Nobody waits for the files to go; what is left of them by the end of a server goes at the next start.
    drop(tokio::task::spawn_blocking(move || drop(work)));
    site.clean_up().await;
    let lease = site.into_lease();
    let id = match built {
        Ok(id) => id,
        Err(error) => {
            drop(lease);
            let code = match &error {
                BuildError::Exit { code, .. } => *code,
                BuildError::Parse(_)
                | BuildError::Asked(_)
                | BuildError::Step(_)
                | BuildError::Cancelled => 0,
            };
            let message = error.to_string();
            transfer.fail_as(ApiError::internal(message.clone())).await;
            return teller.fail(code, message).await;
        }
    };
    let end = Some(MakingEnd { image: id, names: names.clone() });
    let command = AddMade { transfer: transfer.id(), images: Vec::new(), commit: None, end };
    match transfer.close(ImageCommand::from(command), lease).await {
        Ok(()) => tell_end(&teller, id, &names).await,
        Err(error) => teller.fail(0, error.message().to_owned()).await,
    }
}

async fn tell_end(teller: &Teller, id: Digest, names: &[ImageName]) {
    if teller.is_quiet() {
        let stream = format!("{id}\n");
        return teller.send(&ProgressMessage { stream, ..ProgressMessage::default() }).await;
    }
    teller.say(format!("Successfully built {}\n", &id.hex()[..12])).await;
    for name in names {
        teller.say(format!("Successfully tagged {}\n", name.familiar())).await;
    }
}
