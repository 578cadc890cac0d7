//! `POST /containers/create` and `POST /containers/{name}/exec`.

use api_http::RequestBody;
use http::StatusCode;
use serde_json::Value;

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
    fields::Fields,
    spec::Asked,
};

pub(super) async fn create(call: &Call, sent: RequestBody) -> Result<Answer, Failure> {
    let mut fields = Fields::of_body(&body::whole(sent).await?)?;
    let pod = Asked::pod_of(&mut fields)?;
    if !pod.is_empty() {
        return Err(Failure::not_built("pod"));
    }
    let asked = Asked::read(fields, None)?;
    let name = Some(asked.name.as_str()).filter(|name| !name.is_empty());
    let query = query_of(&[("name", name)]);
    let request = asked.made.into_body();
    let said = call.post(&format!("/containers/create{query}"), Some(&request)).await?;
    Ok(body::json(StatusCode::CREATED, &said.json()?))
}

/// Makes an exec; the body is Docker's, and its type is not told by podman's client.
pub(super) async fn exec(call: &Call, id: &str, sent: RequestBody) -> Result<Answer, Failure> {
    let bytes = body::whole(sent).await?;
    let request: Value =
        serde_json::from_slice(&bytes).map_err(|error| Failure::invalid(error.to_string()))?;
    let said = call.post(&format!("/containers/{id}/exec"), Some(&request)).await?;
    Ok(body::json(StatusCode::CREATED, &said.json()?))
}
