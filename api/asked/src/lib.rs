//! What clients ask for in Docker's words, made the domain's, and shown again as they asked for it: pure, and without a word of
//! HTTP.
//!
//! | module | what it reads, or shows |
//! |---|---|
//! | `container_spec`, `options` | the body of a create request: what every container has, and what most do not have |
//! | `security`, `ports`, `mounts`, `logging`, `health`, `restart_policy`, `runtime` | parts of it, both ways |
//! | `exec` | an exec, both ways |
//! | `inspect`, `host_config`, `pool` | a container as `docker inspect` shows it |
//! | `platform`, `tagged_name`, `time` | what stands in queries |
//! | `unsupported` | fields that are not built yet, by their names |
//! | `unfit` | why a request cannot be had |
//!
//! What is shown that nobody asks for (images, events, statistics, networks) is in `api-shown`. Nothing here picks a status:
//! `api-docker` gives one to each `Unfit`.

mod container_spec;
mod exec;
mod health;
mod host_config;
mod inspect;
mod logging;
mod mounts;
mod options;
mod platform;
mod pool;
mod ports;
mod restart_policy;
mod runtime;
mod security;
mod tagged_name;
mod time;
mod unfit;
mod unsupported;

pub use container_spec::container_spec;
pub use exec::{exec_inspect, exec_spec};
pub use inspect::inspect;
pub use logging::{check_readable, log_details, log_tag};
pub use mounts::{check_driver, check_driver_options, mount_points, shown_volume, volume_name};
pub use options::{changes, container_options};
pub use platform::{platform, platform_of};
pub use ports::port_warnings;
pub use runtime::runtime;
pub use tagged_name::tagged_name;
pub use time::{time, until};
pub use unfit::Unfit;
pub use unsupported::discarded;
