//! The container machine, told as scripts: each line is a command, the output what came of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]
#![expect(clippy::wildcard_enum_match_arm, reason = "what a test does not expect is one case")]

#[path = "containers/copies.rs"]
mod copies;
#[path = "containers/forms.rs"]
mod forms;
#[path = "containers/health.rs"]
mod health;
#[path = "containers/images.rs"]
mod images;
#[path = "containers/kit.rs"]
mod kit;
#[path = "containers/lifecycle.rs"]
mod lifecycle;
#[path = "containers/made.rs"]
mod made;
#[path = "containers/merge.rs"]
mod merge;
#[path = "containers/networks.rs"]
mod networks;
#[path = "containers/once.rs"]
mod once;
#[path = "containers/pods.rs"]
mod pods;
#[path = "containers/policy.rs"]
mod policy;
#[path = "containers/pools.rs"]
mod pools;
#[path = "containers/ports.rs"]
mod ports;
#[path = "containers/queries.rs"]
mod queries;
#[path = "containers/registry.rs"]
mod registry;
#[path = "containers/replay.rs"]
mod replay;
#[path = "containers/sealed.rs"]
mod sealed;
#[path = "containers/update.rs"]
mod update;
#[path = "containers/volumes.rs"]
mod volumes;
