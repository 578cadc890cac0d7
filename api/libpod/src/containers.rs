//! Routes of containers.

mod archive;
mod commit;
mod create;
mod healthcheck;
mod inspect;
mod life;
mod list;
mod logs;
mod prune;
mod remove;
mod stats;
mod top;
mod update;
mod wait;

use api_http::RequestBody;
use http::{Method, StatusCode};

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
};

pub(crate) use self::{
    commit::commit,
    list::{SECOND, podmans_state},
    prune::{pruned, reports},
    stats::lines as stats_lines,
    top::{arguments as top_arguments, table as top_table},
};

/// Answers what stands behind `/containers`.
pub(crate) async fn answer(
    call: &Call,
    rest: &[&str],
    sent: RequestBody,
) -> Result<Answer, Failure> {
    match (call.method(), rest) {
        ("GET", ["json"]) => list::list(call).await,
        ("POST", ["create"]) => create::create(call, sent).await,
        ("GET", ["stats"]) => stats::stats(call).await,
        ("POST", ["prune"]) => Ok(body::json(StatusCode::OK, &pruned(call).await?)),
        ("GET", [id, "json"]) => inspect::inspect(call, id).await,
        ("GET", [id, "exists"]) => call.exists(&format!("/containers/{id}/json")).await,
        ("DELETE", [id]) => remove::remove(call, id).await,
        ("POST", [id, "wait"]) => wait::wait(call, id).await,
        ("GET", [id, "logs"]) => logs::logs(call, id).await,
        ("GET", [id, "top"]) => top::top(call, id).await,
        ("POST", [id, "update"]) => update::update(call, id, sent).await,
        ("POST", [id, "attach"]) => attach(call, id, sent).await,
        ("POST", [id, "exec"]) => create::exec(call, id, sent).await,
        ("GET" | "HEAD" | "PUT", [id, "archive"]) => archive::archive(call, id, sent).await,
        ("GET", [id, "export"]) => pass(call, id, "export").await,
        ("GET", [id, "healthcheck"]) => healthcheck::run(call, id).await,
        ("GET", [id, "changes"]) => pass(call, id, "changes").await,
        ("POST", [id, action]) => life::answer(call, id, action).await,
        _ => Err(Failure::no_such_page()),
    }
}

/// Joins the streams of a container; what the client does not say is podman's default.
async fn attach(call: &Call, id: &str, sent: RequestBody) -> Result<Answer, Failure> {
    let query = call.query()?;
    let said = |name: &str, default: bool| query.bool_or(name, default).to_string();
    let (logs, stream) = (said("logs", false), said("stream", true));
    let (stdin, stdout, stderr) = (said("stdin", true), said("stdout", true), said("stderr", true));
    let query = query_of(&[
        ("logs", Some(&logs)),
        ("stream", Some(&stream)),
        ("stdin", Some(&stdin)),
        ("stdout", Some(&stdout)),
        ("stderr", Some(&stderr)),
        ("detachKeys", query.get("detachKeys")),
    ]);
    call.pass(Method::POST, &format!("/containers/{id}/attach{query}"), sent).await
}

async fn pass(call: &Call, id: &str, what: &str) -> Result<Answer, Failure> {
    call.pass_plain(Method::GET, &format!("/containers/{id}/{what}?{}", call.query_text())).await
}
