//! What the state and its events are called in Docker's words: pure, and without a word of HTTP.
//!
//! | module | what it shows |
//! |---|---|
//! | `events` | an event of the log as `docker events` tells it, and which of them a client wants |
//! | `image`, `container_list` | images, and a line of the listing of containers |
//! | `loaded`, `committed` | images between the store, the state and a container's configuration |
//! | `removed`, `reference_pattern` | what a removal of images tells, and patterns of their names |
//! | `network`, `networks`, `networking` | a container's places in networks, networks, and what clients ask of both |
//! | `log_attributes` | what stands before each line of a log that is read with details |
//! | `server_info` | what the server is; what it runs on is asked of the kernel once, when it starts |
//! | `limits`, `host_side` | limits, namespaces, devices and control groups, as they are asked for and shown |
//! | `stats`, `graph_driver` | what a run uses, and where its files are |
//!
//! Nothing here refuses a call: what is wrong is an error of its own, which `api-docker` gives a status.

mod committed;
mod container_list;
mod creation;
mod events;
mod graph_driver;
mod host_side;
mod image;
mod invalid;
mod limits;
mod loaded;
mod log_attributes;
mod network;
mod networking;
mod networks;
mod reference_pattern;
mod removed;
mod server_info;
mod stats;

pub use committed::{merged_config, run_config, stored, stored_layer};
pub use container_list::Listing;
pub use creation::{for_images, without_network};
pub use events::{Selection, messages};
pub use graph_driver::{container_data, image_data};
pub use host_side::{cgroup_parent, host_side, show_host_side};
pub use image::{
    created, image_inspect, image_name, image_summary, layer_users, reference_name, shared_size,
    virtual_size,
};
pub use invalid::Invalid;
pub use limits::{kernel_memory, limits, show_limits, signed};
pub use loaded::{digest, loaded_image};
pub use log_attributes::{Logged, check_log_attributes, log_attributes, log_tag};
pub use network::{network_settings, networks, port_summaries};
pub use networking::{endpoint, network_mode, networking};
pub use networks::{NetworkError, network_request, shown_network};
pub use reference_pattern::{BadPattern, ReferencePattern};
pub use removed::removed_items;
pub use server_info::{HostInfo, ServerInfo};
pub use stats::{Reading, stats};
