//! What has to be true, one thing a file. They look at the disk, at the state and at the provider, and change nothing.

mod acknowledged;
mod addresses;
mod chain;
mod closed;
mod converges;
mod created_once;
mod exit_code;
mod frozen_request;
mod interfaces;
mod networks;
mod one_exec;
mod one_workload;
mod orphans;
mod pods;
mod pools;
mod replay;
mod steps;
mod stores;
mod strangers;

use std::{fmt, sync::Arc};

use fastrand::Rng;
use journal_domain::Event;
use journal_log::RecordHash;
use projector_containers::{Containers, State};
use projector_engine::World;

use self::{
    acknowledged::Acknowledged, closed::Closed, converges::Converges, created_once::CreatedOnce,
    networks::Networks, orphans::Orphans, strangers::Strangers,
};
use crate::{disk::Disk, provider::Provider};

/// One start in so many is compared with a replay of the whole log.
const WHOLE_REPLAY_ONE_IN: u32 = 32;

/// Something that is not true and should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The checker's name.
    pub checker: &'static str,
    /// What it has found.
    pub what: String,
}

/// All checkers, and what they remember.
#[derive(Default)]
pub(crate) struct Checkers {
    /// What a server that died had published.
    pub(crate) died: Option<Died>,
    pub(crate) converges: Converges,
    pub(crate) orphans: Orphans,
    pub(crate) strangers: Strangers,
    pub(crate) networks: Networks,
    pub(crate) closed: Closed,
    acknowledged: Acknowledged,
    created_once: CreatedOnce,
}

/// What a server that died had published.
pub(crate) struct Died {
    pub(crate) world: Arc<World<Containers>>,
}

// === impl Checkers ===

impl Checkers {
    /// A server has started, with this state.
    pub(crate) fn recovered(
        &mut self,
        disk: &Disk,
        world: &World<Containers>,
        rng: &mut Rng,
    ) -> Result<(), Violation> {
        self.orphans.forget();
        self.acknowledged.check(disk)?;
        if let Some(died) = self.died.take() {
            replay::same_state(disk, &died.world)?;
        }
        if rng.u32(0..WHOLE_REPLAY_ONE_IN) == 0 {
            replay::from_genesis(disk, world)?;
        }
        Ok(())
    }

    /// A group is durable, and was answered.
    pub(crate) fn published(
        &mut self,
        disk: &Disk,
        world: &World<Containers>,
        hash: RecordHash,
    ) -> Result<(), Violation> {
        self.acknowledged.note(world.seq, hash);
        chain::at_head(disk, world.seq)?;
        pools::within_limits(&world.state)
    }

    /// The first group of a server is.
    pub(crate) fn booted(&mut self, state: &State) -> Result<(), Violation> {
        self.closed.booted(state)?;
        steps::check(state)
    }

    /// These events are in the state.
    pub(crate) fn happened(
        &mut self,
        events: &[Event],
        state: &State,
        provider: &Provider,
    ) -> Result<(), Violation> {
        for event in events {
            exit_code::check(event, state, provider)?;
            self.created_once.happened(event)?;
        }
        Ok(())
    }

    /// The provider has done something.
    pub(crate) fn provider(&self, provider: &Provider) -> Result<(), Violation> {
        one_workload::check(provider)?;
        one_exec::check(provider)?;
        frozen_request::check(provider)?;
        self.strangers.check(provider)
    }

    /// Every thousand records.
    pub(crate) fn now_and_then(&self, state: &State) -> Result<(), Violation> {
        addresses::check(state)?;
        networks::check(state)?;
        pods::check(state)?;
        pools::check(state)?;
        steps::check(state)
    }

    /// Nothing is left to do.
    pub(crate) fn at_rest(
        &self,
        disk: &Disk,
        world: &World<Containers>,
        provider: &Provider,
    ) -> Result<(), Violation> {
        self.strangers.check(provider)?;
        self.now_and_then(&world.state)?;
        interfaces::check(&world.state, provider)?;
        networks::at_rest(&world.state, &provider.host)?;
        stores::check(&world.state, &provider.host)?;
        chain::whole(disk)?;
        self.acknowledged.check(disk)?;
        replay::same_state(disk, world)?;
        replay::from_genesis(disk, world)
    }
}

// === impl Violation ===

impl Violation {
    pub(crate) const fn new(checker: &'static str, what: String) -> Self {
        Self { checker, what }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.checker, self.what)
    }
}
