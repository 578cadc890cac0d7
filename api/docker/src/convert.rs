//! Between the wire types of the API and the domain's: pure, a file for each direction of each object.

mod container_spec;
mod exec;
mod health;
mod host_config;
mod inspect;
mod logging;
mod mounts;
mod options;
mod platform;
mod ports;
mod restart_policy;
mod runtime;
mod security;
mod tagged_name;
mod time;
mod unsupported;

pub(crate) use api_shown::{
    Listing, created, image_inspect, image_name, image_summary, layer_users, reference_name,
    shared_size, virtual_size,
};
pub(crate) use api_shown::{
    Reading, cgroup_parent, container_data, digest, image_data, kernel_memory, loaded_image,
    merged_config, run_config, signed, stats, stored, stored_layer, without_network,
};
pub(crate) use container_spec::container_spec;
pub(crate) use exec::{exec_inspect, exec_spec};
pub(crate) use inspect::inspect;
pub(crate) use logging::{check_readable, log_details};
pub(crate) use mounts::{
    check_driver, check_driver_options, mount_points, shown_volume, volume_name,
};
pub(crate) use options::{changes, container_options};
pub(crate) use platform::{platform, platform_of};
pub(crate) use ports::port_warnings;
pub(crate) use runtime::runtime;
pub(crate) use tagged_name::tagged_name;
pub(crate) use time::{time, until};
pub(crate) use unsupported::discarded;
