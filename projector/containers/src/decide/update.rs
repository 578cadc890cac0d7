//! `docker update`: other limits, and another restart policy.
//!
//! Which settings exclude one another, and the words for it, are those of moby's `Container.UpdateContainer`.

use journal_domain::{
    ContainerUpdated, Limits, ObserveUpdate, PidsLimit, Refusal, UpdateContainer, UpdateRequested,
};

use super::{Decision, pool};
use crate::State;

pub(super) fn update(state: &State, command: &UpdateContainer) -> Decision {
    let container = state.find(&command.target)?;
    let id = container.id;
    if container.removing {
        return Err(Refusal::Conflict(format!(
            "Cannot update container {id}: Container is marked for removal and cannot be \"update\"."
        )));
    }
    let pending = container.running().and_then(|run| run.update.as_deref());
    // What is under way holds too, should the two meet.
    let before = pending.unwrap_or(&container.spec.limits);
    let wanted = merged(before, &command.limits)
        .map_err(|problem| Refusal::Conflict(format!("Cannot update container {id}: {problem}")))?;
    pool::check_update(state, container, &wanted)?;
    let restart = command.restart.unwrap_or_else(|| container.restart_policy());
    if container.spec.auto_remove && restart.is_some() {
        return Err(Refusal::InvalidParameter(
            "Restart policy cannot be updated because AutoRemove is enabled for the container"
                .into(),
        ));
    }
    let limits = Box::new(container.spec.limits.clone());
    let policy_changes = container.restart_policy() != restart;
    let (changes, runs) = (*before != wanted, container.running().is_some());
    let mut events = Vec::new();
    // The policy holds at once; limits of what runs once its backend has set them.
    if changes && !runs {
        let limits = Box::new(wanted.clone());
        events.push(ContainerUpdated { id, limits, restart, error: String::new() }.into());
    } else if policy_changes || !changes {
        events.push(ContainerUpdated { id, limits, restart, error: String::new() }.into());
    }
    if changes && runs {
        events.push(UpdateRequested { id, limits: Box::new(wanted) }.into());
    }
    Ok(events)
}

/// Takes what a backend reports of limits; of others than those that were asked for last it changes nothing.
pub(super) fn observe(state: &State, seen: &ObserveUpdate) -> Option<ContainerUpdated> {
    let container = state.container(&seen.id)?;
    let awaited = container.running()?.update.as_ref() == Some(&seen.limits);
    (awaited && container.incarnation == seen.incarnation).then(|| ContainerUpdated {
        id: seen.id,
        limits: seen.limits.clone(),
        restart: container.restart_policy(),
        error: seen.error.clone(),
    })
}

fn merged(before: &Limits, asked: &Limits) -> Result<Limits, &'static str> {
    if asked.nano_cpus > 0 && before.cpu_period_micros > 0 {
        return Err(
            "Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set",
        );
    }
    if asked.nano_cpus > 0 && before.cpu_quota_micros > 0 {
        return Err(
            "Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set",
        );
    }
    if asked.cpu_period_micros > 0 && before.nano_cpus > 0 {
        return Err(
            "Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set",
        );
    }
    if asked.cpu_quota_micros > 0 && before.nano_cpus > 0 {
        return Err(
            "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set",
        );
    }
    let swap = before.memory_swap_bytes;
    let over = u64::try_from(swap).is_ok_and(|swap| swap > 0 && asked.memory_bytes > swap);
    if over && asked.memory_swap_bytes == 0 {
        return Err(
            "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
        );
    }
    let mut limits = before.clone();
    take(&mut limits.memory_bytes, asked.memory_bytes);
    take(&mut limits.memory_swap_bytes, asked.memory_swap_bytes);
    take(&mut limits.memory_reservation_bytes, asked.memory_reservation_bytes);
    take(&mut limits.nano_cpus, asked.nano_cpus);
    take(&mut limits.cpu_shares, asked.cpu_shares);
    take(&mut limits.cpu_period_micros, asked.cpu_period_micros);
    take(&mut limits.cpu_quota_micros, asked.cpu_quota_micros);
    take(&mut limits.cpuset_cpus, asked.cpuset_cpus.clone());
    take(&mut limits.cpuset_mems, asked.cpuset_mems.clone());
    take(&mut limits.blkio_weight, asked.blkio_weight);
    if asked.pids != PidsLimit::Unset {
        limits.pids = asked.pids;
    }
    Ok(limits)
}

/// Takes what is said; zero and nothing are not said.
fn take<T: Default + PartialEq>(limit: &mut T, asked: T) {
    if asked != T::default() {
        *limit = asked;
    }
}
