//! The container machine: what a command does to the state, and what an event makes of it.
//!
//! [`Containers`] is a [`Machine`](projector_machine::Machine). `decide/` has a file for each command and may
//! refuse; `apply/` has a file for each object and cannot fail; `query/` is what readers ask of a snapshot.
//!
//! Pure: no clock, no randomness, no I/O. Addresses, names and deadlines are allocated here, from the state.

mod apply;
mod decide;
mod machine;
mod names;
mod query;
mod state;

pub use decide::PRUNED_IMAGES_MAX;
pub use machine::{Containers, Key};
pub use query::{
    filter::{ContainerFilter, Health, NameMatch, NamePattern, PhaseName},
    lookup::LookupError,
    pending::Work,
    summary::status_text,
    units::{Tie, Unit},
};
pub use state::{
    State,
    container::{
        Container, Delay, ExitReport, Exited, PendingSignal, Phase, Running, StartFailure,
        Starting, Stopping,
    },
    exec::{Exec, ExecPhase},
    health::ContainerHealth,
    images::{Images, Lineage},
    network::{Bridge, Endpoint, Wiring},
    networks::{KeptNetwork, Networks},
    pods::{KeptPod, Pods},
    pools::{KeptPool, Pools, Queued},
    request::{Peer, StartRequest},
    restarts::Restarts,
    timers::{TimerKey, Timers},
    tombstone::{LastEnd, Tombstones},
    used_keys::{UsedKey, UsedKeys},
    volumes::{KeptVolume, Volumes},
};
