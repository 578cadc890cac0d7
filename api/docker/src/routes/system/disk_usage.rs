//! `GET /system/df`.

use std::collections::{BTreeMap, HashMap};

use api_types::{
    ApiVersion, ContainerSummary, DiskUsage, ImageSummary, Volume as ShownVolume, VolumeUsage,
};
use journal_domain::{Digest, ImageId};
use projector_containers::{Container, State};
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call, read},
    error::ApiError,
    moment::Look,
    routes::{Route, containers::with_sizes},
};

/// The kinds that clients can choose with the parameter `type`.
const KINDS: [&str; 4] = ["container", "image", "volume", "build-cache"];

pub(super) fn route() -> Route {
    warp::path!("system" / "df")
        .and(warp::get())
        .and(call())
        .then(|call: Call| call.look("/system/df", disk_usage))
        .boxed()
}

async fn disk_usage(look: Look) -> Result<Response, ApiError> {
    let query = look.query()?;
    if let Some(kind) = query.get_all("type").find(|kind| !KINDS.contains(kind)) {
        return Err(ApiError::invalid(format!("unknown object type: {kind}")));
    }
    let wanted = |kind| query.get("type").is_none() || query.get_all("type").any(|one| one == kind);
    let world = look.world();
    let mut shown = DiskUsage::default();
    if wanted("image") {
        shown.layers_size = layers_size(&world.state);
        shown.images = images(&world.state, look.version()?);
    }
    if wanted("container") {
        let mut listing = api_shown::Listing::new(&world.state, look.now());
        let mut lines: Vec<(&Container, ContainerSummary)> = Vec::new();
        for container in world.state.newest_first() {
            let mounts = api_asked::mount_points(container, look.volumes());
            lines.push((container, ContainerSummary { mounts, ..listing.line(container) }));
        }
        shown.containers = match look.present("what containers wrote") {
            Ok(call) => with_sizes(call, &world.state, lines).await?,
            // Nobody knows any more: the sizes are left out, as in a listing that is not asked for them.
            Err(_) => lines.into_iter().map(|(_, line)| line).collect(),
        };
    }
    if wanted("volume") {
        shown.volumes = volumes(&look, &world.state).await?;
    }
    Ok(read(&world, &shown))
}

/// Measures the volumes, one after the other: each may be as large as a disk. What they held in the past nobody knows.
async fn volumes(look: &Look, state: &State) -> Result<Vec<ShownVolume>, ApiError> {
    let present = look.present("what volumes hold").ok();
    let mut shown = Vec::new();
    for kept in state.volumes().iter() {
        let size = match present {
            Some(call) => {
                let usage = call.context().backend.volume_usage(&kept.volume.name).await?;
                i64::try_from(usage.writable_bytes).unwrap_or(i64::MAX)
            }
            None => -1,
        };
        let ref_count = i64::try_from(kept.users.len()).unwrap_or(i64::MAX);
        let usage_data = Some(VolumeUsage { ref_count, size });
        shown.push(ShownVolume { usage_data, ..api_asked::shown_volume(kept, look.volumes()) });
    }
    Ok(shown)
}

/// Adds up the layers of all images, one that several share only once.
fn layers_size(state: &State) -> i64 {
    let layers = state.images().iter().flat_map(|image| &image.layers);
    let once: BTreeMap<Digest, u64> =
        layers.map(|layer| (layer.diff_id, layer.size_bytes)).collect();
    i64::try_from(once.values().sum::<u64>()).unwrap_or(i64::MAX)
}

fn images(state: &State, version: ApiVersion) -> Vec<ImageSummary> {
    let layer_users = api_shown::layer_users(state);
    let mut containers: HashMap<ImageId, i64> = HashMap::new();
    for id in state.newest_first().filter_map(|container| container.spec.image_id) {
        *containers.entry(id).or_default() += 1;
    }
    let lines = state.images().iter().map(|image| {
        let line = api_shown::image_summary(state.images(), image);
        ImageSummary {
            containers: containers.get(&image.id).copied().unwrap_or_default(),
            shared_size: api_shown::shared_size(image, &layer_users),
            virtual_size: api_shown::virtual_size(version, line.size),
            ..line
        }
    });
    lines.collect()
}
