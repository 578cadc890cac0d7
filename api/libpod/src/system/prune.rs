//! `POST /system/prune`: whatever nothing uses goes.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    body::{self, Answer},
    call::Call,
    containers,
    error::Failure,
    images, networks, pods, volumes,
};

pub(super) async fn prune(call: &Call) -> Result<Answer, Failure> {
    let query = call.query()?;
    for field in ["build", "external"] {
        if query.bool(field) {
            return Err(Failure::not_built(field));
        }
    }
    // What uses others goes before them.
    let pods = pods::pruned(call).await?;
    let containers = containers::pruned(call).await?;
    let networks = networks::pruned(call).await?;
    let volumes = if query.bool("volumes") { volumes::pruned(call).await? } else { Vec::new() };
    let images = images::pruned(call).await?;
    let freed = [&containers, &volumes, &images].into_iter().flatten();
    let freed: u64 = freed.filter_map(|report| report["Size"].as_u64()).sum();
    let reports: Value = json!({
        "PodPruneReport": pods,
        "ContainerPruneReports": containers,
        "ImagePruneReports": images,
        "NetworkPruneReports": networks,
        "VolumePruneReports": volumes,
        "ReclaimedSpace": freed,
    });
    Ok(body::json(StatusCode::OK, &reports))
}
