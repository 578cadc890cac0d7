//! Routes of execs.

use api_docker::Addition;
use api_http::RequestBody;
use http::{Method, StatusCode};
use journal_domain::{ExecCommand, RemoveExec};

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
    fields::Fields,
};

/// Answers what stands behind `/exec`.
pub(crate) async fn answer(
    call: &Call,
    id: &str,
    action: &str,
    sent: RequestBody,
) -> Result<Answer, Failure> {
    match (call.method(), action) {
        ("GET", "json") => {
            Ok(body::json(StatusCode::OK, &call.get(&format!("/exec/{id}/json")).await?))
        }
        ("POST", "start") => start(call, id, sent).await,
        ("POST", "resize") => {
            let query = call.query()?;
            let asked = query_of(&[("h", query.get("h")), ("w", query.get("w"))]);
            call.post(&format!("/exec/{id}/resize{asked}"), None).await?;
            Ok(body::empty(StatusCode::CREATED))
        }
        ("POST", "remove") => remove(call, id, sent).await,
        _ => Err(Failure::no_such_page()),
    }
}

/// Forgets an exec that does not run. One that runs is refused, also by force: nothing here ends it alone.
async fn remove(call: &Call, id: &str, sent: RequestBody) -> Result<Answer, Failure> {
    let mut fields = Fields::of_body(&body::whole(sent).await?)?;
    fields.note(&["Force"]);
    fields.finish()?;
    call.caller().submit(ExecCommand::from(RemoveExec { target: id.to_owned() })).await?;
    Ok(body::empty(StatusCode::OK))
}

/// Begins an exec. What a refusal would be told by is looked at before: once it is begun, the connection is a stream.
async fn start(call: &Call, id: &str, sent: RequestBody) -> Result<Answer, Failure> {
    let world = call.caller().world();
    let exec = world.state.find_exec(id).ok();
    let container = exec.and_then(|exec| world.state.container(&exec.container));
    if let Some(container) = container.filter(|container| container.running().is_none()) {
        let text = "can only create exec sessions on running containers: container state improper";
        return Err(Failure::conflict(format!("{}: {text}", container.id)));
    }
    let call = call.with(Addition::BeginsWhenOpen);
    call.pass(Method::POST, &format!("/exec/{id}/start"), sent).await
}

/// Tells whether a request becomes a stream without asking for it, as podman's clients before version 5 expect.
pub fn is_stream(line: &[u8]) -> bool {
    let Some(path) =
        line.strip_prefix(b"POST /").and_then(|rest| rest.split(|b| *b == b' ').next())
    else {
        return false;
    };
    let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
    let mut segments = path.rsplit(|byte| *byte == b'/');
    segments.next() == Some(b"start")
        && segments.nth(1) == Some(b"exec")
        && segments.next() == Some(b"libpod")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_an_exec_is_a_stream_by_its_first_line() {
        assert!(is_stream(b"POST /v4.3.1/libpod/exec/ab12/start HTTP/1.1"));
        assert!(is_stream(b"POST /libpod/exec/ab12/start?x=1 HTTP/1.1"));
        assert!(is_stream(b"POST /tenants/red/v4.3.1/libpod/exec/ab12/start HTTP/1.1"));
        assert!(!is_stream(b"POST /v1.41/exec/ab12/start HTTP/1.1"));
        assert!(!is_stream(b"POST /v4.3.1/libpod/containers/start/start HTTP/1.1"));
        assert!(!is_stream(b"GET /v4.3.1/libpod/exec/ab12/start HTTP/1.1"));
    }
}
