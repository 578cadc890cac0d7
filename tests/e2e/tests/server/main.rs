//! What only our own server can be asked: its listeners, its restarts, its log, what it refuses, what it leaves.
//!
//! Every test has a server of its own, with its data, its sockets and its network.

mod damage;
mod journal;
mod keeping;
mod leftovers;
mod listeners;
mod network;
mod operations;
mod ports;
mod refusals;
mod restart;
mod setup;
