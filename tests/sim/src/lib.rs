//! A simulation of everything but threads, sockets and disks: one seed drives the machine, the writer, the log with its
//! replay and snapshots, the reconciler's plan and sweep, clients, and a provider that loses, delays and doubles.
//!
//! Time is an event queue, and everything is drawn from the seed, so a run can be had again to the bit. Correctness
//! lives in `checkers/`, one a file: a run is either over, with figures, or a [`Failure`] that names the checker and
//! the command that repeats it.
//!
//! | module | what it is |
//! |---|---|
//! | `sim` | the world: queue, clock, disk, server, provider, clients; what happens next |
//! | `server` | a process: the real writer, plan and bookkeeping, and what is lost when it dies |
//! | `client` | what is asked for: containers, networks, execs, volumes, pods, pools |
//! | `sessions` | what a server's process does for clients: builds, loads, streams; it is lost with it |
//! | `provider` | a cloud with at-most-once tokens, its lists and its late answers |
//! | `disk` | a journal in memory that loses, keeps or tears a group |
//! | `fault` | what can go wrong, how often, and how often it did |
//! | `sabotage` | mistakes that the checkers have to find |
//!
//! The product is used, not copied: nothing here decides what a command does, what follows from a state, or how a
//! record is written.

mod checkers;
mod client;
mod disk;
mod fault;
mod figures;
mod network;
mod provider;
mod queue;
mod run;
mod sabotage;
mod server;
mod sessions;
mod settings;
mod sim;
mod trace;

pub use checkers::Violation;
pub use fault::{Fault, FaultSet};
pub use figures::Figures;
pub use run::{Failure, Options, Progress, run, run_episode};
pub use sabotage::Sabotage;
pub use settings::{hours, seed};
