//! What only our own server can be asked: its listeners, its restarts, its log, what it refuses, what it leaves.
//!
//! Every test has a server of its own, with its data, its sockets and its network.

mod builds;
mod comes_back;
mod compose;
mod damage;
mod disk_full;
mod forwarded;
mod golden;
mod journal;
mod keeping;
mod leftovers;
mod limits;
mod listeners;
mod modules;
mod network;
mod network_recovery;
mod operations;
mod operators;
mod past;
mod plan;
mod policy;
mod pools;
mod ports;
mod power;
mod reads;
mod reconnects;
mod refusals;
mod restart;
mod rootless;
mod secrets;
mod setup;
mod syncs;
mod tenants;
mod tls;
mod tokens;
mod wasm;
mod ways_out;
