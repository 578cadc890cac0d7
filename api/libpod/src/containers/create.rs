//! `POST /containers/create` and `POST /containers/{name}/exec`.

use api_docker::Addition;
use api_http::RequestBody;
use http::StatusCode;
use serde_json::Value;

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
    fields::Fields,
    pods,
    spec::Asked,
};

pub(super) async fn create(call: &Call, sent: RequestBody) -> Result<Answer, Failure> {
    let mut fields = Fields::of_body(&body::whole(sent).await?)?;
    let pod = Asked::pod_of(&mut fields)?;
    let (shared, place) = match pod.as_str() {
        "" => (None, None),
        pod => pods::join(call, pod).map(|(shared, place)| (shared, Some(place)))?,
    };
    let asked = Asked::read(fields, shared.as_ref())?;
    let name = Some(asked.name.as_str()).filter(|name| !name.is_empty());
    let query = query_of(&[("name", name)]);
    let request = asked.made.into_body();
    let call = place.map_or_else(|| call.clone(), |place| call.with(Addition::InPod(place)));
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
