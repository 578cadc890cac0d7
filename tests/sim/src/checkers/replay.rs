//! The state is the fold of the log: from the first record, from a snapshot, and as it was before the process died.

use journal_log::{MemorySnapshots, Seq};
use projector_containers::Containers;
use projector_engine::{ReplayOptions, World, replay};
use projector_machine::Machine;

use crate::{Violation, disk::Disk};

/// Checks that a replay, from a snapshot where there is one, gives the state of `world` at its place.
pub(super) fn same_state(disk: &Disk, world: &World<Containers>) -> Result<(), Violation> {
    check(disk, &disk.snapshots, world)
}

/// Checks that a replay of the whole log does.
pub(super) fn from_genesis(disk: &Disk, world: &World<Containers>) -> Result<(), Violation> {
    check(disk, &MemorySnapshots::default(), world)
}

fn check(
    disk: &Disk,
    snapshots: &MemorySnapshots,
    world: &World<Containers>,
) -> Result<(), Violation> {
    let options =
        ReplayOptions { until: Some(world.seq), verify_state: false, ..ReplayOptions::default() };
    let replayed = replay::<Containers>(&disk.store, snapshots, &options);
    let replayed = replayed.map_err(|error| Violation::new("replay", format!("{error:?}")))?.world;
    if replayed.seq != world.seq && world.seq > Seq::GENESIS {
        let what = format!("the log ends at {}, the state is of {}", replayed.seq, world.seq);
        return Err(Violation::new("replay", what));
    }
    if Containers::state_hash(&replayed.state) != Containers::state_hash(&world.state) {
        let what = format!("at record {} a replay gives another state", world.seq);
        return Err(Violation::new("replay", what));
    }
    Ok(())
}
