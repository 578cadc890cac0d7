//! The engine as its users see it, over journals in memory that are slow, blocked or failing.

#![cfg(test)]

mod barriers;
mod checks;
mod faults;
mod feeds;
mod group_commit;
mod held_up;
mod journals;
mod lanes;
mod panics;
mod past;
mod replay;
mod rig;
mod snapshots;
mod submit;
mod timers;
mod trim;
mod waiters;
