//! The acceptance rows of the Docker API and the native engine, by chapter; each for any endpoint.

mod bad_input;
mod build;
mod build_files;
mod build_git;
mod build_stages;
mod cgroups;
mod commit;
mod copy;
mod create;
mod engine;
mod events;
mod exec;
mod exec_bytes;
mod health;
mod host_side;
mod images;
mod images_more;
mod inspected;
mod isolation;
mod languages;
mod lifecycle;
mod list;
mod log_rotation;
mod logs;
mod mounts;
mod names;
mod networking;
mod networks;
mod past;
mod pause;
mod podman;
mod pods;
mod policy;
mod ports;
mod prune;
mod registries;
mod shell;
mod stop;
mod streams;
mod system;
mod update;
mod volumes;
mod wasm;

use crate::row::Row;

/// Every row, chapter by chapter.
pub fn all() -> Vec<Row> {
    [
        system::ROWS,
        bad_input::ROWS,
        create::ROWS,
        lifecycle::ROWS,
        stop::ROWS,
        policy::ROWS,
        pause::ROWS,
        health::ROWS,
        update::ROWS,
        list::ROWS,
        isolation::ROWS,
        host_side::ROWS,
        cgroups::ROWS,
        streams::ROWS,
        logs::ROWS,
        log_rotation::ROWS,
        prune::ROWS,
        ports::ROWS,
        exec::ROWS,
        exec_bytes::ROWS,
        images::ROWS,
        images_more::ROWS,
        inspected::ROWS,
        copy::ROWS,
        commit::ROWS,
        build::ROWS,
        build_files::ROWS,
        build_git::ROWS,
        build_stages::ROWS,
        volumes::ROWS,
        mounts::ROWS,
        networks::ROWS,
        networking::ROWS,
        names::ROWS,
        registries::ROWS,
        events::ROWS,
        past::ROWS,
        podman::PLAIN_ROWS,
        podman::ROWS,
        pods::ROWS,
        engine::ROWS,
        wasm::ROWS,
        languages::ROWS,
        shell::ROWS,
    ]
    .concat()
}
