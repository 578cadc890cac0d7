//! `POST /containers/{name}/update`: other limits, another restart policy.

use api_http::RequestBody;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{
    body::{self, Answer},
    call::Call,
    error::Failure,
    fields::Fields,
    spec,
};

pub(super) async fn update(call: &Call, id: &str, sent: RequestBody) -> Result<Answer, Failure> {
    let query = call.query()?;
    let mut fields = Fields::of_body(&body::whole(sent).await?)?;
    let mut asked: Map<String, Value> = spec::resources(&mut fields)?;
    fields.finish()?;
    if let Some(policy) = query.get("restartPolicy").filter(|policy| !policy.is_empty()) {
        let retries = query.int("restartRetries")?.unwrap_or(0);
        let policy = json!({ "Name": policy, "MaximumRetryCount": retries });
        asked.insert("RestartPolicy".to_owned(), policy);
    }
    call.post(&format!("/containers/{id}/update"), Some(&asked.into())).await?;
    let shown = call.get(&format!("/containers/{id}/json")).await?;
    Ok(body::json(StatusCode::CREATED, &json!({ "ID": shown["Id"] })))
}
