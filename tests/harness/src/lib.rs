//! What tests of any endpoint are made with: clients of HTTP, of hijacked streams and of WebSockets, the command line clients,
//! processes that end with their tests, networks of their own, the server under test and its peer with the images they run.
//!
//! It knows the product by its binary and its API alone; it shares no code with it.

mod cli;
mod dockerd;
mod eventually;
mod http;
mod images;
mod leftovers;
mod namespace;
mod process;
mod server;
mod settings;
mod stream;
mod websocket;

pub use cli::{Docker, Podman, Said, finish};
pub use dockerd::{Dockerd, is_installed as dockerd_is_installed};
pub use eventually::eventually;
pub use http::{Client, Connection, Pending, Refusal, Reply, request};
pub use images::{Archives, BUSYBOX, CONFIG, LAYERS, SIGNALS};
pub use leftovers::{Leftover, cgroups, mounts, processes, sweep};
pub use namespace::{Namespace, enter_network};
pub use process::{Process, command, exit_code, log_end, report, run};
pub use server::{Server, run_binary};
pub use settings::{Choice, binary, endpoint, golden_to_make, tool};
pub use stream::{Hijacked, Output};
pub use websocket::WebSocket;
