//! Routes of volumes.

use std::collections::BTreeMap;

use api_http::RequestBody;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    containers,
    error::Failure,
    fields::Fields,
};

/// Answers what stands behind `/volumes`.
pub(crate) async fn answer(
    call: &Call,
    rest: &[&str],
    sent: RequestBody,
) -> Result<Answer, Failure> {
    match (call.method(), rest) {
        ("POST", ["create"]) => create(call, sent).await,
        ("GET", ["json"]) => list(call).await,
        ("POST", ["prune"]) => Ok(body::json(StatusCode::OK, &pruned(call).await?)),
        ("GET", [name, "json"]) => {
            Ok(body::json(StatusCode::OK, &shown(call.get(&format!("/volumes/{name}")).await?)))
        }
        ("GET", [name, "exists"]) => call.exists(&format!("/volumes/{name}")).await,
        ("DELETE", [name]) => {
            let force = call.query()?.bool("force").to_string();
            let asked = query_of(&[("force", Some(&force))]);
            call.ask(Method::DELETE, &format!("/volumes/{name}{asked}"), None).await?;
            Ok(body::empty(StatusCode::NO_CONTENT))
        }
        _ => Err(Failure::no_such_page()),
    }
}

/// Makes a volume; one of the name that is there already is refused, unlike in Docker.
async fn create(call: &Call, sent: RequestBody) -> Result<Answer, Failure> {
    let mut fields = Fields::of_body(&body::whole(sent).await?)?;
    let name: String = fields.take("Name")?;
    let mut labels: BTreeMap<String, String> = fields.take("Label")?;
    labels.extend(fields.take::<BTreeMap<String, String>>("Labels")?);
    let options: BTreeMap<String, String> = fields.take("Options")?;
    let driver: String = fields.take("Driver")?;
    let is_welcome: bool = fields.take("IgnoreIfExists")?;
    fields.finish()?;
    let world = call.caller().world();
    let there = name.parse().is_ok_and(|name| world.state.volumes().get(&name).is_some());
    if there && !is_welcome {
        let text = format!("volume with name {name} already exists: volume already exists");
        return Err(Failure::internal(text));
    }
    let request =
        json!({ "Name": name, "Driver": driver, "Labels": labels, "DriverOpts": options });
    let said = call.post("/volumes/create", Some(&request)).await?.json()?;
    Ok(body::json(StatusCode::CREATED, &shown(said)))
}

/// Removes those that no container has, and tells which they were.
pub(crate) async fn pruned(call: &Call) -> Result<Vec<Value>, Failure> {
    let mut filters = call.filter_values()?;
    // Docker removes only those without a name unless it is told otherwise.
    filters.insert("all".to_owned(), json!(["true"]));
    let filters = Value::Object(filters).to_string();
    let asked = query_of(&[("filters", Some(&filters))]);
    let said = call.post(&format!("/volumes/prune{asked}"), None).await?.json()?;
    Ok(containers::reports(&said, "VolumesDeleted"))
}

async fn list(call: &Call) -> Result<Answer, Failure> {
    let asked = call.same_filters()?;
    let mut said = call.get(&format!("/volumes{asked}")).await?;
    let volumes = said["Volumes"].as_array_mut().map(std::mem::take).unwrap_or_default();
    Ok(body::json(StatusCode::OK, &volumes.into_iter().map(shown).collect::<Vec<_>>()))
}

/// Says in podman's fields what Docker says of a volume.
fn shown(dockers: Value) -> Value {
    let or_empty = |value: &Value| if value.is_null() { json!({}) } else { value.clone() };
    json!({
        "Name": dockers["Name"],
        "Driver": dockers["Driver"],
        "Mountpoint": dockers["Mountpoint"],
        "CreatedAt": dockers["CreatedAt"],
        "Labels": or_empty(&dockers["Labels"]),
        "Scope": "local",
        "Options": or_empty(&dockers["Options"]),
        "MountCount": 0,
    })
}
