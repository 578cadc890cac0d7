//! The routes: a file or a folder for each kind of object.

use api_http::RequestBody;
use http::Method;

use crate::{
    body::Answer, call::Call, containers, error::Failure, execs, images, networks, pods, system,
    volumes,
};

/// Answers a call; `path` is what stands behind `/libpod`.
pub(crate) async fn answer(call: Call, path: &str, body: RequestBody) -> Answer {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let answered = match segments.as_slice() {
        ["containers", rest @ ..] => Box::pin(containers::answer(&call, rest, body)).await,
        ["exec", id, action] => Box::pin(execs::answer(&call, id, action, body)).await,
        ["images", rest @ ..] => Box::pin(images::answer(&call, rest, body)).await,
        ["networks", rest @ ..] => Box::pin(networks::answer(&call, rest, body)).await,
        ["pods", rest @ ..] => Box::pin(pods::answer(&call, rest, body)).await,
        ["volumes", rest @ ..] => Box::pin(volumes::answer(&call, rest, body)).await,
        rest => Box::pin(system::answer(&call, rest, body)).await,
    };
    match answered {
        Ok(answer) => answer,
        Err(failure) => on_record(&call, failure).await.answer(),
    }
}

/// Puts the failure of a changing call on record, where no other API has done so.
async fn on_record(call: &Call, failure: Failure) -> Failure {
    let reads = [Method::GET, Method::HEAD].iter().any(|method| method.as_str() == call.method());
    if reads || failure.is_on_record() {
        return failure;
    }
    let (status, message) = (failure.status(), failure.message().to_owned());
    let recorded = call.caller().refuse(status, message).await;
    // Where it could not be put there, that is what the client is told.
    if recorded.status == status { failure } else { recorded.into() }
}
