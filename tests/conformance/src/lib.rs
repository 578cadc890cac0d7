//! The acceptance rows as tests against any endpoint.
//!
//! A row is one check of one line of the acceptance table (`d_031_…` proves D-031), with what a stock dockerd is
//! known to do with it. The suite `rows` runs all of them against one endpoint: ours, a dockerd as the oracle, or
//! whatever listens on a socket.
//!
//! The harness that they stand on (`tests/harness`) is handed on to `tests/e2e` and `tests/bench`, which use it too.

mod acceptance;
mod cx;
mod git;
mod matrix;
mod registry;
mod results;
mod row;
mod rows;
mod suite;

pub use cx::{Cx, Target};
pub use git::Git;
pub use matrix::markdown;
pub use registry::{Registry, USER};
pub use results::{Results, TestResult, Word, committed};
pub use row::{Oracle, Row};
pub use rows::all as all_rows;
pub use suite::{Runner, Suite};
pub use tests_harness::{
    Archives, BUSYBOX, CONFIG, Choice, Client, Connection, Docker, Dockerd, Hijacked, LAYERS,
    Leftover, Namespace, Output, Pending, Podman, Process, Refusal, Reply, SIGNALS, Said, Server,
    WebSocket, binary, cgroups, command, dockerd_is_installed, endpoint, enter_network, eventually,
    exit_code, finish, golden_to_make, log_end, mounts, processes, report, request, run,
    run_binary, sweep,
};

// By the names of the files that they are in.
use tests_harness as cli;
use tests_harness as dockerd;
use tests_harness as eventually;
use tests_harness as http;
use tests_harness as images;
use tests_harness as process;
use tests_harness as server;
use tests_harness as settings;
use tests_harness as stream;
use tests_harness as websocket;
