//! A pool lets no more run than it may, and nobody waits in it while there is room.

use journal_domain::Share;
use projector_containers::{Container, KeptPool, State};

use crate::Violation;

/// After each group: the pool's own count. What was there before it was given less room is not a matter here.
pub(super) fn within_limits(state: &State) -> Result<(), Violation> {
    for kept in state.pools().iter() {
        let max = kept.pool.running_max.map_or(u32::MAX, std::num::NonZeroU32::get);
        if u32::try_from(kept.running()).is_ok_and(|running| running <= max) {
            continue;
        }
        let what = format!("{} run in {}, which lets {max}", kept.running(), kept.pool.name);
        return Err(Violation::new("pools", what));
    }
    Ok(())
}

/// Compares a pool's counts with its containers.
pub(super) fn check(state: &State) -> Result<(), Violation> {
    state.pools().iter().try_for_each(|kept| check_one(state, kept))
}

fn check_one(state: &State, kept: &KeptPool) -> Result<(), Violation> {
    let name = &kept.pool.name;
    let members: Vec<&Container> = state
        .newest_first()
        .map(|container| &**container)
        .filter(|container| container.pool() == Some(name))
        .collect();
    let live = || members.iter().filter(|container| container.is_live());
    let used = live().fold(Share::default(), |used, container| used.plus(container.share()));
    let mut waiting: Vec<&&Container> =
        members.iter().filter(|container| container.queued.is_some()).collect();
    waiting.sort_by_key(|container| container.queued.map(|queued| queued.number));
    let counted = (members.len(), live().count(), waiting.len(), used);
    let noted = (kept.members(), kept.running(), kept.waiting(), kept.used());
    if counted != noted {
        return Err(violation(format!("{name} notes {noted:?}, and has {counted:?}")));
    }
    let Some(head) = waiting.first() else { return Ok(()) };
    let max = kept.pool.running_max.map_or(usize::MAX, |max| max.get() as usize);
    let memory_bytes = kept.pool.memory_bytes.map_or(u64::MAX, std::num::NonZeroU64::get);
    let has_room = kept.running() < max && used.plus(head.share()).memory_bytes <= memory_bytes;
    if has_room {
        return Err(violation(format!("{} waits in {name}, which has room", head.id)));
    }
    Ok(())
}

const fn violation(what: String) -> Violation {
    Violation::new("pools", what)
}
