//! `GET /version`.

use std::collections::BTreeMap;

use api_types::{API_VERSION, ComponentVersion, MIN_API_VERSION, Platform, SystemVersion};
use backends_core::BackendComponent;
use warp::{Filter, reply::Response};

use crate::{
    ServerInfo,
    call::{Call, call, read},
    error::ApiError,
    moment::Look,
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::path!("version")
        .and(warp::get())
        .and(call())
        .then(|call: Call| call.look("/version", version))
        .boxed()
}

async fn version(look: Look) -> Result<Response, ApiError> {
    let shown = shown(look.server(), &look.backend().components);
    Ok(read(&look.world(), &shown))
}

fn shown(server: &ServerInfo, beside: &[BackendComponent]) -> SystemVersion {
    let version = SystemVersion {
        platform: Platform { name: "sockerless".to_owned() },
        components: Vec::new(),
        version: server.version.clone(),
        api_version: API_VERSION.to_string(),
        min_api_version: MIN_API_VERSION.to_string(),
        git_commit: server.commit.clone(),
        go_version: server.compiler.clone(),
        os: "linux".to_owned(),
        arch: server.host.go_arch().to_owned(),
        kernel_version: server.host.kernel_version.clone(),
        experimental: false,
        build_time: server.build_time.clone(),
    };
    let beside = beside.iter().map(|component| component_beside(server, component));
    SystemVersion { components: [engine(&version)].into_iter().chain(beside).collect(), ..version }
}

/// Tells of a program that holds containers, which has the server's version: they are built and released as one.
///
/// In other engines these are containerd and runc. There is none here, so neither is named.
fn component_beside(server: &ServerInfo, component: &BackendComponent) -> ComponentVersion {
    let details = component.details.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let commit = ("GitCommit".to_owned(), server.commit.clone());
    ComponentVersion {
        name: component.name.to_owned(),
        version: server.version.clone(),
        details: details.chain([commit]).collect(),
    }
}

/// Tells the same as the fields of old clients do, in the form that newer ones print.
fn engine(version: &SystemVersion) -> ComponentVersion {
    let details = [
        ("ApiVersion", version.api_version.clone()),
        ("Arch", version.arch.clone()),
        ("BuildTime", version.build_time.clone()),
        ("Experimental", version.experimental.to_string()),
        ("GitCommit", version.git_commit.clone()),
        ("GoVersion", version.go_version.clone()),
        ("KernelVersion", version.kernel_version.clone()),
        ("MinAPIVersion", version.min_api_version.clone()),
        ("Os", version.os.clone()),
    ];
    let details = details.into_iter().map(|(name, value)| (name.to_owned(), value));
    ComponentVersion {
        name: "Engine".to_owned(),
        version: version.version.clone(),
        details: details.collect::<BTreeMap<_, _>>(),
    }
}
