//! `GET /pods/json`.

use http::StatusCode;
use projector_containers::{KeptPod, State};
use serde_json::{Value, json};

use super::{filter::PodFilter, may_look, status};
use crate::{
    body::{self, Answer},
    call::Call,
    error::Failure,
};

pub(super) async fn list(call: &Call) -> Result<Answer, Failure> {
    may_look(call).await?;
    let filter = PodFilter::new(call.filter_values()?)?;
    let world = call.caller().world();
    let state = &world.state;
    let mut pods: Vec<&KeptPod> = state.pods().iter().map(|kept| &**kept).collect();
    // The newest first, as podman has them.
    pods.sort_by_key(|kept| std::cmp::Reverse(kept.created));
    let chosen = pods.into_iter().filter(|kept| filter.takes(state, kept));
    let lines: Vec<Value> = chosen.map(|kept| line(state, kept)).collect();
    Ok(body::json(StatusCode::OK, &lines))
}

fn line(state: &State, kept: &KeptPod) -> Value {
    let members = kept.members.iter().filter_map(|id| state.container(id));
    let members = members.map(|one| {
        json!({
            "Id": one.id.to_string(),
            "Names": one.name.as_str(),
            "Status": status::word(one),
            "RestartCount": one.restarts.count,
        })
    });
    json!({
        "Cgroup": "",
        "Containers": members.collect::<Vec<_>>(),
        "Created": kept.created.to_string(),
        "Id": kept.pod.id.to_string(),
        "InfraId": kept.pod.holder.map(|holder| holder.to_string()).unwrap_or_default(),
        "Name": kept.pod.name.as_str(),
        "Namespace": "",
        "Networks": networks(state, kept),
        "Status": status::of(state, kept),
        "Labels": kept.pod.labels,
    })
}

/// Names the networks of what a pod's containers share.
pub(super) fn networks(state: &State, kept: &KeptPod) -> Vec<String> {
    let holder = kept.pod.holder.and_then(|holder| state.container(&holder));
    let endpoints = holder.into_iter().flat_map(|holder| &holder.endpoints);
    endpoints.map(|endpoint| endpoint.network().to_owned()).collect()
}
