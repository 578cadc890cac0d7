//! The acceptance rows as tests against any endpoint, and the harness that they stand on.
//!
//! A row is one check of one line of the acceptance table (`d_031_…` proves D-031), with what a stock dockerd is
//! known to do with it. The suite `rows` runs all of them against one endpoint: ours, a dockerd as the oracle, or
//! whatever listens on a socket.
//!
//! The harness knows the product by its binary and its API alone; it shares no code with it. `tests/e2e` and
//! `tests/bench` use it too.

mod acceptance;
mod cx;
mod dockerd;
mod git;
mod images;
mod leftovers;
mod matrix;
mod registry;
mod results;
mod row;
mod rows;
mod server;
mod settings;
mod suite;

pub use cx::{Cx, Target};
pub use dockerd::{Dockerd, is_installed as dockerd_is_installed};
pub use git::Git;
pub use images::{Archives, BUSYBOX, CONFIG, LAYERS, SIGNALS};
pub use leftovers::{Leftover, cgroups, mounts, processes, sweep};
pub use matrix::markdown;
pub use registry::{Registry, USER};
pub use results::{Results, TestResult, Word, committed};
pub use row::{Oracle, Row};
pub use rows::all as all_rows;
pub use server::{Server, run_binary};
pub use settings::{Choice, binary, endpoint, golden_to_make};
pub use suite::{Runner, Suite};
pub use tests_harness::{
    Client, Connection, Docker, Hijacked, Namespace, Output, Pending, Podman, Process, Refusal,
    Reply, Said, WebSocket, command, eventually, exit_code, finish, log_end, report, request, run,
};

// By the names of the files that they are in.
use tests_harness as cli;
use tests_harness as eventually;
use tests_harness as http;
use tests_harness as namespace;
use tests_harness as process;
use tests_harness as stream;
use tests_harness as websocket;
