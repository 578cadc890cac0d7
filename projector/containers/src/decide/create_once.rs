//! `docker create` under a key of the client's: the first use creates, every later one is answered with what came of it.
//!
//! A refused create leaves the key free, so that what was wrong can be mended and asked for again.

use std::time::Duration;

use journal_domain::{
    Command, ContainerKeyUsed, CreateContainerOnce, Event, ForgetKeys, KeysForgotten, Refusal,
    SystemCommand,
};
use journal_log::Timestamp;

use super::{Decision, create::create};
use crate::State;

/// How long a key stands for its container: a client that tries again does so within a day.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// How much longer the first waits, so that one record forgets many.
const GATHER: Duration = Duration::from_secs(600);

/// Keys that are remembered; the oldest makes room for one more. At 150 bytes each it is 10 MB.
const KEYS_MAX: usize = 65_536;

/// Keys that one record forgets, so that the record stays small.
const FORGOTTEN_MAX: usize = 4096;

pub(super) fn create_once(state: &State, command: &CreateContainerOnce) -> Decision {
    let (key, request) = (command.key, command.request);
    let used = state.used_keys.get(&key).filter(|_| !journal_log::planted!("key-not-kept"));
    if let Some(used) = used {
        return match used.request == request {
            true => Ok(Vec::new()),
            false => Err(Refusal::KeyReused(used.container)),
        };
    }
    let with = &command.create;
    let mut events = create(state, &with.create, &with.options)?;
    if state.used_keys.len() >= KEYS_MAX {
        let keys = state.used_keys.oldest_first().take(1).map(|(_, key)| *key).collect();
        events.push(KeysForgotten { keys }.into());
    }
    events.push(ContainerKeyUsed { id: with.create.id, key, request }.into());
    Ok(events)
}

pub(super) fn forget(state: &State, command: ForgetKeys) -> Vec<Event> {
    let due = state.used_keys.oldest_first().take_while(|(at, _)| *at <= command.used_before);
    let keys: Vec<_> = due.take(FORGOTTEN_MAX).map(|(_, key)| *key).collect();
    if keys.is_empty() { Vec::new() } else { vec![KeysForgotten { keys }.into()] }
}

/// Gives the time at which the oldest key is due, and the command for it.
pub(crate) fn timer(state: &State) -> Option<(Timestamp, Command)> {
    let (oldest, _) = state.used_keys.oldest_first().next()?;
    let used_before = oldest.saturating_add(GATHER);
    let command = SystemCommand::from(ForgetKeys { used_before });
    Some((used_before.saturating_add(KEPT), command.into()))
}
