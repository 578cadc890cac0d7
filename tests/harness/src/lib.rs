//! What tests of any endpoint are made with: clients of HTTP, of hijacked streams and of WebSockets, the command line clients,
//! processes that end with their tests, and networks of their own.
//!
//! It knows the product by what it sends alone; it starts no server and holds no image.

mod cli;
mod eventually;
mod http;
mod namespace;
mod process;
mod stream;
mod websocket;

pub use cli::{Docker, Podman, Said, finish};
pub use eventually::eventually;
pub use http::{Client, Connection, Pending, Refusal, Reply, request};
pub use namespace::Namespace;
pub use process::{Process, command, exit_code, log_end, report, run};
pub use stream::{Hijacked, Output};
pub use websocket::WebSocket;
