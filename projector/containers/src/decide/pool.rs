//! Pools: added and removed by who runs the server, and what they let run.
//!
//! A container has a place from the record that begins its run to the one after which no other run follows by itself. A
//! start that finds no place waits. Whatever makes room lets the next ones begin, in the same record: the queue is the
//! log's, and nobody has to look after it.

mod queue;

use journal_domain::{
    ContainerOption, DrainPool, Limits, Pool, PoolCommand, PoolDrained, PoolRemoved, PoolSet,
    Refusal, RemovePool, SetPools, Share,
};

pub(crate) use self::queue::then_begin;
pub(super) use self::queue::{turn, withdraw};
use super::Decision;
use crate::{Container, KeptPool, State};

/// Pools of one server: each has nine lines of metrics.
const POOLS_MAX: usize = 256;

pub(super) fn pool(state: &State, command: &PoolCommand) -> Decision {
    match command {
        PoolCommand::Set(command) => set(state, command),
        PoolCommand::Drain(command) => drain(state, command),
        PoolCommand::Remove(command) => remove(state, command),
    }
}

fn set(state: &State, command: &SetPools) -> Decision {
    let pools = &command.pools;
    let invalid =
        |pool: &Pool, text: String| Refusal::InvalidParameter(format!("pool {} {text}", pool.name));
    for pool in pools {
        pool.check().map_err(|text| invalid(pool, text))?;
    }
    let stays = |kept: &&KeptPool| pools.iter().all(|pool| pool.name != kept.pool.name);
    let others: Vec<&Pool> = state.pools.iter().filter(stays).map(|kept| &kept.pool).collect();
    if others.len() + pools.len() > POOLS_MAX {
        let text = format!("there would be too many pools: at most {POOLS_MAX} are possible");
        return Err(Refusal::Exhausted(text));
    }
    if let Some((pool, text)) = Pool::clash(others.into_iter().chain(pools)) {
        return Err(invalid(pool, text));
    }
    Ok(pools.iter().map(|pool| PoolSet { pool: pool.clone() }.into()).collect())
}

fn drain(state: &State, command: &DrainPool) -> Decision {
    let kept = state.pools.find(&command.name)?;
    if kept.draining {
        return Ok(Vec::new());
    }
    Ok(vec![PoolDrained { name: kept.pool.name.clone() }.into()])
}

fn remove(state: &State, command: &RemovePool) -> Decision {
    let kept = state.pools.find(&command.name)?;
    let name = &kept.pool.name;
    if kept.members() > 0 {
        return Err(Refusal::Conflict(format!(
            "pool {name} is still used by {} containers, of which {} run and {} wait: remove them first",
            kept.members(),
            kept.running(),
            kept.waiting()
        )));
    }
    Ok(vec![PoolRemoved { name: name.clone() }.into()])
}

/// Refuses a container that could never run in the pool that it shall be of.
pub(super) fn check_create(
    state: &State,
    limits: &Limits,
    options: &[ContainerOption],
) -> Result<(), Refusal> {
    let named = options.iter().find_map(|option| {
        let ContainerOption::Pool(name) = option else { return None };
        Some(name)
    });
    let Some(name) = named else { return Ok(()) };
    let kept = state.pools.get(name).ok_or_else(|| Refusal::NoSuchPool(name.to_string()))?;
    refuse_draining(kept)?;
    kept.pool.refuses(limits).map_or(Ok(()), |why| Err(Refusal::InvalidParameter(why)))
}

fn refuse_draining(kept: &KeptPool) -> Result<(), Refusal> {
    if kept.draining {
        let text = format!("pool {} is draining: it takes nothing new", kept.pool.name);
        return Err(Refusal::Conflict(text));
    }
    Ok(())
}

/// Refuses limits that would let the containers of a pool have more than it has.
pub(super) fn check_update(
    state: &State,
    container: &Container,
    wanted: &Limits,
) -> Result<(), Refusal> {
    let Some(kept) = of(state, container) else { return Ok(()) };
    let share = Share::of(wanted);
    let grows = container.share().max(share) != container.share();
    if !grows {
        return Ok(());
    }
    if let Some(why) = kept.pool.refuses(wanted) {
        return Err(Refusal::Conflict(format!("Cannot update container {}: {why}", container.id)));
    }
    if container.is_live() && !kept.has_room_instead(&container.id, share) {
        return Err(Refusal::Conflict(format!(
            "Cannot update container {}: pool {} has not so much left",
            container.id, kept.pool.name
        )));
    }
    Ok(())
}

/// Gives the pool that a container is of.
pub(super) fn of<'s>(state: &'s State, container: &Container) -> Option<&'s KeptPool> {
    state.pools.get(container.pool()?)
}
