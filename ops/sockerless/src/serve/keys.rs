//! The keys of sealed values: opened, mended, and swept of what no container refers to.

use std::{
    collections::HashSet,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use journal_domain::KeyId;
use journal_keys::{KeyOptions, KeyStore};
use projector_containers::State;

use super::log::Log;
use crate::settings::Settings;

/// Where the keys are in the data directory.
pub(crate) const KEYS: &str = "keys";

/// Opens the keys, and tells of every container whose values cannot be read any more.
pub(super) fn open(settings: &Settings, log: &Log) -> anyhow::Result<KeyStore> {
    let keys: PathBuf = settings.data.join(KEYS);
    let options = KeyOptions { keys: keys.clone(), wrapping: settings.kek_file.clone() };
    let (store, report) = KeyStore::open(options).context("opening the keys of sealed values")?;
    if report.mended > 0 {
        let count = report.mended;
        tracing::warn!(count, "keys in one file were damaged; they are mended from its mirror");
    }
    if report.damaged > 0 {
        let count = report.damaged;
        tracing::error!(count, keys = %keys.display(), "keys are damaged in both files");
    }
    let world = log.handle.snapshot();
    let live: HashSet<KeyId> = world.state.keys().collect();
    let (swept, missing) = store.sweep(&live).context("sweeping keys that nothing refers to")?;
    tracing::debug!(live = live.len(), swept, "keys are swept");
    tell_missing(&world.state, &missing);
    Ok(store)
}

fn tell_missing(state: &State, missing: &[KeyId]) {
    // Those of a container that is being removed are destroyed before it is gone.
    for container in state.newest_first().filter(|container| !container.removing) {
        for key in container.keys.iter().filter(|key| missing.contains(key)) {
            tracing::error!(
                container = %container.id, name = %container.name, %key,
                "the key of its environment is lost: its values cannot be read, and it cannot be started"
            );
        }
    }
}

/// Deletes the wrapping key at its default place, when the data directory that it belongs to is deleted.
pub(super) fn delete_default(data: &Path) -> anyhow::Result<()> {
    let path = journal_keys::beside(data);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("deleting {}", path.display()))
        }
        _ => Ok(()),
    }
}
