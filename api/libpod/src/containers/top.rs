//! `GET /containers/{name}/top`.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
};

/// The columns that podman shows where nobody asks for others.
const COLUMNS: &str = "user,pid,ppid,pcpu,etime,tty,time,comm";

pub(super) async fn top(call: &Call, id: &str) -> Result<Answer, Failure> {
    let query = call.query()?;
    if query.bool("stream") {
        return Err(Failure::not_built("stream=true"));
    }
    let asked = arguments(query.get("ps_args").unwrap_or_default());
    let table = table(call, id, &asked).await?;
    Ok(body::json(StatusCode::OK, &table))
}

/// Asks for the processes of a container.
pub(crate) async fn table(call: &Call, id: &str, arguments: &str) -> Result<Value, Failure> {
    let asked = query_of(&[("ps_args", Some(arguments))]);
    let dockers = call.get(&format!("/containers/{id}/top{asked}")).await?;
    Ok(json!({ "Titles": dockers["Titles"], "Processes": dockers["Processes"] }))
}

/// Makes arguments of `ps` of what podman's client sends: columns, or such arguments.
pub(crate) fn arguments(asked: &str) -> String {
    let asked = asked.trim();
    if asked.is_empty() {
        return format!("-eo {COLUMNS}");
    }
    let is_list = asked.chars().all(|c| c.is_ascii_alphanumeric() || "_,".contains(c));
    if is_list { format!("-eo {asked}") } else { asked.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_arguments_and_arguments_stay() {
        assert_eq!(arguments(""), format!("-eo {COLUMNS}"));
        assert_eq!(arguments("pid,comm"), "-eo pid,comm");
        assert_eq!(arguments("-ef"), "-ef");
    }
}
