//! `GET /version`.

use std::collections::BTreeMap;

use api_types::{API_VERSION, ComponentVersion, MIN_API_VERSION, Platform, SystemVersion};
use warp::{Filter, reply::Response};

use crate::{
    ServerInfo,
    call::{Call, call, read},
    error::ApiError,
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::path!("version")
        .and(warp::get())
        .and(call())
        .then(|call: Call| call.answer("/version", version))
        .boxed()
}

async fn version(call: Call) -> Result<Response, ApiError> {
    let shown = shown(&call.context().server);
    Ok(read(&call.world(), &shown))
}

fn shown(server: &ServerInfo) -> SystemVersion {
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
    SystemVersion { components: vec![engine(&version)], ..version }
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
