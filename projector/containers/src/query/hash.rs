//! One hash for the whole state.
//!
//! All maps are ordered, so the serialised state is the same bytes for the same state; they are hashed part
//! by part, so that no buffer of the whole state is made.

use journal_log::codec;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::State;

pub(crate) fn state_hash(state: &State) -> [u8; 32] {
    let mut hasher = Sha256::new();
    section(&mut hasher, "containers", state.containers.iter());
    section(&mut hasher, "created", state.created.iter());
    section(&mut hasher, "names", state.names.iter());
    section(&mut hasher, "execs", state.execs.iter());
    section(&mut hasher, "images", state.images.iter());
    section(
        &mut hasher,
        "image names",
        state.images.iter().map(|image| state.images.names(&image.id)),
    );
    section(
        &mut hasher,
        "image sources",
        state.images.iter().map(|image| state.images.sources(&image.id)),
    );
    section(
        &mut hasher,
        "image lineages",
        state.images.iter().map(|image| state.images.lineage(&image.id)),
    );
    section(
        &mut hasher,
        "image tag times",
        state.images.iter().map(|image| state.images.tagged(&image.id)),
    );
    section(&mut hasher, "garbage", state.images.garbage());
    section(&mut hasher, "volumes", state.volumes.parts());
    section(&mut hasher, "doomed volumes", state.volumes.doomed_with());
    section(&mut hasher, "bridge", state.bridge.iter().map(|bridge| &bridge.config));
    section(&mut hasher, "networks", state.networks.parts());
    section(&mut hasher, "pods", state.pods.iter());
    section(&mut hasher, "pools", state.pools.iter());
    section(&mut hasher, "host ports", state.host_ports.iter());
    section(&mut hasher, "streams", state.streams.iter());
    section(&mut hasher, "transfers", state.transfers.iter());
    section(&mut hasher, "copies", state.copies.iter());
    section(&mut hasher, "ended execs", state.ended_execs.iter());
    section(&mut hasher, "timers", state.timers.iter());
    section(&mut hasher, "tombstones", state.tombstones.iter());
    section(&mut hasher, "used keys", state.used_keys.iter());
    hasher.finalize().into()
}

fn section<T: Serialize>(hasher: &mut Sha256, name: &str, entries: impl Iterator<Item = T>) {
    hasher.update(name.as_bytes());
    for entry in entries {
        let bytes = codec::encode(&entry).expect("an entry within the codec's limit");
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(&bytes);
    }
    hasher.update([0]);
}
