//! The real binary under real clients.
//!
//! This library is the harness and the acceptance rows; the suites under `tests/` are thin:
//!
//! | suite | what it runs |
//! |---|---|
//! | `rows` | the rows of the Docker API, one endpoint for all: ours, or a stock dockerd as the oracle |
//! | `server` | what only our server can be asked: restarts, locks, listeners, the journal, leftovers |
//! | `kill_loop` | clients under load while the server is killed again and again, and a checker of their history |
//!
//! It knows the product by its binary and its API alone; it shares no code with it.

mod cli;
mod cx;
mod dockerd;
mod eventually;
mod http;
mod images;
mod leftovers;
mod namespace;
mod process;
mod row;
mod rows;
mod server;
mod settings;
mod stream;
mod websocket;

pub use cli::{Docker, Said, finish};
pub use cx::{Cx, Target};
pub use dockerd::{Dockerd, is_installed as dockerd_is_installed};
pub use eventually::eventually;
pub use http::{Client, Connection, Reply, request};
pub use images::{Archives, BUSYBOX, CONFIG, LAYERS, SIGNALS};
pub use leftovers::{Leftover, cgroups, mounts, processes, sweep};
pub use namespace::Namespace;
pub use process::{Process, command, exit_code, log_end, report, run};
pub use row::{Oracle, Row};
pub use rows::all as all_rows;
pub use server::{Server, run_binary};
pub use settings::{Choice, binary, endpoint, kills, seed};
pub use stream::{Hijacked, Output};
pub use websocket::WebSocket;
