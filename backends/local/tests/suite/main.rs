//! The backend with real containers: busybox under the real shim, each test in a network namespace of its own.
//!
//! They need root, control groups, overlayfs and a static busybox, as the product does.
#![cfg(test)]

mod adoption;
mod bridge;
mod bundle;
mod exec;
mod files;
mod leftovers;
mod output;
mod rate;
mod start;
mod usage;
