//! `GET /system/df`: what takes how much of the disk.

use backends_images::Reference;
use http::StatusCode;
use journal_log::Timestamp;
use projector_containers::State;
use serde_json::{Value, json};

use crate::{
    body::{self, Answer},
    call::Call,
    containers,
    error::Failure,
    images::bare_id,
};

pub(super) async fn usage(call: &Call) -> Result<Answer, Failure> {
    let used = call.get("/system/df").await?;
    let world = call.caller().world();
    let lines = |field: &str| used[field].as_array().into_iter().flatten();
    let report = json!({
        "ImagesSize": used["LayersSize"],
        "Images": lines("Images").map(image).collect::<Vec<_>>(),
        "Containers": lines("Containers").filter_map(|used| container(&world.state, used)).collect::<Vec<_>>(),
        "Volumes": lines("Volumes").map(volume).collect::<Vec<_>>(),
    });
    Ok(body::json(StatusCode::OK, &report))
}

fn image(used: &Value) -> Value {
    let first = used["RepoTags"].as_array().and_then(|tags| tags.first()).and_then(Value::as_str);
    let name = first.and_then(|name| Reference::parse(name).ok());
    let repository = name.as_ref().map(Reference::name);
    let size = |field: &str| used[field].as_i64().unwrap_or(0).max(0);
    json!({
        "Repository": repository.unwrap_or_else(|| "<none>".to_owned()),
        "Tag": name.as_ref().and_then(Reference::tag).unwrap_or("<none>"),
        "ImageID": bare_id(&used["Id"]),
        "Created": time(&used["Created"]),
        "Size": size("Size"),
        "SharedSize": size("SharedSize"),
        "UniqueSize": size("Size") - size("SharedSize"),
        "Containers": size("Containers"),
    })
}

fn container(state: &State, used: &Value) -> Option<Value> {
    let id = used["Id"].as_str()?.parse().ok()?;
    // What holds the namespaces of a pod has no image and takes no room; the client cannot show it.
    used["ImageID"].as_str().filter(|image| !image.is_empty())?;
    let names = used["Names"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let names: Vec<&str> = names.map(|name| name.trim_start_matches('/')).collect();
    let volumes = used["Mounts"].as_array().into_iter().flatten();
    let size = |field: &str| used[field].as_i64().unwrap_or(0);
    Some(json!({
        "ContainerID": used["Id"],
        "Image": bare_id(&used["ImageID"]),
        "Command": state.container(&id)?.spec.argv(),
        "LocalVolumes": volumes.filter(|mount| mount["Type"] == "volume").count(),
        "Size": size("SizeRootFs"),
        "RWSize": size("SizeRw"),
        "Created": time(&used["Created"]),
        "Status": containers::podmans_state(used["State"].as_str().unwrap_or_default()),
        "Names": names.join(","),
    }))
}

/// Writes a time in seconds as RFC 3339 has it.
fn time(seconds: &Value) -> String {
    let nanos = seconds.as_u64().unwrap_or(0).saturating_mul(containers::SECOND);
    Timestamp::from_unix_nanos(nanos).to_string()
}

fn volume(used: &Value) -> Value {
    let number = |field: &str| used["UsageData"][field].as_i64().unwrap_or(0).max(0);
    json!({
        "VolumeName": used["Name"],
        "Links": number("RefCount"),
        "Size": number("Size"),
        "ReclaimableSize": if number("RefCount") == 0 { number("Size") } else { 0 },
    })
}
