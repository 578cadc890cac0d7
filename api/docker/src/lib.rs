//! The Docker Engine API, 1.24 to 1.47: requests become commands, and the state becomes answers.
//!
//! | module | what it does |
//! |---|---|
//! | `service` | the version in the path, the headers of every answer |
//! | `call` | one request: who makes it, what it is put on record as |
//! | `caller` | the same for another API over the same engine |
//! | `moment` | the point of the past in the path, and what a route sees of it |
//! | `routes` | a file for each route |
//! | `streams` | the routes that move bytes: attach, logs, exec start, wait, events |
//! | `sweep` | what transfers have left in the image store that the state does not refer to |
//! | `pools` | which pool a container is of, and what full ones have turned away |
//! | `permission` | whether who asks may have it |
//! | `gate` | what is taken at present, and what is refused while the disk is full |
//! | `error` | the only place that picks a refusing status |
//!
//! No route changes anything by itself: it submits a command and waits for the state that settles it. No result is
//! invented: what is not built is refused with 501, and the answer names it.

mod body;
mod call;
mod caller;
mod context;
mod error;
mod gate;
mod moment;
mod once;
mod path;
mod permission;
mod pools;
mod random;
mod reads;
mod reply;
mod routes;
mod secrets;
mod service;
mod settle;
mod streams;
mod sweep;

pub use api_shown::{HostInfo, ServerInfo};
pub use caller::{Addition, Caller, Denied};
pub use context::{Context, PolicySource};
pub use gate::{Gate, Level};
pub use pools::PoolRefusals;
pub use service::docker_api;
pub use sweep::sweep_images;
