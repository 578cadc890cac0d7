//! What the state and its events are called in Docker's words: pure, and without a word of HTTP.
//!
//! | module | what it shows |
//! |---|---|
//! | `events` | an event of the log as `docker events` tells it, and which of them a client wants |
//! | `loaded`, `committed` | images between the store, the state and a container's configuration |
//! | `removed`, `reference_pattern` | what a removal of images tells, and patterns of their names |
//! | `stats`, `graph_driver` | what a run uses, and where its files are |
//!
//! Nothing here refuses a call: what is wrong is an error of its own, which `api-docker` gives a status.

mod committed;
mod events;
mod graph_driver;
mod loaded;
mod reference_pattern;
mod removed;
mod stats;

pub use committed::{merged_config, run_config, stored, stored_layer};
pub use events::{Selection, messages};
pub use graph_driver::{container_data, image_data};
pub use loaded::{digest, loaded_image};
pub use reference_pattern::{BadPattern, ReferencePattern};
pub use removed::removed_items;
pub use stats::{Reading, stats};
