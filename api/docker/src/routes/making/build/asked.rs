//! What a client asks of a build, and what it asks that is not built.

use std::collections::BTreeMap;

use api_shown::networking;
use api_types::{
    ContainerConfig, ContainerCreateRequest, HostConfig, Query, ResourcesUlimits, StrSlice,
};
use backends_build::BuildOptions;
use backends_images::Credentials;
use journal_domain::{ContainerOption, ContainerSpec, ImageName, Networking};

use crate::{call::Call, error::ApiError};

/// Names that one build may give.
const NAMES_MAX: usize = 128;

/// What is asked for.
pub(super) struct Asked {
    pub(super) options: BuildOptions,
    /// The path of the Dockerfile in the context.
    pub(super) dockerfile: String,
    pub(super) names: Vec<ImageName>,
    /// Where the context is fetched from, where the client does not send it.
    pub(super) remote: Option<String>,
    /// Whether only the result is told.
    pub(super) quiet: bool,
    /// Whether containers of steps that ended well go.
    pub(super) removes: bool,
    /// Whether those go, too, that did not end well.
    pub(super) always_removes: bool,
    /// What a step's container is, but for its program and image.
    pub(super) spec: ContainerSpec,
    /// The networks that it is in, where they are not a predefined one.
    pub(super) networking: Option<Networking>,
    /// Where their control groups are, where that is asked for.
    pub(super) cgroup_parent: Option<ContainerOption>,
    /// What the client knows for registries.
    pub(super) credentials: BTreeMap<String, Credentials>,
}

impl Asked {
    pub(super) fn read(call: &Call) -> Result<Self, ApiError> {
        let query = call.query()?;
        refuse_unbuilt(&query)?;
        let always_removes = query.bool("forcerm");
        let names: Vec<ImageName> = query
            .get_all("t")
            .filter(|name| !name.is_empty())
            .map(|name| api_asked::tagged_name(name, ""))
            .collect::<Result<_, _>>()?;
        if names.len() > NAMES_MAX {
            return Err(ApiError::invalid(format!("more than {NAMES_MAX} names are given")));
        }
        let platform = query.get("platform").filter(|platform| !platform.is_empty());
        if let Some(platform) = platform {
            api_asked::platform(platform)?;
        }
        let (spec, networking) = spec(&query, call)?;
        let text = |name: &str| query.get(name).unwrap_or_default().to_owned();
        let options = BuildOptions {
            arguments: json(&query, "buildargs")?.unwrap_or_default(),
            labels: json(&query, "labels")?.unwrap_or_default(),
            target: text("target"),
            no_cache: query.bool("nocache"),
            pull: query.bool("pull"),
            platform: platform.map(str::to_owned),
            cache_from: json(&query, "cachefrom")?.unwrap_or_default(),
        };
        let dockerfile = match query.get("dockerfile") {
            None | Some("") => "Dockerfile".to_owned(),
            Some(path) => path.to_owned(),
        };
        Ok(Self {
            options,
            dockerfile,
            names,
            remote: query.get("remote").filter(|url| !url.is_empty()).map(str::to_owned),
            quiet: query.bool("q"),
            removes: always_removes
                || query.get("rm").is_none_or(str::is_empty)
                || query.bool("rm"),
            always_removes,
            spec,
            networking,
            cgroup_parent: api_shown::cgroup_parent(query.get("cgroupparent").unwrap_or_default())?,
            credentials: call.registry_config()?,
        })
    }

    /// Gives what the client knows for a registry.
    pub(super) fn credentials_for(&self, domain: &str) -> Credentials {
        self.credentials.get(domain).cloned().unwrap_or_default()
    }
}

/// Refuses what would make another image, or would be taken for done.
fn refuse_unbuilt(query: &Query) -> Result<(), ApiError> {
    let unbuilt = |what: &str| Err(ApiError::not_implemented(format!("not built yet: {what}")));
    match query.get("version").unwrap_or_default() {
        "" | "1" => {}
        "2" => {
            return unbuilt(
                "BuildKit (version=2); set DOCKER_BUILDKIT=0, which takes the classic builder",
            );
        }
        other => return Err(ApiError::invalid(format!("invalid version of the builder: {other}"))),
    }
    if query.bool("squash") {
        // What a daemon says whose experiments are off.
        return Err(ApiError::invalid("squash is only supported with experimental mode"));
    }
    if query.get("outputs").is_some_and(|outputs| !matches!(outputs, "" | "null" | "[]")) {
        return unbuilt("outputs, which are BuildKit's; leave the parameter out");
    }
    if query.get("securityopt").is_some() {
        // Docker has them for Windows alone, and says so also where there are none in the parameter.
        return Err(ApiError::invalid(
            "The daemon on this platform does not support setting security options on build",
        ));
    }
    Ok(())
}

/// Makes what the containers of steps have in common, by the rules of any other container.
fn spec(query: &Query, call: &Call) -> Result<(ContainerSpec, Option<Networking>), ApiError> {
    let number = |name: &str| -> Result<i64, ApiError> { Ok(query.int(name)?.unwrap_or_default()) };
    let text = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let mut host_config = HostConfig {
        memory: number("memory")?,
        memory_swap: number("memswap")?,
        cpu_shares: number("cpushares")?,
        cpu_period: number("cpuperiod")?,
        cpu_quota: number("cpuquota")?,
        cpuset_cpus: text("cpusetcpus"),
        cpuset_mems: text("cpusetmems"),
        shm_size: number("shmsize")?,
        isolation: text("isolation"),
        network_mode: text("networkmode"),
        extra_hosts: query.get_all("extrahosts").map(str::to_owned).collect(),
        ..HostConfig::default()
    };
    host_config.ulimits = json::<Vec<ResourcesUlimits>>(query, "ulimits")?.unwrap_or_default();
    let config = ContainerConfig {
        // Neither is used: each step has its own.
        image: "scratch".to_owned(),
        cmd: Some(StrSlice(vec!["true".to_owned()])),
        attach_stdout: true,
        attach_stderr: true,
        ..ContainerConfig::default()
    };
    let request =
        ContainerCreateRequest { config, host_config: Some(host_config), ..Default::default() };
    let spec = api_asked::container_spec(&request, call.context().server.host.cpus)?;
    Ok((spec, networking(&request, call.version()?)?))
}

/// Reads a value that is JSON.
fn json<T: serde::de::DeserializeOwned>(query: &Query, name: &str) -> Result<Option<T>, ApiError> {
    let Some(text) = query.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong = |error| ApiError::invalid(format!("error reading {name}: {error}"));
    serde_json::from_str::<Option<T>>(text).map_err(wrong)
}
