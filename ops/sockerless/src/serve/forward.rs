//! Output that is sent elsewhere: how it is tagged, and where the notes of it are.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use api_shown::Logged;
use backends_core::{Backend, Workload};
use backends_forward::{ForwardOptions, Forwarder};
use backends_images::Reach;
use journal_domain::Logging;

use super::{host_name, log::Log};

/// Where the notes are in the data directory.
const FOLDER: &str = "forward";

/// Where the local backend has the output of removed containers.
const REMOVED: &str = "trash";

/// Goes on with what the last server has not sent.
pub(super) fn start(
    data: &Path,
    log: &Log,
    backend: &Arc<dyn Backend>,
) -> anyhow::Result<Arc<Forwarder>> {
    let options = ForwardOptions {
        folder: data.join(FOLDER),
        removed: data.join(REMOVED),
        hostname: host_name(),
        zone: jiff::tz::TimeZone::system(),
        tag: Arc::new(tag),
        admits: |address| Reach::of(address).is_some(),
    };
    let forwarder = Forwarder::start(options, log.handle.clone(), Arc::clone(backend));
    Ok(Arc::new(forwarder.context("going on with output that is sent elsewhere")?))
}

fn tag(workload: &Workload, logging: &Logging) -> String {
    let (spec, id) = (&workload.spec, workload.run.container);
    let logged = Logged {
        id: &id.to_string(),
        name: &workload.name,
        image_id: &spec.image_id.map(|id| id.to_string()).unwrap_or_default(),
        image: &spec.image,
        command: &spec.argv(),
        labels: &spec.labels,
        // A tag has none of them, and they may be secrets.
        env: &[],
    };
    // The template was tried when the container was created.
    api_asked::log_tag(logging, &logged).unwrap_or_else(|_| id.short())
}
