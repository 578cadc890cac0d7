//! What a create request asks beyond the specification: options that most containers do not have.

use api_shown::{for_images, networking};
use api_types::{ApiVersion, ContainerCreateRequest, HostConfig};
use journal_domain::{ContainerOption, Limits, RestartPolicy};

use super::{health, logging, mounts, ports, restart_policy, unsupported};
use crate::Unfit;

/// Reads what `docker update` asks for: limits, and a restart policy where one is said.
pub fn changes(
    host: &HostConfig,
    cpus: u32,
) -> Result<(Limits, Option<Option<RestartPolicy>>), Unfit> {
    unsupported::refuse_unsupported_host(host)?;
    let limits = api_shown::limits(host, cpus)?;
    let policy = &host.restart_policy;
    let said = !policy.name.is_empty() || policy.maximum_retry_count != 0;
    let restart = said.then(|| restart_policy::restart_policy(policy, false)).transpose()?;
    Ok((limits, restart))
}

/// Reads the options of a request, as a client of `version` means it; most have none.
pub fn container_options(
    request: &ContainerCreateRequest,
    version: ApiVersion,
) -> Result<Vec<ContainerOption>, Unfit> {
    let host = request.host();
    let logging = logging::logging(&host.log_config)?.map(ContainerOption::Logging);
    let publishing = ports::publishing(host)?.map(ContainerOption::Publishing);
    let mounting = mounts::mounting(request, version)?.map(ContainerOption::Mounting);
    let networking = networking(request, version)?.map(ContainerOption::Networking);
    // Other modes were refused before.
    let users = (host.userns_mode == "host").then_some(ContainerOption::HostUserNamespace);
    let restart = restart_policy::restart_policy(&host.restart_policy, host.auto_remove)?
        .map(ContainerOption::Restart);
    let health =
        health::health_check(request.config.healthcheck.as_ref())?.map(ContainerOption::Health);
    let options = logging.into_iter().chain(publishing).chain(users).chain(restart).chain(health);
    let host_side = api_shown::host_side(&request.config, host)?;
    let kept = for_images(&request.config).map(ContainerOption::ForImages);
    Ok(options.chain(mounting).chain(host_side).chain(networking).chain(kept).collect())
}
