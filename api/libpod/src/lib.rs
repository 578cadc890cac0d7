//! Podman's own API, which `podman --remote` speaks: `/v4.3.1/libpod/...` beside Docker's routes.
//!
//! What has a counterpart in the Docker API is asked of it, as a request inside this process, so that nothing is done
//! twice and permission, record and audit are the same. What has none, pods, becomes commands of its own.
//!
//! | module | what it does |
//! |---|---|
//! | `service` | tells podman's paths from Docker's, and puts podman's headers on answers |
//! | `call` | one request, and what it asks of the Docker API |
//! | `containers`, `execs`, `images`, `networks`, `pods`, `system`, `volumes` | the routes |
//! | `spec` | what podman says of a container, in Docker's words |
//! | `fields` | fields that are taken one by one, so that none is passed over |
//! | `error` | the only place that picks a refusing status, and podman's words for refusals |
//!
//! No field that a client sets is ignored: what is not built is refused with 501, and the answer names it.

mod body;
mod call;
mod containers;
mod error;
mod execs;
mod fields;
mod images;
mod networks;
mod pods;
mod routes;
mod service;
mod spec;
mod system;
mod volumes;

pub use execs::is_stream;
pub use service::{LIBPOD_VERSION, libpod_api};
