//! The native engine: holds one container in Linux namespaces, in a small process of its own.
//!
//! [`run_shim`] is that process. It reads a [`sandbox_shim::ContainerConfig`], makes control groups, namespaces, mounts and
//! interfaces, becomes the program in a child, moves its output into the log, answers servers, and keeps the
//! exit code; it outlives the server that started it. One thread, one loop, no runtime: a running shim costs
//! less than half a megabyte.
//!
//! The program is linked statically and to fixed addresses, which saves half of its memory and of its start:
//!
//! ```text
//! cargo rustc -p sandbox-native --bin sockerless-shim --profile shim -- \
//!     -C target-feature=+crt-static -C relocation-model=static
//! ```
//!
//! It pulls no images, allocates no addresses, knows no journal, and nothing in it runs in the server.

mod bpf;
mod cgroup;
mod container;
mod error;
mod exec;
mod finish;
mod handshake;
mod host;
mod identity;
mod init;
mod keeper;
mod mount;
mod namespaces;
mod network;
mod output;
mod ports;
mod process;
mod program;
mod records;
mod resolver;
mod rights;
mod seccomp;
mod serve;
mod shim;
mod start;
mod stdio;
mod syscall;
mod target;
mod tool;
mod wasm;

use tool::complain;

pub use init::{is_init, run_init};
pub use keeper::run_keep;
pub use shim::run_shim;
pub use tool::{run_prepare, run_sweep};
