//! Pools: they are there, they grow, and now and then one is drained or goes.

use std::num::{NonZeroU32, NonZeroU64};

use fastrand::Rng;
use journal_domain::{Command, DrainPool, Pool, PoolCommand, PoolName, RemovePool, SetPools};
use projector_containers::State;

use super::{Client, pick};

/// The names of the pools that clients keep.
const NAMES: [&str; 2] = ["batch", "web"];

/// The most that run side by side, of any pool.
const RUNNING_MAX: u32 = 6;

impl Client {
    pub(super) fn pool(&mut self, rng: &mut Rng, state: &State) -> Option<Command> {
        let name = pick(rng, NAMES)?;
        let known = state.pools().find(name).ok();
        let command: PoolCommand = match (known, rng.u8(0..100)) {
            (None, _) => {
                let pool = Pool {
                    name: name.parse::<PoolName>().ok()?,
                    running_max: NonZeroU32::new(2),
                    queue_max: 8,
                    nano_cpus: None,
                    memory_bytes: NonZeroU64::new(512 << 20),
                    tenants: Vec::new(),
                };
                SetPools { pools: vec![pool] }.into()
            }
            (Some(_), 0..10) => DrainPool { name: name.to_owned() }.into(),
            (Some(_), 10..15) => RemovePool { name: name.to_owned() }.into(),
            // It never shrinks, so that what runs in it has always had room.
            (Some(kept), _) => {
                let mut pool = kept.pool.clone();
                let more = pool.running_max.map(|max| max.saturating_add(u32::from(rng.bool())));
                pool.running_max = more.filter(|max| max.get() <= RUNNING_MAX).or(pool.running_max);
                SetPools { pools: vec![pool] }.into()
            }
        };
        Some(command.into())
    }
}
